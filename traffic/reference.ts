import type { Entity, Form } from "./entity";
import { UNKNOWN } from "./resource";

/** What a reference leads to, among what is in the cloud in the course of an update. */
export type Reference =
  /** One of these, whichever is there: the old and the new of a replacement can have one name. */
  | { to: "any"; entities: readonly Entity[] }
  /** Not known before the update: it may be each of these. */
  | { to: "unknown"; entities: readonly Entity[] }
  /** Something that is not in this stack, so no step of this update touches it. */
  | { to: "elsewhere"; name: string };

/** Providers accept an ARN, an id or a name for most references. */
export function resolve(reference: unknown, property: string, form: Form, among: readonly Entity[]): Reference {
  if (typeof reference === "string") {
    const entities = among.filter((e) => e.identities.has(reference));
    return entities.length > 0 ? { to: "any", entities } : { to: "elsewhere", name: reference };
  }
  if (reference !== UNKNOWN) return { to: "unknown", entities: [] };
  const made = form.propertyDependencies[property] ?? [];
  return { to: "unknown", entities: among.filter((e) => e.isNew && made.includes(e.urn)) };
}

/** Whether it can lead to that one. */
export function mayLeadTo(reference: Reference, entity: Entity): boolean {
  return reference.to !== "elsewhere" && reference.entities.includes(entity);
}

/** Whether it leads to that one and to no other. */
export function leadsTo(reference: Reference, entity: Entity): boolean {
  return (
    mayLeadTo(reference, entity) &&
    (reference.to === "any" || (reference.to === "unknown" && reference.entities.length === 1))
  );
}

/** What it can lead to in this stack. */
export function targets(ref: Reference): readonly Entity[] {
  return ref.to === "elsewhere" ? [] : ref.entities;
}
