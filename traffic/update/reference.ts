import { UNKNOWN } from "../resource";
import type { Entity, Form } from "./entity";

/** What a reference leads to, among what is in the cloud in the course of an update. */
export type Reference =
  /** One of these, whichever is there: the old and the new of a replacement can have one name. */
  | { to: "any"; entities: readonly Entity[] }
  /** Not known before the update: it may be each of these. */
  | { to: "unknown"; entities: readonly Entity[] }
  /** Something that is not in this stack, so no step of this update touches it. */
  | { to: "elsewhere"; name: string };

/** The entities of some types, found by what references call them. */
export class Directory {
  private readonly byIdentity = new Map<unknown, Entity[]>();
  private readonly newByUrn = new Map<string, Entity[]>();

  /** @param identitiesOf by default ARN, id and name */
  constructor(
    readonly entities: readonly Entity[],
    identitiesOf: (entity: Entity) => Iterable<unknown> = ({ identities }) => identities,
  ) {
    for (const entity of entities) {
      for (const identity of identitiesOf(entity)) append(this.byIdentity, identity, entity);
      if (entity.isNew) append(this.newByUrn, entity.urn, entity);
    }
  }

  /** Providers accept an ARN, an id or a name for most references. */
  resolve(reference: unknown, property: string, { propertyDependencies }: Form): Reference {
    if (typeof reference === "string") {
      const entities = this.byIdentity.get(reference);
      return entities ? { to: "any", entities } : { to: "elsewhere", name: reference };
    }
    const made = reference === UNKNOWN ? (propertyDependencies[property] ?? []) : [];
    return { to: "unknown", entities: made.flatMap((urn) => this.newByUrn.get(urn) ?? []) };
  }
}

function append<K>(map: Map<K, Entity[]>, key: K, entity: Entity): void {
  const list = map.get(key);
  if (list) list.push(entity);
  else map.set(key, [entity]);
}

/** Whether it leads to that one and to no other. */
export function leadsTo(reference: Reference, entity: Entity): boolean {
  if (reference.to === "elsewhere" || !reference.entities.includes(entity)) return false;
  return reference.to === "any" || reference.entities.length === 1;
}

/** What it can lead to in this stack. */
export function targets(ref: Reference): readonly Entity[] {
  return ref.to === "elsewhere" ? [] : ref.entities;
}
