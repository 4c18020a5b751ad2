import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { Failure } from "./failure";

const NAMES = ["Pulumi.yaml", "Pulumi.yml"];

/** The folder of the Pulumi project around a folder. */
export function findProject(folder: string, stack: string): string {
  if (projectFile(folder) !== undefined) return folder;
  const parent = dirname(folder);
  if (parent !== folder) return findProject(parent, stack);
  throw new Failure(
    `there is no Pulumi.yaml here or above: run it in the project of stack "${stack}", or name its file by --config-file`,
    2,
  );
}

/** Where the Pulumi project around a folder keeps a stack's config file: https://www.pulumi.com/docs/iac/concepts/projects/. */
export function findStackFile(folder: string, stack: string): string {
  const root = findProject(folder, stack);
  const settings = parse(readFileSync(projectFile(root) ?? "", "utf8")) as { stackConfigDir?: string } | null;
  // Of `organization/project/stack` the file bears the last part.
  return join(root, settings?.stackConfigDir ?? "", `Pulumi.${stack.split("/").at(-1)}.yaml`);
}

function projectFile(folder: string): string | undefined {
  return NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
}
