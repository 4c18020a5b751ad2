import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { apiEnv, startApi } from "./api/aws-api";
import { type CountsOptions, TrafficCounts } from "./api/traffic-counts";
import { awsBehaviour, kubernetesBehaviour } from "./behaviour";
import { type AccessLine, DataPlane, type DataPlaneOptions } from "./dataplane";
import { BASE_PORT } from "./dataplane/loopback";
import { acquireLock } from "./lock";
import { type Behaviour, KUBERNETES, LocalProvider, Records, serveProvider } from "./providers";
import type { Images } from "./providers/image";
import { endRefresh } from "./providers/instance-refresh";
import { settleRoutes } from "./providers/kubernetes/route-status";
import { toBalancers, toDesired } from "./providers/to-desired";

const LOCK = "cloud.lock";
const ENV = "cloud.env.json";

export interface LocalCloudOptions
  extends Pick<DataPlaneOptions, "onRequest" | "onTask">,
    Pick<CountsOptions, "metricsDelay" | "now"> {
  /** The folder that holds the cloud's state. */
  home: string;
  /** Which command stands for an image; read each time, so that an edit of the stack file holds at once. */
  images: () => Images;
  /** Milliseconds from, to, in which a balancer's node takes over a change. AWS gives no figure; up to 5 s here. */
  adoptionDelay?: [number, number];
  /** Milliseconds from, to, in which a controller of the Kubernetes cluster acts on a change. */
  controllerDelay?: [number, number];
  /** The port of a balancer's listener 80; the name server's is 53 above it, the AWS API's 54. */
  basePort?: number;
  /** So many times as fast as on AWS run all times of DNS and the balancers' client keep-alive. */
  dnsSpeed?: number;
  /** Where the name server answers besides its own address, such as `127.0.53.1:53`; one that it may not have is told. */
  dnsAddresses?: string[];
  /** Milliseconds from, to, in which name servers take over a change of records. AWS: up to 60 s, and so here, by `dnsSpeed`. */
  insyncDelay?: [number, number];
  /** Makes the delays repeatable. */
  random?: () => number;
  say?: (line: string) => void;
  fault?: Behaviour["fault"];
}

/** The cloud on this machine: the providers that the engine attaches to, and the data plane that their records describe. */
export class LocalCloud {
  private constructor(
    readonly dataPlane: DataPlane,
    readonly records: Records,
    /** What the engine must find in its environment. */
    readonly env: Record<string, string>,
    private readonly close: () => Promise<void>,
  ) {}

  /** @throws where another local cloud has the folder, or a port is taken. */
  static async start(options: LocalCloudOptions): Promise<LocalCloud> {
    const { home, images, fault, say = () => {}, random = Math.random } = options;
    const { controllerDelay: [least, most] = [100, 500] } = options;
    const lock = await acquireLock(join(home, LOCK));
    if ("heldBy" in lock) {
      throw new Error(
        `a local cloud is already running in ${home} (process ${lock.heldBy}). Two would fight over its ports and its state: stop that one first`,
      );
    }
    const ends: (() => unknown)[] = [() => lock.release()];
    const close = async () => {
      for (let end = ends.pop(); end; end = ends.pop()) await end();
    };
    try {
      const records = new Records(join(home, "cloud.json"));
      const counts = new TrafficCounts(options);
      const onRequest = (line: AccessLine) => {
        counts.note(line);
        options.onRequest?.(line);
      };
      const apply = () => dataPlane.apply(toDesired(records, images()));
      const dataPlane = new DataPlane({
        ...options,
        onRequest,
        tasksFile: join(home, "tasks.json"),
        onLog: say,
        onRefreshed: (group, progress) => {
          endRefresh(group, progress, records);
          void apply();
        },
      });
      ends.push(() => dataPlane.stop());
      const cloud = { records, dataPlane, images, fault, controllerDelay: () => least + random() * (most - least) };
      const providers = {
        aws: new LocalProvider(records, awsBehaviour(cloud), say),
        kubernetes: new LocalProvider(records, kubernetesBehaviour(cloud), say, KUBERNETES),
      };
      const served: string[] = [];
      for (const [name, provider] of Object.entries(providers)) {
        const { port, stop } = await serveProvider(provider);
        ends.push(stop);
        served.push(`${name}:${port}`);
      }
      settleRoutes(records);
      await apply();
      const api = await startApi({ records, dataPlane, images, apply }, counts, options.basePort ?? BASE_PORT);
      ends.push(() => api.stop());
      const env = {
        ...apiEnv(api),
        CROSSFADE_LOCAL: home,
        PULUMI_BACKEND_URL: `file://${home}`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_DEBUG_PROVIDERS: served.join(","),
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      };
      await writeFile(join(home, ENV), JSON.stringify(env));
      return new LocalCloud(dataPlane, records, env, close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** The cloud that another process runs in this folder, if one does. */
  static async running(home: string): Promise<{ env: Record<string, string> } | undefined> {
    const lock = await acquireLock(join(home, LOCK));
    if ("heldBy" in lock) return { env: JSON.parse(await readFile(join(home, ENV), "utf8")) };
    await lock.release();
    return undefined;
  }

  /** Where the balancers answer, and the Gateways that carry a route. */
  addresses(): string[] {
    return toBalancers(this.records).flatMap(({ arn, listeners }) =>
      listeners.flatMap(({ port }) => this.dataPlane.addresses(arn, port)),
    );
  }

  /** Ends every task and socket. The state stays: the next start brings the services back. */
  stop(): Promise<void> {
    return this.close();
  }
}
