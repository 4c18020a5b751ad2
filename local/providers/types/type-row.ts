import type { LocalRecord, Properties, Records } from "../record";

/** What the local cloud knows of a type. */
export interface TypeRow {
  /** The properties whose change replaces the resource: `name`, `spec.selector`. */
  replacedBy?: string[];
  /** How long an auto-name may be: `name` is made from the resource's name and seven characters. */
  autoName?: number;
  /** Throws what the provider says of inputs that it never sends, in a preview too. */
  validate?(inputs: Properties): void;
  /** What AWS adds to the inputs, the id among it. */
  outputs(inputs: Properties, unique: string, records: Records): Properties & { id: string };
  /** The output that counts its versions: each update makes another, and the earlier ones stay. */
  versioned?: string;
  /** Throws what AWS would answer to a create or an update. */
  check?(inputs: Properties, records: Records, id?: string): void;
  /** Throws what AWS would answer to a delete. */
  checkDelete?(record: LocalRecord, records: Records): void;
  /** What the provider deletes before it. */
  deletesToo?(record: LocalRecord, records: Records): LocalRecord[];
}

export const ARN = (service: string, resource: string) => `arn:aws:${service}:eu-local-1:000000000000:${resource}`;

export const plain = (inputs: Properties, unique: string) => {
  const id = String(inputs.name ?? unique);
  return { id };
};
