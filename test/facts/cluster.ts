import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DataPlane, DataPlaneOptions, TaskEvent } from "../../local/dataplane";
import { Records } from "../../local/providers";
import { toDesired } from "../../local/providers/to-desired";
import { BINDING, DEPLOYMENT, HTTP_ROUTE, objectOf, SERVICE } from "../../local/providers/types/kubernetes-objects";
import { startDataPlane } from "./local-cloud";

const BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const LISTENER = "aws:lb/listener:Listener";
const GROUP = "aws:lb/targetGroup:TargetGroup";

type Spec = Record<string, unknown>;

export interface PodSettings {
  image?: string;
  replicas?: number;
  /** Whether the readiness probe is there. */
  probe?: boolean;
  /** Seconds. */
  preStop?: number;
  grace?: number;
  /** More of the container. */
  container?: Spec;
  /** More of the Deployment's spec. */
  spec?: Spec;
  labels?: Record<string, string>;
}

/** A cluster's objects as manifests say them, and the data plane that they describe. */
export class TestCluster {
  readonly tasks: TaskEvent[] = [];
  readonly records = new Records(join(mkdtempSync(join(tmpdir(), "crossfade-")), "cloud.json"));
  readonly plane: DataPlane;
  readonly log: string[];

  /** @param env of each image: its version, and what `target.js` reads. */
  constructor(
    private readonly env: Record<string, Record<string, string>> = { v1: {}, v2: {} },
    options: DataPlaneOptions = {},
  ) {
    const delays: DataPlaneOptions = { adoptionDelay: [0, 300], controllerDelay: [50, 200] };
    const onTask = (event: TaskEvent) => void this.tasks.push(event);
    ({ plane: this.plane, log: this.log } = startDataPlane({ ...delays, onTask, ...options }));
  }

  put(type: string, name: string, spec: Spec, namespace = "shop"): this {
    const inputs = { metadata: { name, namespace, generation: 1 }, spec };
    this.records.put({ type, id: `${namespace}/${name}`, inputs, outputs: inputs });
    return this;
  }

  remove(type: string, name: string, namespace = "shop"): this {
    this.records.delete(type, `${namespace}/${name}`);
    return this;
  }

  deployment(name: string, settings: PodSettings = {}, namespace = "shop"): this {
    const { image = "v1", replicas = 1, probe = true, preStop = 0, grace = 5, container, spec } = settings;
    const { labels = { app: name } } = settings;
    const readinessProbe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 0.1 };
    const own = {
      name: "service",
      image,
      ...(probe && { readinessProbe }),
      ...(preStop > 0 && { lifecycle: { preStop: { sleep: { seconds: preStop } } } }),
      ...container,
    };
    const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: grace, containers: [own] } };
    return this.put(DEPLOYMENT, name, { replicas, selector: { matchLabels: labels }, template, ...spec }, namespace);
  }

  service(name: string, namespace = "shop"): this {
    return this.put(SERVICE, name, { selector: { app: name }, ports: [{ port: 80 }] }, namespace);
  }

  /** An HTTPRoute of the cluster's Gateway. */
  route(rules: Spec[], more: Spec = {}): this {
    return this.put(HTTP_ROUTE, "shop", { parentRefs: [{ name: "public", namespace: "edge" }], rules, ...more });
  }

  binding(name: string, namespace = "shop"): this {
    const spec = { serviceRef: { name, port: 80 }, targetGroupARN: name, targetType: "ip" };
    return this.put(BINDING, name, spec, namespace);
  }

  /** An Application Load Balancer whose listener sends all to one target group. */
  balancer(group: string, healthCheck: Spec = {}): this {
    const check = {
      path: "/healthz",
      interval: 0.1,
      timeout: 1,
      healthyThreshold: 3,
      unhealthyThreshold: 5,
      ...healthCheck,
    };
    const defaultActions = [{ type: "forward", targetGroupArn: group }];
    const records: [string, string, Spec][] = [
      [BALANCER, "alb", {}],
      [LISTENER, "listener", { loadBalancerArn: "alb", port: 80, defaultActions }],
      [GROUP, group, { deregistrationDelay: 1, healthCheck: check }],
    ];
    for (const [type, id, inputs] of records) {
      this.records.put({ type, id, inputs, outputs: { ...inputs, dnsName: "alb.test" } });
    }
    return this;
  }

  apply(): Promise<void> {
    const run = `${process.execPath} ${join(__dirname, "target.js")}`;
    const images = Object.entries(this.env).map(([image, env]) => [image, { run, env: { VERSION: image, ...env } }]);
    return this.plane.apply(toDesired(this.records, Object.fromEntries(images)));
  }

  /** Waits until a Deployment is rolled out, or for so many seconds: then why it is not. */
  async rolledOut(name: string, seconds = 20, namespace = "shop"): Promise<string[] | undefined> {
    return this.plane.rolledOut(`${namespace}/${name}`, seconds * 1000);
  }

  /** Of the Gateway or the balancer, whichever is there. */
  get addresses(): string[] {
    return [...this.plane.addresses("gateway/edge/public", 80), ...this.plane.addresses("alb", 80)];
  }

  object(type: string, name: string, namespace = "shop") {
    const record = this.records.get(type, `${namespace}/${name}`);
    if (!record) throw new Error(`${type} ${namespace}/${name} is not there`);
    return { ...objectOf(record), status: record.outputs.status };
  }
}
