import { Ref } from "../small-programs";
import { type Item, mapped, refsIn, Secret } from "./item";
import type { PreviewProvider } from "./preview-provider";

/** The stack that all cases are in. */
export const PROJECT = "cases";
export const STACK = "dev";
export const STACK_URN = `urn:pulumi:${STACK}::${PROJECT}::pulumi:pulumi:Stack::${PROJECT}-${STACK}`;

const DAY = 86_400;
/** Any will do, as long as provider and resources have the same. */
const PROVIDER_ID = "00000000-0000-4000-8000-000000000000";
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const SEED = Buffer.from("the prior state");

/** A resource as an exported deployment has it. */
export interface Exported {
  urn: string;
  type: string;
  custom: boolean;
  id?: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  [key: string]: unknown;
}

/** The URNs of items by name; a parent's type is part of its children's. */
export function urnsOf(items: readonly Item[]): Map<string, string> {
  const types = new Map<string, string>();
  const urns = new Map<string, string>();
  for (const { name, type, parent } of items) {
    const chain = parent === undefined ? type : `${types.get(parent)}$${type}`;
    types.set(name, chain);
    urns.set(name, `urn:pulumi:${STACK}::${PROJECT}::${chain}::${name}`);
  }
  return urns;
}

/** The resources of a deployment in which the items are, as `pulumi stack export` writes it. */
export function stateOf(items: readonly Item[], cloud: PreviewProvider, now: Date): Exported[] {
  const urns = urnsOf(items);
  const outputs = new Map<string, Record<string, unknown>>();
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();
  const at = ago(DAY);
  const defaults = new Map(items.filter(hasDefaultProvider).map((item) => [defaultProvider(item), item]));
  const providers = [...defaults].map(([urn, { type, opts }]) => ({
    urn,
    custom: true,
    id: PROVIDER_ID,
    type: `pulumi:providers:${packageOf(type)}`,
    inputs: opts?.version === undefined ? {} : { version: opts.version },
    outputs: opts?.version === undefined ? {} : { version: opts.version },
    created: at,
    modified: at,
  }));
  const resources = items.map((item): Exported => {
    const urn = urns.get(item.name) ?? "";
    const asked = resolvedIn(item.inputs, outputs);
    const inputs = isRecord(item) ? cloud.check(urn, {}, asked, SEED) : asked;
    const has = { ...identityOf(item, inputs), ...(!item.component && resolvedIn(item.outputs ?? {}, outputs)) };
    outputs.set(item.name, has);
    const { id } = has as { id?: string };
    const provider = providerUrnOf(item, urns);
    return {
      urn,
      type: item.type,
      custom: !item.component,
      ...(!item.component && { id }),
      ...(!item.component && !isProvider(item) && { provider: `${provider}::${PROVIDER_ID}` }),
      inputs: mapped(inputs, encrypted),
      outputs: has,
      parent: item.parent === undefined ? STACK_URN : urns.get(item.parent),
      ...edges(item, urns),
      protect: item.opts?.protect,
      created: ago(item.createdAgo ?? DAY),
      modified: ago(item.modifiedAgo ?? item.createdAgo ?? DAY),
      ...(item.pendingDelete && { delete: true }),
    };
  });
  // A component registers its outputs when its children are there.
  for (const { name, component, outputs: registered = {} } of items) {
    if (component) Object.assign(outputs.get(name) ?? {}, resolvedIn(registered, outputs));
  }
  for (const resource of resources) resource.outputs = mapped(resource.outputs, encrypted);
  const stack = { urn: STACK_URN, custom: false, type: "pulumi:pulumi:Stack", inputs: {}, outputs: {} };
  return [{ ...stack, created: at, modified: at }, ...providers, ...resources];
}

/** Whether the provider of the cases has it, and not the engine itself. */
export function isRecord({ type, component }: Item): boolean {
  return !component && !type.startsWith("pulumi:");
}

export function edges(item: Item, urns: ReadonlyMap<string, string>) {
  const urn = (name: string) => urns.get(name) ?? "";
  const made = Object.entries(item.inputs).map(
    ([key, value]) => [key, [...new Set(refsIn(value).map(({ name }) => urn(name)))]] as const,
  );
  const dependencies = [...new Set([...made.flatMap(([, of]) => of), ...(item.dependsOn ?? []).map(urn)])];
  return { dependencies, propertyDependencies: Object.fromEntries(made) };
}

export function resolvedIn<T>(value: T, outputs: ReadonlyMap<string, Record<string, unknown>>): T {
  return mapped(value, (leaf) => (leaf instanceof Ref ? outputs.get(leaf.name)?.[leaf.output] : leaf));
}

function identityOf({ type, name, component }: Item, inputs: Record<string, unknown>): Record<string, unknown> {
  if (component) return {};
  if (isProvider({ type })) return { ...inputs, id: PROVIDER_ID };
  if (type === "pulumi:index:Stash") return { id: name, input: inputs.input, output: inputs.input };
  const kind = type.split(":")[1]?.split("/")[0];
  const arn = `arn:aws:${kind}:eu-local-1:000000000000:${name}`;
  const { __defaults, ...own } = inputs;
  switch (type) {
    case "aws:route53/record:Record":
      return { ...own, id: name, fqdn: inputs.name };
    case "aws:route53/zone:Zone":
      return { ...own, id: `Z${name}`, zoneId: `Z${name}`, arn };
    case "aws:lb/loadBalancer:LoadBalancer":
      return { ...own, id: arn, arn, dnsName: `${name}.elb.amazonaws.com`, zoneId: "ZELB" };
    default:
      return type.startsWith("kubernetes:") ? { ...own, id: name } : { ...own, id: arn, arn };
  }
}

function packageOf(type: string): string {
  return type.split(":")[0] ?? "";
}

export function isProvider({ type }: Pick<Item, "type">): boolean {
  return type.startsWith("pulumi:providers:");
}

export function providerUrnOf(item: Item, urns: ReadonlyMap<string, string>): string {
  return urns.get(item.opts?.provider ?? "") ?? defaultProvider(item);
}

function hasDefaultProvider(item: Item): boolean {
  return !item.component && !isProvider(item) && item.opts?.provider === undefined;
}

/** The provider that a resource has when its program names none. */
function defaultProvider({ type, opts }: Item): string {
  const name = packageOf(type);
  const version = opts?.version === undefined ? "" : `_${opts.version.replaceAll(".", "_")}`;
  return `urn:pulumi:${STACK}::${PROJECT}::pulumi:providers:${name}::default${version}`;
}

/** As the state has a secret, and as an import takes it (pulumi/sdk, `apitype.SecretV1`). */
function encrypted(leaf: unknown): unknown {
  if (!(leaf instanceof Secret)) return leaf;
  return { [SIGNATURE]: SECRET, plaintext: JSON.stringify(leaf.value) };
}
