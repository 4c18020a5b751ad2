import { at, list, type Resource, text, UNKNOWN } from "../../traffic";

const states = new WeakMap<readonly Resource[], State>();

/** The state that these resources are, built once for all the rules that ask about it. */
export function stateOf(resources: readonly Resource[]): State {
  const state = states.get(resources) ?? new State(resources);
  states.set(resources, state);
  return state;
}

/** A reading of a state that is worked out once, however many rules ask for it. */
export function oncePerState<T>(reading: (state: State) => T): (state: State) => T {
  const known = new WeakMap<State, { value: T }>();
  return (state) => {
    const found = known.get(state) ?? { value: reading(state) };
    known.set(state, found);
    return found.value;
  };
}

/** A state, prior or desired, as rules ask about it. */
export class State {
  private readonly byIdentity = new Map<string, Resource[]>();
  private readonly byUrn = new Map<string, Resource>();
  private readonly byType = new Map<string, Resource[]>();
  private readonly byAlias = new Map<string, Resource>();

  constructor(readonly resources: readonly Resource[]) {
    for (const resource of resources) {
      if (resource.pendingDelete) continue;
      this.byUrn.set(resource.urn, resource);
      const alike = this.byType.get(resource.type);
      if (alike) alike.push(resource);
      else this.byType.set(resource.type, [resource]);
      for (const alias of resource.aliases ?? []) this.byAlias.set(alias, resource);
      const { arn, id, name } = resource.outputs;
      for (const identity of new Set([arn, id, name ?? resource.inputs.name].map(text))) {
        if (identity === undefined) continue;
        const same = this.byIdentity.get(identity);
        if (same) same.push(resource);
        else this.byIdentity.set(identity, [resource]);
      }
    }
  }

  ofType(...types: string[]): Resource[] {
    return types.flatMap((type) => this.byType.get(type) ?? []);
  }

  /** The types that are there. */
  types(): string[] {
    return [...this.byType.keys()];
  }

  get(urn: string): Resource | undefined {
    return this.byUrn.get(urn);
  }

  /** What a resource of the prior state is in this one, by its URN or an alias. */
  heirOf({ urn }: Resource): Resource | undefined {
    return this.byUrn.get(urn) ?? this.byAlias.get(urn);
  }

  /** What a value of a property can refer to in this stack: an ARN, an id or a name, or what it will be made of. */
  referred(from: Resource, property: string, value: unknown, type?: string): Resource[] {
    const found =
      value === UNKNOWN
        ? (from.propertyDependencies?.[property] ?? []).flatMap((urn) => this.byUrn.get(urn) ?? [])
        : (this.byIdentity.get(text(value) ?? "") ?? []);
    return type === undefined ? found : found.filter((r) => r.type === type);
  }

  /** Whether it is part of a component of ours, where all is to be as Crossfade says. */
  isOurs(resource: Resource): boolean {
    for (let r: Resource | undefined = resource; r; r = r.parent === undefined ? undefined : this.byUrn.get(r.parent)) {
      if (r.type.startsWith("crossfade:")) return true;
    }
    return false;
  }
}

/** What the program asks for; where it says nothing, what the cloud has. */
export function read(resource: Resource, property: string): unknown {
  const asked = resource.inputs[property];
  return asked === undefined ? resource.outputs[property] : asked;
}

/** The same, of a setting: what is to be made and is not asked for gets the provider's default, and so is not there. */
export function setting(resource: Resource, property: string): unknown {
  const found = read(resource, property);
  return found === UNKNOWN && resource.inputs[property] !== UNKNOWN ? undefined : (found ?? undefined);
}

/** The elements of a list property of a resource, or the one object that the provider takes for it. */
export function blocks(resource: Resource, property: string): unknown[] {
  const value = read(resource, property);
  if (Array.isArray(value)) return list(value);
  return value === undefined || value === null || value === UNKNOWN ? [] : [value];
}

/** A duration in seconds that a provider takes as a number or as text. */
export function seconds(value: unknown, otherwise: number): number | undefined {
  if (value === UNKNOWN) return undefined;
  const found = value === undefined || value === null ? otherwise : Number(value);
  return Number.isNaN(found) ? undefined : found;
}

/** Whether the program does not say a property: it is not there, or the provider has filled in its default. */
export function leavesOut(object: unknown, key: string): boolean {
  const value = at(object, key);
  return value === undefined || value === null || list(at(object, "__defaults")).includes(key);
}

/** The provider takes a block of which there is at most one as an object, and as a list of one. */
export function one(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}
