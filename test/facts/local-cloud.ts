import http from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach } from "vitest";
import type {
  Action,
  Desired,
  DesiredRule,
  DesiredService,
  DesiredTargetGroup,
  TargetHealth,
} from "../../local/dataplane";
import { DataPlane, type DataPlaneOptions } from "../../local/dataplane";
import { freshPort } from "../ports";

/** Where the data planes of this test file begin. */
export const PORT = freshPort();

/** A data plane that is stopped after the test, and all that it logged. */
export function startDataPlane(options: DataPlaneOptions = {}): { plane: DataPlane; log: string[] } {
  const log: string[] = [];
  const defaults: DataPlaneOptions = { adoptionDelay: [0, 0], basePort: PORT, onLog: (line) => log.push(line) };
  const plane = new DataPlane({ ...defaults, ...options });
  running.add(plane);
  return { plane, log };
}

const running = new Set<DataPlane>();

afterEach(async () => {
  const planes = [...running];
  running.clear();
  await Promise.all(planes.map((plane) => plane.stop()));
});

/** One balancer, `alb`, with one listener on port 80. */
export function desire(
  rules: (Action | DesiredRule)[],
  services: DesiredService[],
  change: { idleTimeout?: number; groups?: DesiredTargetGroup[] } = {},
): Desired {
  const wholeRules = rules.map((rule, i) =>
    "action" in rule ? rule : { arn: `rule-${i}`, conditions: [], action: rule },
  );
  return {
    balancers: [
      {
        arn: "alb",
        dnsName: "alb.eu-local-1.elb.amazonaws.com",
        dualstack: false,
        clientKeepAlive: 3600,
        idleTimeout: change.idleTimeout ?? 60,
        listeners: [{ arn: "listener", port: 80, rules: wholeRules }],
      },
    ],
    targetGroups: change.groups ?? services.map((service) => group(service.arn)),
    services,
    scalingGroups: [],
    schedules: [],
    cluster: { deployments: [], services: [] },
    dns: { zones: [], healthChecks: [] },
  };
}

export function forwardTo(weights: Record<string, number>, stickinessSeconds?: number): Action {
  const groups = Object.entries(weights).map(([targetGroupArn, weight]) => ({ targetGroupArn, weight }));
  return { kind: "forward", groups, ...(stickinessSeconds === undefined ? {} : { stickinessSeconds }) };
}

export function group(
  arn: string,
  change: Partial<DesiredTargetGroup> = {},
  healthCheck: Partial<DesiredTargetGroup["healthCheck"]> = {},
): DesiredTargetGroup {
  const check = {
    path: "/healthz",
    interval: 0.1,
    timeout: 1,
    healthyThreshold: 3,
    unhealthyThreshold: 5,
    matcher: "200",
  };
  return { arn, deregistrationDelay: 1, crossZone: true, healthCheck: { ...check, ...healthCheck }, ...change };
}

/** A service of `target.js` in the target group of the same name. */
export function service(
  arn: string,
  env: Record<string, string> = {},
  change: Partial<DesiredService> = {},
): DesiredService {
  return {
    arn,
    desiredCount: 1,
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: { enable: true, rollback: true },
    healthCheckGracePeriod: 60,
    targetGroupArn: arn,
    task: {
      revision: JSON.stringify(env),
      command: [process.execPath, join(__dirname, "target.js")],
      env: { VERSION: arn, ...env },
      stopTimeout: 5,
    },
    ...change,
  };
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** The connection was cut before the body's end. */
  cut: boolean;
}

export interface Ask extends http.RequestOptions {
  body?: string;
}

/** One request, sent once; a new connection unless an agent keeps one. */
export function ask(address: string | undefined, path = "/", { body, ...options }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(`http://${address}${path}`, { agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => (text += part));
      const done = (cut: boolean) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, cut });
      response.on("end", () => done(false));
      response.on("error", () => done(true));
    });
    request.on("error", reject).end(body);
  });
}

/** Requests to all addresses until it is ended; then how often each answer came: a body, or the status where that is not 200. */
export function load(addresses: readonly string[]): () => Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let on = true;
  const clients = addresses.flatMap((address) =>
    Array.from({ length: 4 }, async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      while (on) {
        const { status, body } = await ask(address, "/?delay=5", { agent });
        const key = status === 200 ? body : String(status);
        counts[key] = (counts[key] ?? 0) + 1;
      }
      agent.destroy();
    }),
  );
  return async () => {
    on = false;
    await Promise.all(clients);
    return counts;
  };
}

/** Waits until it holds; the test's own time limit ends a wait in vain. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}

export function states(plane: DataPlane, targetGroupArn: string): (string | undefined)[] {
  return plane.targetHealth(targetGroupArn).map(({ state }) => state);
}

/** The group's only target. */
export function onlyTarget(plane: DataPlane, targetGroupArn: string): TargetHealth {
  const [target, another] = plane.targetHealth(targetGroupArn);
  if (!target || another) throw new Error(`${targetGroupArn} does not have one target`);
  return target;
}

export async function attempts(plane: DataPlane, targetGroupArn: string): Promise<number> {
  return Number((await ask(onlyTarget(plane, targetGroupArn).id, "/attempts")).body);
}

/** A random source that gives the same numbers for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
