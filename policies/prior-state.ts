import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { canonicalType, type Properties, type Resource } from "../traffic";

/** The engine's marks in a state for a secret, and for the value in it (pulumi/sdk, `resource.SecretSig`). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** The part of an exported resource that is read here. */
interface Exported {
  urn: string;
  type: string;
  custom: boolean;
  external?: boolean;
  delete?: boolean;
  retainOnDelete?: boolean;
  protect?: boolean;
  ignoreChanges?: string[];
  customTimeouts?: { create?: number; update?: number };
  id?: string;
  inputs?: Properties;
  outputs?: Properties;
  parent?: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[] | null>;
  pendingReplacement?: boolean;
  created?: string;
  modified?: string;
}

let reading: Promise<Resource[]> | undefined;

/**
 * The stack's state before the update. The policy protocol does not hand it over, so it is read once, at the first call: later
 * in an update the state is the new one already. Secrets are decrypted in memory, for ciphertext differs each time.
 */
export function priorState(): Promise<Resource[]> {
  reading ??= exportStack();
  return reading;
}

async function exportStack(): Promise<Resource[]> {
  const stack = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  // The engine that runs this pack has put itself on the PATH, or was found there.
  const command = ["stack", "export", "--show-secrets", "--stack", stack];
  // In the project's own folder a backend named in its Pulumi.yaml holds.
  const options = { cwd: process.env.PWD ?? process.cwd(), maxBuffer: 1 << 30 };
  const { stdout } = await promisify(execFile)("pulumi", command, options).catch((error: { stderr?: string }) => {
    const reason = error.stderr?.trim() ?? String(error);
    throw new Error(
      `the state before it cannot be read: ${reason}. "pulumi ${command.join(" ")}" must work here, with the backend and the passphrase of this run`,
    );
  });
  return parseExport(stdout);
}

/** @throws where the text is no state that this code knows. */
export function parseExport(text: string): Resource[] {
  const { version, deployment } = JSON.parse(text);
  if (version !== 3 && version !== 4) throw new Error(`the state has version ${version}; known are 3 and 4`);
  const resources: Exported[] = deployment.resources ?? [];
  // What a stopped delete-before-replace has deleted is still listed: it is not there, and is made anew.
  return resources.filter(({ external, pendingReplacement }) => !external && !pendingReplacement).map(toResource);
}

function toResource({
  urn,
  type,
  custom,
  id,
  inputs,
  outputs,
  parent,
  created,
  modified,
  ...rest
}: Exported): Resource {
  return {
    urn,
    type: canonicalType(type),
    custom: custom && !type.startsWith("pulumi:providers:"),
    inputs: unwrap(inputs ?? {}) as Properties,
    outputs: { id, ...(unwrap(outputs ?? {}) as Properties) },
    parent,
    dependencies: rest.dependencies ?? [],
    propertyDependencies: Object.fromEntries(
      Object.entries(rest.propertyDependencies ?? {}).map(([property, urns]) => [property, urns ?? []]),
    ),
    created,
    modified,
    pendingDelete: rest.delete === true,
    retainOnDelete: rest.retainOnDelete === true,
    protect: rest.protect === true,
    ignoreChanges: rest.ignoreChanges ?? [],
    customTimeouts: rest.customTimeouts ?? {},
  };
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (value === null || typeof value !== "object") return value;
  const object = value as Properties;
  if (object[SIGNATURE] === SECRET && typeof object.plaintext === "string") return JSON.parse(object.plaintext);
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, unwrap(inner)]));
}
