import { Ref, TYPES as SMALL_TYPES, type Item as SmallItem } from "../small-programs";

/** A resource as a program registers it; in a prior state, as it was deployed. What it refers to comes before it. */
export interface Item {
  name: string;
  type: string;
  inputs: Record<string, unknown>;
  /** A component has no provider. */
  component?: true;
  /** What the cloud has besides the inputs or instead of them; of a component, what it registers. */
  outputs?: Record<string, unknown>;
  dependsOn?: readonly string[];
  parent?: string;
  opts?: {
    /** Former names. */
    aliases?: string[];
    protect?: boolean;
    deleteBeforeReplace?: boolean;
    ignoreChanges?: string[];
    customTimeouts?: { create?: string; update?: string; delete?: string };
    /** The id of what is there already and comes under the stack. */
    import?: string;
    /** The name of a provider resource of the case. */
    provider?: string;
    /** The provider's version. */
    version?: string;
  };
  /** Prior state: seconds since it was made. A day by default. */
  createdAgo?: number;
  /** Prior state: seconds since a step last changed it. By default nothing has since it was made. */
  modifiedAgo?: number;
  /** Prior state: an earlier update replaced it and was stopped. */
  pendingDelete?: true;
}

/** A value that a state keeps encrypted. */
export class Secret {
  constructor(readonly value: unknown) {}
}

/** Other stacks' resources and physical names carry this, for the name of the case: so cases do not meet. */
export const CASE = "{case}";

export function item(type: string, name: string, inputs: Item["inputs"] = {}, more: Partial<Item> = {}): Item {
  return { type, name, inputs, ...more };
}

/** The items of a small program; names that the provider makes are left to it. */
export function fromProgram(program: readonly SmallItem[]): Item[] {
  return program.map(({ kind, inputs, ...rest }) => {
    const auto = new Set(["__defaults", ...((inputs.__defaults as string[] | undefined) ?? [])]);
    const own = Object.entries(inputs).filter(([key]) => !auto.has(key));
    return { ...rest, type: SMALL_TYPES[kind], inputs: Object.fromEntries(own) };
  });
}

/** The items as those of one case among others. */
export function placed(items: readonly Item[], id: string): Item[] {
  const named = (name: string) => `${id}-${name}`;
  return inOrder(items).map(({ name, dependsOn, parent, opts, ...rest }) => ({
    ...mapped(rest, (value) => {
      if (value instanceof Ref) return new Ref(named(value.name), value.output);
      return typeof value === "string" ? value.replaceAll(CASE, id) : value;
    }),
    name: named(name),
    ...(dependsOn && { dependsOn: dependsOn.map(named) }),
    ...(parent && { parent: named(parent) }),
    ...(opts && {
      opts: {
        ...opts,
        ...(opts.aliases && { aliases: opts.aliases.map(named) }),
        ...(opts.provider && { provider: named(opts.provider) }),
        ...(opts.import && { import: opts.import.replaceAll(CASE, id) }),
      },
    }),
  }));
}

/** A value with something else in the place of each leaf. */
export function mapped<T>(value: T, leaf: (value: unknown) => unknown): T {
  if (value instanceof Ref || value instanceof Secret || value === null || typeof value !== "object") {
    return leaf(value) as T;
  }
  if (Array.isArray(value)) return value.map((inner) => mapped(inner, leaf)) as T;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapped(inner, leaf)])) as T;
}

/** What a value refers to. */
export function refsIn(value: unknown): Ref[] {
  if (value instanceof Ref) return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(refsIn) : [];
}

/** The items in an order in which each comes after what it needs; a `dependsOn` on what is not there is left out. */
export function inOrder(items: readonly Item[]): Item[] {
  const byName = new Map(items.map((one) => [one.name, one]));
  const ordered = new Set<Item>();
  const add = (one: Item, above: readonly Item[] = []) => {
    if (ordered.has(one)) return;
    if (above.includes(one)) throw new Error(`"${one.name}" needs itself`);
    const needs = [
      ...refsIn(one.inputs).map(({ name }) => name),
      ...(one.dependsOn ?? []),
      one.parent ?? "",
      one.opts?.provider ?? "",
    ];
    for (const name of needs) {
      const needed = byName.get(name);
      if (needed) add(needed, [...above, one]);
    }
    ordered.add(one);
  };
  for (const one of items) add(one);
  return [...ordered].map((one) =>
    one.dependsOn ? { ...one, dependsOn: one.dependsOn.filter((name) => byName.has(name)) } : one,
  );
}
