import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isFileName, type NumberedFile, numbered, UnorderedFiles } from "../../migrations";
import { Failure } from "../failure";

/**
 * The files of a directory, in their order.
 *
 * @throws Failure where it cannot be read, or the files cannot be put in an order
 */
export function readMigrations(directory: string): NumberedFile[] {
  try {
    const names = readdirSync(directory).filter(isFileName);
    return numbered(names.map((name) => ({ name, sql: readFileSync(join(directory, name), "utf8") })));
  } catch (error) {
    const { message } = error as Error;
    if (!(error instanceof UnorderedFiles)) throw new Failure(`${directory} cannot be read: ${message}`, 2);
    throw new Failure(`the files in ${directory} cannot be put in an order, so none is run:\n${message}`, 2);
  }
}
