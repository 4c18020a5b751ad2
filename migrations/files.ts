import { createHash } from "node:crypto";
import type { MigrationFile } from "./judge";

/** A file with the number that its name begins with: the version of the schema that it makes. */
export interface NumberedFile extends MigrationFile {
  number: number;
}

/** More digits than 15 are no exact number, and 17 the tool takes for a date; quotes would end up in its own SQL. */
const NAME = /^(\d{1,15})[-_.][\w.-]*\.sql$/;

/** Whether a file of a directory is one of its migrations. */
export const isFileName = (name: string) => name.endsWith(".sql");

/** The files of a directory cannot be put in an order. */
export class UnorderedFiles extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/**
 * The files in the order in which they are run.
 *
 * @throws UnorderedFiles with all that is wrong with their names
 */
export function numbered(files: readonly MigrationFile[]): NumberedFile[] {
  const all = files.map((file) => ({ ...file, number: Number(NAME.exec(file.name)?.[1] ?? Number.NaN) }));
  const problems = all.flatMap(({ name, number }) => {
    if (Number.isNaN(number))
      return [`${name}: its name is not a number of 15 digits at most and plain words, as 0007_add_phone.sql is`];
    const same = all.filter((other) => other.number === number).map((other) => other.name);
    return same.length > 1 && same[0] === name ? [`${same.join(" and ")} have the number ${number} both`] : [];
  });
  if (all.length === 0) problems.push("there is no file whose name ends in .sql");
  if (problems.length > 0) throw new UnorderedFiles(problems);
  return all.sort((a, b) => a.number - b.number);
}

/** What a file says, in short. */
export function fingerprint({ sql }: MigrationFile): string {
  return createHash("sha256").update(sql).digest("hex");
}

/** What files say, by their names. */
export function fingerprints(files: readonly MigrationFile[]): Record<string, string> {
  return Object.fromEntries(files.map((file) => [file.name, fingerprint(file)]));
}

/** What a list of files is, by their `fingerprints`: another file, another name or another word of one is another. */
export function digestOf(said: Readonly<Record<string, string>>): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(said).sort()))
    .digest("hex");
}
