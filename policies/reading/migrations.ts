import { loadParser, type NumberedFile, type Phase } from "../../migrations";
import {
  at,
  COLORS,
  type Color,
  list,
  nameOf,
  number,
  parseRange,
  type Resource,
  text,
  type VersionRange,
} from "../../traffic";
import { CLOCK, ENVIRONMENTS, MIGRATIONS } from "./types";

/** A database's migration as its component says it. */
export interface Migration {
  resource: Resource;
  phase: Phase;
  /** The version of the schema that it brings the database to. */
  to: number;
  /** The major version of the oldest server. */
  postgres: number;
  /** All of its directory, in their order. */
  files: readonly NumberedFile[];
}

export function migrationsIn(state: readonly Resource[]): Migration[] {
  return state.flatMap((resource) => {
    if (!MIGRATIONS.includes(resource.type) || resource.pendingDelete) return [];
    const { phase, to, postgres, files } = resource.inputs;
    return [
      {
        resource,
        phase: phase === "contract" ? "contract" : "expand",
        to: number(to) ?? 0,
        postgres: number(postgres) ?? 0,
        files: list(files).map((file) => ({
          number: number(at(file, "number")) ?? 0,
          name: text(at(file, "name")) ?? "",
          sql: text(at(file, "sql")) ?? "",
        })),
      },
    ];
  });
}

/** What has been run of a migration. */
export interface Ran {
  /** The version of the schema. */
  version: number;
  /** What each file said then, in short, by its name. */
  files: Readonly<Record<string, string>>;
}

/**
 * What has been run before the update. It stands in what the component keeps of it and not in what it was asked for: that is in the
 * state also where the job has failed.
 */
export function ranBefore({ resource }: Migration, prior: readonly Resource[]): Ran {
  const urns = [resource.urn, ...(resource.aliases ?? [])];
  const kept = prior.find(({ type, parent, pendingDelete }) => {
    return type === CLOCK && parent !== undefined && urns.includes(parent) && !pendingDelete;
  });
  const input = kept?.inputs.input;
  const files = Object.entries(Object(at(input, "files"))).flatMap(([name, said]) => {
    return typeof said === "string" ? [[name, said] as const] : [];
  });
  return { version: number(at(input, "version")) ?? 0, files: Object.fromEntries(files) };
}

/** An environment whose version uses a database, with the schemas that it works on. */
export interface Home {
  environment: Resource;
  color: Color;
  range: VersionRange | undefined;
}

/**
 * The environments that use a migration's database: they name it, or name none where the program has no other.
 *
 * @param types of what is asked for
 */
export function homesOf(
  { resource }: Migration,
  state: readonly Resource[],
  isOnly: boolean,
  types: readonly string[] = ENVIRONMENTS,
): Home[] {
  return state.flatMap((environment) => {
    const { database, schema } = environment.inputs;
    const color = COLORS.find((known) => known === environment.inputs.color);
    if (!types.includes(environment.type) || environment.pendingDelete || !color) return [];
    const isOf = database === undefined ? isOnly : database === nameOf(resource.urn);
    return isOf ? [{ environment, color, range: parseRange(text(schema) ?? "") }] : [];
  });
}

/** What the policies that read SQL must have waited for. */
export async function loadParserFor(state: readonly Resource[]): Promise<void> {
  if (migrationsIn(state).length > 0) await loadParser();
}
