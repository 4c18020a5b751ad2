import { planOf } from "../policies/plan";
import type { Policy } from "../policies/policy";
import { type Resource, sameValue, UNKNOWN } from "../traffic";

/** A resource as both states have it: what is asked for, and an ARN and a name of the cloud's. */
export function resource(name: string, type: string, inputs: object = {}, more: Partial<Resource> = {}): Resource {
  const urn = `urn:pulumi:dev::test::${type}::${name}`;
  const arn = `arn:${name}`;
  return {
    urn,
    type,
    custom: true,
    protect: false,
    inputs: { ...inputs },
    outputs: { id: arn, arn, name, ...inputs },
    ...more,
  };
}

/** The same resource with other inputs. */
export function changed(before: Resource, inputs: object, more: Partial<Resource> = {}): Resource {
  const { id, arn, name } = before.outputs;
  const next = { ...before.inputs, ...inputs };
  return { ...before, inputs: next, outputs: { id, arn, name, ...next }, ...more };
}

/** What a part of a component is: a child of `crossfade:index:<kind>`, with the component itself. */
export function ours(kind: string, child: Resource, inputs: object = {}): [Resource, Resource] {
  const component = resource(`${kind}-of-ours`, `crossfade:index:${kind}`, inputs, { custom: false });
  return [component, { ...child, parent: component.urn }];
}

export const balancer = (inputs: object = {}) => resource("web", "aws:lb/loadBalancer:LoadBalancer", inputs);

export const group = (name: string, inputs: object = {}, more: Partial<Resource> = {}) =>
  resource(
    name,
    "aws:lb/targetGroup:TargetGroup",
    { port: 80, protocol: "HTTP", targetType: "ip", vpcId: "vpc-1", healthCheck: { path: "/healthz" }, ...inputs },
    more,
  );

/** One forward action; `undefined` leaves the weight out. */
export function forward(weights: Record<string, unknown>, stickiness?: object) {
  const targetGroups = Object.entries(weights).map(([name, weight]) => ({
    arn: `arn:${name}`,
    ...(weight !== undefined && { weight }),
  }));
  return { type: "forward", forward: { targetGroups, ...(stickiness && { stickiness }) } };
}

export const listener = (action: object, inputs: object = {}) =>
  resource("http", "aws:lb/listener:Listener", {
    loadBalancerArn: "arn:web",
    port: 80,
    protocol: "HTTP",
    defaultActions: [action],
    ...inputs,
  });

export const rule = (name: string, action: object, inputs: object = {}, more: Partial<Resource> = {}) =>
  resource(
    name,
    "aws:lb/listenerRule:ListenerRule",
    {
      listenerArn: "arn:http",
      priority: 10,
      conditions: [{ hostHeader: { values: [`${name}.example.com`] } }],
      actions: [action],
      ...inputs,
    },
    more,
  );

export const service = (name: string, groupName: string, inputs: object = {}, more: Partial<Resource> = {}) =>
  resource(
    name,
    "aws:ecs/service:Service",
    {
      taskDefinition: `arn:${name}-task`,
      desiredCount: 2,
      waitForSteadyState: true,
      healthCheckGracePeriodSeconds: 60,
      loadBalancers: [{ targetGroupArn: `arn:${groupName}`, containerName: "service", containerPort: 8080 }],
      ...inputs,
    },
    more,
  );

export const record = (name: string, inputs: object = {}, more: Partial<Resource> = {}) =>
  resource(
    name,
    "aws:route53/record:Record",
    { zoneId: "Z1", name: "shop.example.com", type: "CNAME", ttl: 60, records: ["a.example.com"], ...inputs },
    more,
  );

export const weighted = (name: string, weight: unknown, inputs: object = {}) =>
  record(name, { setIdentifier: name, weightedRoutingPolicies: [{ weight }], healthCheckId: "check-1", ...inputs });

/** A Kubernetes object; its type is `kubernetes:<api>:<kind>`. */
export const object = (type: string, name: string, spec: object, metadata: object = {}, more: Partial<Resource> = {}) =>
  resource(name, `kubernetes:${type}`, { metadata: { name, namespace: "shop", ...metadata }, spec }, more);

/** A container that lets its requests end: ready when it says so, and asleep while it is taken out. */
export const CONTAINER = {
  name: "shop",
  image: `shop@sha256:${"1".repeat(64)}`,
  readinessProbe: { httpGet: { path: "/healthz", port: 8080 } },
  lifecycle: { preStop: { sleep: { seconds: 15 } } },
};

/** A Deployment that users reach: through a Service and an Ingress. */
export function exposed(
  name: string,
  { pod = {}, container = {}, spec = {} }: Record<string, object> = {},
): Resource[] {
  const labels = { app: name };
  const template = {
    metadata: { labels },
    spec: { terminationGracePeriodSeconds: 90, containers: [{ ...CONTAINER, ...container }], ...pod },
  };
  const backend = { service: { name, port: { number: 80 } } };
  return [
    object("apps/v1:Deployment", name, { replicas: 2, selector: { matchLabels: labels }, template, ...spec }),
    object("core/v1:Service", name, { selector: labels, ports: [{ port: 80 }] }),
    object("networking.k8s.io/v1:Ingress", name, { rules: [{ http: { paths: [{ path: "/", backend }] } }] }),
  ];
}

/**
 * The desired state as a preview shows it: of what is to be made, or made anew for one of `forcing`'s properties by type, the
 * outputs are not known, and neither is any property that holds its ARN. The engine says which resources that one is made of.
 */
export function previewed(prior: Resource[], desired: Resource[], forcing: Record<string, string> = {}): Resource[] {
  const isKept = (after: Resource) => {
    const before = prior.find((r) => [after.urn, ...(after.aliases ?? [])].includes(r.urn));
    const property = forcing[after.type];
    return before && (property === undefined || sameValue(before.inputs[property], after.inputs[property]));
  };
  const made = desired.filter((r) => r.custom && !isKept(r));
  const unknown = new Set(made.map(({ outputs }) => outputs.arn));
  const arns = (value: unknown): unknown[] =>
    typeof value === "object" && value !== null ? Object.values(value).flatMap(arns) : [value];
  const masked = (value: unknown): unknown => {
    if (unknown.has(value)) return UNKNOWN;
    if (Array.isArray(value)) return value.map(masked);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
  };
  return desired.map((r) => {
    const made = unknown.has(r.outputs.arn) && r.custom;
    const inputs = masked(r.inputs) as Resource["inputs"];
    const dependencies = Object.entries(r.inputs).map(([property, value]) => {
      const named = new Set(arns(value));
      return [property, desired.filter((other) => named.has(other.outputs.arn)).map(({ urn }) => urn)] as const;
    });
    const outputs = made ? { id: UNKNOWN, arn: UNKNOWN, name: UNKNOWN } : (masked(r.outputs) as Resource["outputs"]);
    return { ...r, inputs, outputs, propertyDependencies: Object.fromEntries(dependencies) };
  });
}

/** What a policy says to a change, in a word each: `refused` or `said`. */
export function verdicts(rule: Policy, prior: Resource[], desired: Resource[], settings?: object): string[] {
  return rule.judge(planOf(prior, desired), settings).map(({ advisory }) => (advisory ? "said" : "refused"));
}
