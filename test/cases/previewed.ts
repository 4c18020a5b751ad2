import { UNKNOWN as UNKNOWN_TEXT } from "../../local/providers/aws";
import { canonicalType, type Resource, UNKNOWN } from "../../traffic";
import { Ref } from "../small-programs";
import { type Item, mapped, Secret } from "./item";
import type { PreviewProvider } from "./preview-provider";
import { type Exported, edges, isProvider, isRecord, providerUrnOf, STACK_URN, urnsOf } from "./state";

type Properties = Record<string, unknown>;

const SEED = Buffer.from("the preview");

/**
 * The desired state as the engine would show it a pack in a preview: what its provider answers to Check, Diff, Create and
 * Update, without an engine. `test/cases.test.ts` holds it against the real one.
 */
export async function previewed(
  items: readonly Item[],
  prior: readonly Exported[],
  provider: PreviewProvider,
): Promise<Resource[]> {
  const urns = urnsOf(items);
  const outputs = new Map<string, Properties>();
  const desired: Resource[] = [];
  const replacedProviders = new Set<string>();
  for (const item of items) {
    const urn = urns.get(item.name) ?? "";
    const former = (item.opts?.aliases ?? []).map((name) => urn.replace(/[^:]*$/, name));
    const before = prior.find((r) => !r.delete && [urn, ...former].includes(r.urn));
    const asked = mapped(resolvedInPreview(item.inputs, outputs), shown);
    for (const path of before ? (item.opts?.ignoreChanges ?? []) : [])
      keep(asked, before?.inputs ?? {}, path.split("."));
    if (isProvider(item) && before && provider.diffConfig(before.inputs, asked).length > 0) {
      replacedProviders.add(item.name);
    }
    const step = await stepOf(item, urn, asked, before, provider, replacedProviders.has(item.opts?.provider ?? ""));
    outputs.set(item.name, step.outputs);
    desired.push({
      urn,
      type: canonicalType(item.type),
      custom: !item.component && !isProvider(item),
      inputs: marked(step.inputs),
      outputs: marked(step.outputs),
      parent: item.parent === undefined ? STACK_URN : urns.get(item.parent),
      ...edges(item, urns),
      ...(!item.component && !isProvider(item) && { provider: providerUrnOf(item, urns) }),
      aliases: former.filter((alias) => prior.some((r) => r.urn === alias)),
      deleteBeforeReplace: item.opts?.deleteBeforeReplace,
      ignoreChanges: item.opts?.ignoreChanges ?? [],
      protect: item.opts?.protect ?? false,
      customTimeouts: {
        create: secondsIn(item.opts?.customTimeouts?.create),
        update: secondsIn(item.opts?.customTimeouts?.update),
      },
    });
  }
  // A component registers its outputs when its children are there.
  for (const [i, { component, outputs: registered = {} }] of items.entries()) {
    if (component) Object.assign(desired[i]?.outputs ?? {}, marked(resolvedInPreview(registered, outputs)));
  }
  return desired;
}

/** What the provider does not say of what is to be made is not known yet (SDK, `resolveProperties`). */
function resolvedInPreview<T>(value: T, outputs: ReadonlyMap<string, Properties>): T {
  return mapped(value, (leaf) => {
    if (!(leaf instanceof Ref)) return leaf;
    const { id, [leaf.output]: found } = outputs.get(leaf.name) ?? {};
    return found === undefined && id === UNKNOWN_TEXT ? UNKNOWN_TEXT : found;
  });
}

async function stepOf(
  item: Item,
  urn: string,
  asked: Properties,
  before: Exported | undefined,
  provider: PreviewProvider,
  isProviderReplaced: boolean,
): Promise<{ inputs: Properties; outputs: Properties }> {
  if (item.component) return { inputs: asked, outputs: {} };
  if (isProvider(item)) return { inputs: asked, outputs: { ...asked, id: before?.id } };
  if (!isRecord(item)) return stashStep(asked, before);
  const { import: imported } = item.opts ?? {};
  if (imported !== undefined && !before) return { inputs: asked, outputs: { ...asked, id: imported, arn: imported } };
  return recordStep(urn, asked, before, provider, isProviderReplaced);
}

async function recordStep(
  urn: string,
  asked: Properties,
  before: Exported | undefined,
  provider: PreviewProvider,
  isProviderReplaced: boolean,
) {
  const inputs = provider.check(urn, before?.inputs ?? {}, asked, SEED);
  const created = async () => {
    const news = before ? provider.check(urn, {}, asked, SEED) : inputs;
    const { properties } = await provider.create(urn, news, true);
    return { inputs, outputs: { ...properties, id: UNKNOWN_TEXT } };
  };
  if (!before) return created();
  const { changed, replaces } = provider.diff(urn, before.inputs, inputs);
  if (isProviderReplaced || replaces.length > 0) return created();
  if (changed.length === 0) return { inputs, outputs: before.outputs };
  return { inputs, outputs: await provider.update(urn, before.id ?? "", before.outputs, before.inputs, inputs, true) };
}

/** The engine's own resource: it keeps a value. */
function stashStep(inputs: Properties, before: Exported | undefined) {
  const id = before?.id ?? UNKNOWN_TEXT;
  return { inputs, outputs: { id, input: inputs.input, output: before ? before.outputs.output : inputs.input } };
}

/** The engine puts the old value in the place of one that is to be ignored. */
function keep(asked: Properties, old: Properties, [key = "", ...rest]: string[]): void {
  if (rest.length === 0) asked[key] = old[key];
  else keep((asked[key] ?? {}) as Properties, (old[key] ?? {}) as Properties, rest);
}

/** The cases' time-outs are in minutes. */
function secondsIn(timeOut: string | undefined): number | undefined {
  return timeOut === undefined ? undefined : Number.parseInt(timeOut, 10) * 60;
}

/** A pack is shown secrets in plain. */
function shown(leaf: unknown): unknown {
  return leaf instanceof Secret ? leaf.value : leaf;
}

/** A pack is shown no `__defaults`. */
function marked({ __defaults, ...properties }: Properties): Properties {
  return mapped(properties, (leaf) => (leaf === UNKNOWN_TEXT ? UNKNOWN : leaf));
}
