import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DataPlane, type DataPlaneOptions } from "./dataplane";
import { acquireLock } from "./lock";
import { type Behaviour, LocalProvider, NotSteady, Records, serveProvider } from "./providers";
import { type Images, toDesired } from "./providers/to-desired";
import { RECORD } from "./providers/types/route53-names";

const LOCK = "cloud.lock";
const ENV = "cloud.env.json";

export interface LocalCloudOptions extends Pick<DataPlaneOptions, "onRequest" | "onTask"> {
  /** The folder that holds the cloud's state. */
  home: string;
  /** Which command stands for an image; read each time, so that an edit of the stack file holds at once. */
  images: () => Images;
  /** Milliseconds from, to, in which a balancer's node takes over a change. AWS gives no figure; up to 5 s here. */
  adoptionDelay?: [number, number];
  /** The port of a balancer's listener 80; the name server's is 53 above it. */
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

/** The cloud on this machine: a provider that the engine attaches to, and the data plane that its records describe. */
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
    const { home, images, say = () => {} } = options;
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
      const dataPlane = new DataPlane({ ...options, tasksFile: join(home, "tasks.json"), onLog: say });
      ends.push(() => dataPlane.stop());
      const behaviour = behave(records, dataPlane, images, options.fault);
      const provider = new LocalProvider(records, behaviour, say);
      const served = await serveProvider(provider);
      ends.push(() => served.stop());
      await dataPlane.apply(toDesired(records, images()));
      const env = {
        CROSSFADE_LOCAL: home,
        PULUMI_BACKEND_URL: `file://${home}`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_DEBUG_PROVIDERS: `aws:${served.port}`,
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

  /** Where the balancers answer. */
  addresses(): string[] {
    return this.records
      .ofType("aws:lb/listener:Listener")
      .flatMap(({ inputs }) => this.dataPlane.addresses(String(inputs.loadBalancerArn), Number(inputs.port)));
  }

  /** Ends every task and socket. The state stays: the next start brings the services back. */
  stop(): Promise<void> {
    return this.close();
  }
}

function behave(records: Records, dataPlane: DataPlane, images: () => Images, fault: Behaviour["fault"]): Behaviour {
  return {
    fault,
    changed: async (type, id) => {
      const applied = dataPlane.apply(toDesired(records, images()));
      const inSync = dataPlane.inSync();
      await applied;
      if (type === RECORD) return inSync; // the provider waits for it
      if (type !== "aws:ecs/service:Service") return;
      const service = records.get(type, id);
      if (!service) return dataPlane.gone(id);
      if (service.inputs.waitForSteadyState !== true) return;
      const end = await dataPlane.steady(id);
      if (!end.ok) throw new NotSteady(`waiting for ECS Service (${id}): ${end.reason}`);
    },
  };
}
