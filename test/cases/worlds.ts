import { NOW, type StackShape, stack } from "../crossfade-stack";
import { balancer, forward, group, listener, Ref, rule, service } from "../small-programs";
import { CASE, fromProgram, type Item, mapped } from "./item";

export interface ShopShape {
  weights?: Record<string, number | undefined>;
  sticky?: boolean;
  /** Seconds since the rule was changed. */
  movedAgo?: number;
  /** Other inputs of a resource, by its name. */
  inputs?: Record<string, object>;
  /** Other options of a resource, by its name. */
  more?: Record<string, Partial<Item>>;
  /** Names of what is not there. */
  without?: readonly string[];
  /** What is there besides, before the rest. */
  first?: readonly Item[];
  /** What is there besides, after the rest. */
  last?: readonly Item[];
}

/** A shop as somebody has it who knows nothing of us: one balancer, one weighted rule, two groups, each with its service. */
export function shop(shape: ShopShape = {}): Item[] {
  const { weights = { blue: 100, green: 0 }, sticky = false, movedAgo, inputs = {}, more = {} } = shape;
  const { without = [], first = [], last = [] } = shape;
  const items = fromProgram([
    balancer(),
    listener(),
    group("blue"),
    group("green"),
    rule("shop", {}, forward(weights, sticky)),
    service("blue-svc", "blue", {}, { dependsOn: ["shop"] }),
    service("green-svc", "green", {}, { dependsOn: ["shop"] }),
  ]);
  const own = items
    .filter(({ name }) => !without.includes(name))
    .map((item) => ({
      ...item,
      ...more[item.name],
      inputs: { ...item.inputs, ...inputs[item.name] },
      ...(item.name === "shop" && movedAgo !== undefined && { modifiedAgo: movedAgo }),
    }));
  return [...first, ...own, ...last];
}

/** The same items, some with other inputs or options. */
export function withMore(items: readonly Item[], more: Record<string, Partial<Item>>): Item[] {
  const strange = Object.keys(more).filter((name) => !items.some((one) => one.name === name));
  if (strange.length > 0) throw new Error(`there is no ${strange.join(", ")}`);
  return items.map((one) => {
    const { inputs, ...rest } = more[one.name] ?? {};
    return { ...one, ...rest, inputs: { ...one.inputs, ...inputs } };
  });
}

/** A stack with a route of ours, as the components make it. */
export function ours(shape: StackShape = {}): Item[] {
  const resources = stack(shape);
  const named = new Map(resources.map(({ urn, type }) => [urn, `${urn.split("::").at(-1)}-${shortened(type)}`]));
  const byArn = new Map(resources.map(({ urn, outputs }) => [outputs.arn, named.get(urn)]));
  const leaf = (value: unknown) => {
    const name = byArn.get(value);
    if (value !== undefined && name !== undefined) return new Ref(name);
    return typeof value === "string" ? value.replace(/service-(blue|green)$/, `$&-${CASE}`) : value;
  };
  return resources.map(({ urn, type, custom, inputs, outputs, parent, modified }) => {
    const more = Object.entries(outputs).filter(
      ([key, value]) => key !== "arn" && key !== "id" && value !== inputs[key],
    );
    return {
      name: named.get(urn) ?? "",
      type,
      inputs: mapped(inputs, leaf),
      outputs: mapped(Object.fromEntries(more), leaf),
      ...(!custom && { component: true }),
      ...(parent !== undefined && { parent: named.get(parent) }),
      ...(modified !== undefined && { modifiedAgo: (NOW.getTime() - Date.parse(modified)) / 1000 }),
    };
  });
}

/** A cluster's configuration, for whoever has the token. */
export function kubeconfig(token: string, server = "https://prod.example.com"): string {
  return JSON.stringify({
    "current-context": "prod",
    contexts: [{ name: "prod", context: { cluster: "prod", user: "ci" } }],
    clusters: [{ name: "prod", cluster: { server } }],
    users: [{ name: "ci", user: { token } }],
  });
}

/** `aws:lb/targetGroup:TargetGroup` is `tg`: auto-named names have a limit. */
function shortened(type: string): string {
  return (type.split(":").at(-1)?.match(/[A-Z]/g) ?? []).join("").toLowerCase();
}
