import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { Failure } from "./failure";

/** Where the Pulumi project around a folder keeps a stack's config file: https://www.pulumi.com/docs/iac/concepts/projects/. */
export function findStackFile(folder: string, stack: string): string {
  const project = ["Pulumi.yaml", "Pulumi.yml"].map((name) => join(folder, name)).find((path) => existsSync(path));
  if (project === undefined) {
    const parent = dirname(folder);
    if (parent !== folder) return findStackFile(parent, stack);
    throw new Failure(
      `there is no Pulumi.yaml here or above: run it in the project of stack "${stack}", or name its file by --config-file`,
      2,
    );
  }
  const { stackConfigDir = "" } = (parse(readFileSync(project, "utf8")) ?? {}) as { stackConfigDir?: string };
  // Of `organization/project/stack` the file bears the last part.
  return join(folder, stackConfigDir, `Pulumi.${stack.split("/").at(-1)}.yaml`);
}
