import { plannedChanges, type Resource, UNKNOWN } from "../traffic";
import { replacedBy } from "../traffic/changes/replaced-by";

export const TYPES = {
  balancer: "aws:lb/loadBalancer:LoadBalancer",
  listener: "aws:lb/listener:Listener",
  rule: "aws:lb/listenerRule:ListenerRule",
  group: "aws:lb/targetGroup:TargetGroup",
  service: "aws:ecs/service:Service",
  scaling: "aws:autoscaling/group:Group",
  attachment: "aws:autoscaling/attachment:Attachment",
  target: "aws:lb/targetGroupAttachment:TargetGroupAttachment",
  zone: "aws:route53/zone:Zone",
  record: "aws:route53/record:Record",
  healthCheck: "aws:route53/healthCheck:HealthCheck",
  eip: "aws:ec2/eip:Eip",
  deployment: "kubernetes:apps/v1:Deployment",
  stateful: "kubernetes:apps/v1:StatefulSet",
  daemon: "kubernetes:apps/v1:DaemonSet",
  kubernetesService: "kubernetes:core/v1:Service",
  ingress: "kubernetes:networking.k8s.io/v1:Ingress",
  gateway: "kubernetes:gateway.networking.k8s.io/v1:Gateway",
  httpRoute: "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
  binding: "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding",
  function: "aws:lambda/function:Function",
  alias: "aws:lambda/alias:Alias",
  functionUrl: "aws:lambda/functionUrl:FunctionUrl",
  vpc: "aws:ec2/vpc:Vpc",
  subnet: "aws:ec2/subnet:Subnet",
  securityGroup: "aws:ec2/securityGroup:SecurityGroup",
  letIn: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  eitherWay: "aws:ec2/securityGroupRule:SecurityGroupRule",
  sni: "aws:lb/listenerCertificate:ListenerCertificate",
  permission: "aws:lambda/permission:Permission",
  cluster: "aws:ecs/cluster:Cluster",
  taskDefinition: "aws:ecs/taskDefinition:TaskDefinition",
  certificate: "aws:acm/certificate:Certificate",
  role: "aws:iam/role:Role",
  other: "aws:iam/policy:Policy",
} as const;

/** Stands in an input for an output of the program's resource of the name. */
export class Ref {
  constructor(
    readonly name: string,
    readonly output = "arn",
  ) {}
}

/** A resource as a program has it; what it refers to and depends on comes before it. */
export interface Item {
  name: string;
  kind: keyof typeof TYPES;
  inputs: Record<string, unknown>;
  dependsOn?: string[];
  parent?: string;
  deleteBeforeReplace?: boolean;
}

export type Program = readonly Item[];

export function urnOf({ name, kind }: Pick<Item, "name" | "kind">): string {
  return `urn:pulumi:dev::test::${TYPES[kind]}::${name}`;
}

/** The state after the program was deployed to an empty stack. */
export function deployed(program: Program): Resource[] {
  return program.map((item) => {
    const inputs = resolved(item.inputs, (name) => `arn:${name}`);
    const arn = `arn:${item.name}`;
    return resource(item, program, inputs, { ...inputs, id: arn, arn, ...addressOf(item, arn) });
  });
}

/** Its ARN is its address too: one text for whatever a program refers to. */
function addressOf({ kind }: Item, arn: string): object {
  if (kind === "balancer") return { dnsName: arn };
  return kind === "eip" ? { publicIp: arn } : {};
}

/** The desired state as a stack policy is shown it in a preview of the program. */
export function previewed(program: Program, prior: readonly Resource[]): Resource[] {
  const arns = new Map<string, unknown>();
  return program.map((item) => {
    const inputs = resolved(item.inputs, (name) => arns.get(name));
    const before = prior.find(({ urn, pendingDelete }) => urn === urnOf(item) && !pendingDelete);
    const forcing = replacedBy(TYPES[item.kind])?.properties ?? [];
    const isNew = !before || forcing.some((key) => text(before.inputs[key]) !== text(inputs[key]));
    arns.set(item.name, isNew ? UNKNOWN : before.outputs.arn);
    return resource(item, program, inputs, { ...(!isNew && before.outputs), ...inputs, arn: arns.get(item.name) });
  });
}

function resource(item: Item, program: Program, inputs: Resource["inputs"], outputs: Resource["outputs"]): Resource {
  const urn = (name: string) => urnOf(program.find((other) => other.name === name) ?? { name, kind: "other" });
  const propertyDependencies = Object.fromEntries(
    Object.entries(item.inputs).map(([key, value]) => [key, references(value).map(urn)]),
  );
  const dependencies = [...references(item.inputs), ...(item.dependsOn ?? [])].map(urn);
  const parent = item.parent === undefined ? undefined : urn(item.parent);
  return {
    urn: urnOf(item),
    type: TYPES[item.kind],
    custom: true,
    inputs,
    outputs,
    dependencies,
    propertyDependencies,
    parent,
    ...(item.deleteBeforeReplace && { deleteBeforeReplace: true }),
  };
}

