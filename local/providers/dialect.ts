import type { Properties } from "./record";
import type { TypeRow } from "./types/type-row";

/** A resource as the engine asks for it in a check. */
export interface Asked {
  row: TypeRow;
  /** The resource's name in the program. */
  name: string;
  /** Seven characters or more that no other resource has: another in each run. */
  unique: string;
  olds: Properties;
  news: Properties;
}

/** What one provider does in another way than the others that the local cloud serves. */
export interface Dialect {
  /** The SDK's package; its version is the provider's. */
  sdk: string;
  types: Record<string, TypeRow>;
  /** Whether its diffs say where in a property something has changed. */
  saysPaths?: boolean;
  /** For a type without a row: it is kept, and nothing more. */
  unlisted: TypeRow;
  /** The inputs with a name, where the program gives none. */
  named(asked: Asked): Properties;
  /** Whether the name is the program's and stays, so that the old one must be deleted before the new one is made. */
  keepsOwnName(row: TypeRow, oldInputs: Properties, news: Properties): boolean;
  /** All of a resource's outputs; in a preview what is known of them. */
  created(inputs: Properties, outputs: Properties, preview: boolean): Properties;
  updated(inputs: Properties, oldInputs: Properties, oldOutputs: Properties): Properties;
  /** @throws where it has no such function */
  invoke(token: string): Properties;
}
