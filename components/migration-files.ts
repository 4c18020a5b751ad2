import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { digestOf, fingerprints, isFileName, type NumberedFile, numbered } from "../migrations";
import type { PropertyProblem } from "./property-problem";
import { throwProblems } from "./property-problem";

/** What a database is brought to, whatever runs it. */
export interface SchemaArgs {
  /**
   * `expand`: before the candidate has weight, and the version before works on what it leaves. `contract`: when the environment of
   * the version before is gone, so that what only it used may go.
   */
  phase: "expand" | "contract";
  /** The folder of its files, such as `0007_add_phone.sql`, from that of the project, and in the image from that of its work. */
  directory: string;
  /**
   * The version of the schema: the number of the last file that is run.
   * @default that of the last file
   */
  to?: number;
  /** PostgreSQL's major version, of the oldest server that it runs on; from 11 on. By it the policies tell what locks for long. */
  postgres: number;
  /**
   * The connections that the server has for users: its `max_connections` less `superuser_reserved_connections`, which are 100 and 3
   * where nothing else is set. Policy `connection-budget` holds the environments to it.
   * @default none: they are not counted
   */
  maxConnections?: number;
  /**
   * What is run in the image. `{to}` and `{digest}` in it are the version of the schema, and what the files up to it are.
   * The default needs the package `pulumi-crossfade` and the directory in the image, below its working directory. It is no `npx`,
   * which would fetch another package of the name where this one is missing, and hands no signal on.
   * @default node_modules/.bin/crossfade migrate <directory> --to {to} --digest {digest}
   */
  command?: string[];
}

/** The arguments, with what the directory holds. */
export interface Schema {
  files: NumberedFile[];
  to: number;
  command: string[];
  /** What the state keeps of it when it has been run. */
  kept: { version: number; files: Record<string, string> };
  /** Of the files that are to be there when it is run. */
  digest: string;
}

/** @throws InputPropertiesError with all that is wrong */
export function readSchema(name: string, args: SchemaArgs): Schema {
  const problems: PropertyProblem[] = [];
  const report = (propertyPath: string, reason: string) => problems.push({ propertyPath, reason });
  if (!["expand", "contract"].includes(args.phase)) report("phase", `"${args.phase}" is neither expand nor contract`);
  if (!Number.isInteger(args.postgres) || args.postgres < 11) {
    report("postgres", `${args.postgres}: the server's major version, such as 16, from 11 on`);
  }
  const files = filesIn(args.directory, (reason) => report("directory", reason));
  const to = args.to ?? files.at(-1)?.number ?? 0;
  if (files.length > 0 && !files.some(({ number }) => number === to)) {
    report("to", `${to}: there is no file of that number in ${args.directory}`);
  }
  throwProblems(`the migration "${name}"`, problems);
  const asked = files.filter(({ number }) => number <= to);
  const kept = { version: to, files: fingerprints(asked) };
  const digest = digestOf(kept.files);
  const crossfade = "node_modules/.bin/crossfade";
  const standard = [crossfade, "migrate", args.directory, "--to", "{to}", "--digest", "{digest}"];
  const command = (args.command ?? standard).map((word) =>
    word.replaceAll("{to}", String(to)).replaceAll("{digest}", digest),
  );
  return { files, to, command, digest, kept };
}

function filesIn(given: string, report: (reason: string) => void): NumberedFile[] {
  // The program's own working directory is that of its `main`.
  const directory = resolve(pulumi.getRootDirectory(), given);
  try {
    const names = readdirSync(directory).filter(isFileName);
    return numbered(names.map((name) => ({ name, sql: readFileSync(join(directory, name), "utf8") })));
  } catch (error) {
    report((error as Error).message.replaceAll("\n", "; "));
    return [];
  }
}

/**
 * The state's record of what has been run. It is written when the job is done and not before, where a component's own arguments are
 * in the state also when the job has failed.
 */
export function keepSchema(name: string, { kept }: Schema, opts: pulumi.CustomResourceOptions): pulumi.Output<number> {
  const stash = new pulumi.Stash(`${name}-schema`, { input: kept }, opts);
  // Its `output` is what was stashed first, and stays so.
  return stash.input.apply(({ version }) => version);
}
