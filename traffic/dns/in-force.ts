import type { Entity } from "../update/entity";
import type { RecordForm } from "./records";

/** A record that answers for a name at some time of the update. */
export interface DnsRecord {
  entity: Entity;
  /** Undefined where it is not there, or answers for another name. */
  forms: readonly (RecordForm | undefined)[];
}

/** A record that Route 53 has now. */
export interface InForce {
  entity: Entity;
  form: RecordForm;
}

/**
 * The records that Route 53 has. A creation fails beside a record of the same identity, unless it overwrites it, and beside
 * records of another routing policy ("InvalidChangeBatch"): then the update stops, and what was there before answers. A deletion
 * takes whatever has the identity by then (terraform-provider-aws, `resourceRecordDelete`).
 */
export function inForce(records: readonly DnsRecord[], indexes: readonly number[]): InForce[] {
  const there = records.flatMap(({ entity, forms }, i) => {
    const form = forms[indexes[i] ?? 0];
    return form ? [{ entity, form, isNew: forms[0] === undefined }] : [];
  });
  const gone = records.flatMap(({ entity, forms }, i) => {
    const [before] = forms;
    return before && entity.forms[indexes[i] ?? 0] === undefined ? [{ entity, form: before }] : [];
  });
  const left = there.filter(
    ({ entity, form, isNew }) => !gone.some((g) => isNew && g.entity.urn !== entity.urn && sameRecord(g.form, form)),
  );
  const single = left.filter(({ entity, form, isNew }) => {
    const twin = left.find((other) => other.entity !== entity && sameRecord(other.form, form));
    return !twin || (isNew ? form.overwrites : !twin.form.overwrites);
  });
  const [first] = single;
  const alike = single.every(({ form }) => first && form.routing.by === first.form.routing.by);
  return alike ? single : single.filter(({ isNew }) => !isNew);
}

function sameRecord(a: RecordForm, b: RecordForm): boolean {
  return a.type === b.type && a.setIdentifier === b.setIdentifier;
}

/** A record of a place whose clients nothing answers any more. */
export function homelessPlace(records: readonly DnsRecord[], answering: readonly InForce[]): Entity | undefined {
  const places = answering.flatMap(({ form }) => (form.routing.by === "place" ? [form.routing] : []));
  if (places.length === 0 || places.some(({ anywhere }) => anywhere)) return undefined;
  const type = answering[0]?.form.type;
  return records.find(({ forms: [before] }) => {
    if (before?.type !== type || before?.routing.by !== "place") return false;
    const { place } = before.routing;
    return !places.some((now) => now.place === place);
  })?.entity;
}
