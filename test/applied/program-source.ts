import { type Item, type Program, resolved } from "../small-programs";

/** How each target group checks and lets go, in seconds: as little as leaves the order of things. */
const GROUP = {
  vpcId: "vpc-local",
  targetType: "ip",
  protocol: "HTTP",
  deregistrationDelay: 3,
  healthCheck: { path: "/", interval: 1, timeout: 1, healthyThreshold: 2, unhealthyThreshold: 2 },
};

/** Versions that a service can run: each a task definition, and an image of its own. */
export const VERSIONS = ["v1", "v2"];
export const imageOf = (version: string) => `server:${version}`;

/** A Pulumi program of many small ones: each in the names of its own. */
export function sourceOf(programs: ReadonlyMap<string, Program>): string {
  const items = [...programs].flatMap(([prefix, program]) => program.map((item) => shown(prefix, item)));
  return `
import * as ecs from "@pulumi/aws/ecs";
import * as lb from "@pulumi/aws/lb";

const classes: any = { balancer: lb.LoadBalancer, listener: lb.Listener, rule: lb.ListenerRule, group: lb.TargetGroup, service: ecs.Service };
const made: any = {};
for (const version of ${JSON.stringify(VERSIONS)}) {
  const containerDefinitions = JSON.stringify([{ name: "server", image: "server:" + version, portMappings: [{ containerPort: 80 }] }]);
  made[version] = new ecs.TaskDefinition(version, { family: version, containerDefinitions });
}
const resolved = (value: any): any => {
  if (Array.isArray(value)) return value.map(resolved);
  if (value === null || typeof value !== "object") return value;
  if (value.arnOf) return made[value.arnOf].arn;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
};
for (const { name, kind, inputs, dependsOn, deleteBeforeReplace } of ${JSON.stringify(items, undefined, 1)} as any[]) {
  made[name] = new classes[kind](name, resolved(inputs), { deleteBeforeReplace, dependsOn: dependsOn.map((other: string) => made[other]) });
}
`;
}

function shown(prefix: string, { name, kind, inputs, dependsOn = [], deleteBeforeReplace }: Item): object {
  const { __defaults, name: physical, taskDefinition, desiredCount, ...rest } = inputs;
  const isNamed = physical !== undefined && !(__defaults as string[] | undefined)?.includes("name");
  const own = {
    ...(kind === "group" && GROUP),
    ...(kind === "listener" && { port: 80 }),
    ...resolved(rest, (other) => ({ arnOf: `${prefix}-${other}` })),
    ...(isNamed && { name: `${prefix}-${physical}` }),
    ...(kind === "service" && {
      taskDefinition: { arnOf: String(taskDefinition).replace("arn:", "") },
      // Two tasks are as many as one needs for a rolling deployment; the machine has a hundred of them to run.
      desiredCount: Math.min(2, Number(desiredCount)),
    }),
  };
  return {
    name: `${prefix}-${name}`,
    kind,
    inputs: own,
    dependsOn: dependsOn.map((other) => `${prefix}-${other}`),
    deleteBeforeReplace,
  };
}