/** The names that a value refers to. */
export function references(value: unknown): string[] {
  if (value instanceof Ref) return [value.name];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(references) : [];
}

/** A value with something else in the place of each reference. */
export function resolved<T>(value: T, arn: (name: string) => unknown): T {
  if (value instanceof Ref) return arn(value.name) as T;
  if (Array.isArray(value)) return value.map((inner) => resolved(inner, arn)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, arn)])) as T;
}

function text(value: unknown): string {
  return JSON.stringify(value === UNKNOWN ? ["unknown"] : value);
}

export const ref = (name: string, output?: string) => new Ref(name, output);

export function balancer(name = "lb", inputs: object = {}): Item {
  return { name, kind: "balancer", inputs: { internal: false, __defaults: ["name"], ...inputs } };
}

/** The answer of a listener that no rule matches. */
export const NOT_FOUND = { type: "fixed-response", fixedResponse: { statusCode: "404" } };

export function listener(action: object = NOT_FOUND, more: Partial<Item> = {}): Item {
  return { name: "web", kind: "listener", inputs: { loadBalancerArn: ref("lb"), defaultActions: [action] }, ...more };
}

/** Forwards by weight. */
export function forward(weights: Record<string, number | undefined>, sticky = false): object {
  const targetGroups = Object.entries(weights).map(([name, weight]) => ({ arn: ref(name), weight }));
  return { type: "forward", forward: { targetGroups, stickiness: { enabled: sticky, duration: 60 } } };
}

export interface RuleShape {
  host?: string[];
  path?: string[];
  priority?: number;
  preview?: string;
}

export function rule(name: string, shape: RuleShape, action: object, more: Partial<Item> = {}): Item {
  const { host = ["shop"], path, priority = 10, preview } = shape;
  const conditions = [
    ...(host.length > 0 ? [{ hostHeader: { values: host } }] : []),
    ...(path ? [{ pathPattern: { values: path } }] : []),
    ...(preview ? [{ httpHeader: { httpHeaderName: "x-crossfade", values: [preview] } }] : []),
  ];
  return { name, kind: "rule", inputs: { listenerArn: ref("web"), priority, conditions, actions: [action] }, ...more };
}

export function group(name: string, inputs: object = {}): Item {
  return { name, kind: "group", inputs: { port: 80, name: `${name}-1`, __defaults: ["name"], ...inputs } };
}

/** A service behind a group, of two tasks, whose step waits until it is steady. */
export function service(name: string, behind: string, inputs: object = {}, more: Partial<Item> = {}): Item {
  const own = { desiredCount: 2, taskDefinition: "arn:v1", waitForSteadyState: true, __defaults: ["name"] };
  return {
    name,
    kind: "service",
    inputs: { ...own, loadBalancers: [{ targetGroupArn: ref(behind) }], ...inputs },
    ...more,
  };
}

export interface RecordShape {
  name?: string;
  type?: string;
  zone?: string;
  weight?: number | typeof UNKNOWN;
  /** Of a weighted record, its own name by default. */
  set?: string;
}

/** A record that leads to a balancer. */
export function record(
  name: string,
  to: string,
  shape: RecordShape = {},
  inputs: object = {},
  more: Partial<Item> = {},
): Item {
  const aliases = [{ name: ref(to), zoneId: "Z-ELB", evaluateTargetHealth: false }];
  return { name, kind: "record", inputs: { ...recordInputs(name, shape), aliases, ...inputs }, ...more };
}

/** A record that leads to addresses. */
export function addressRecord(name: string, to: unknown[], shape: RecordShape = {}, more: Partial<Item> = {}): Item {
  return { name, kind: "record", inputs: { ...recordInputs(name, shape), ttl: 300, records: to }, ...more };
}

function recordInputs(
  own: string,
  { name = "shop.example.com", type = "A", zone = "Z1", weight, set }: RecordShape,
): object {
  const weighted = { setIdentifier: set ?? own, weightedRoutingPolicies: [{ weight }] };
  return {
    zoneId: zone,
    name,
    type,
    ...(weight !== undefined && weighted),
    ...(set !== undefined && { setIdentifier: set }),
  };
}

/** What the plan check is given of an update from one program to another: the states, and the changes between them. */
export function planned(before: Program, after: Program) {
  const prior = deployed(before);
  const desired = previewed(after, prior);
  return [prior, desired, plannedChanges(prior, desired)] as const;
}
