import { z } from "zod";
import { canonicalType, type Properties, type Resource } from "../resource";
import { Unreadable } from "./unreadable";
import { readValue } from "./values";

const properties = z.record(z.string(), z.unknown());
const urn = z.string().refine((text) => /^urn:pulumi:.*::.+::.+::/.test(text), "no URN of a resource");

/** A resource as the engine writes it into states and previews (pulumi/sdk, `apitype.ResourceV3`); what is read of it here. */
export const serializedResource = z.object({
  urn,
  type: z.string().min(1),
  custom: z.boolean().default(false),
  id: z.string().nullish(),
  inputs: properties.nullish(),
  outputs: properties.nullish(),
  parent: z.string().nullish(),
  provider: z.string().nullish(),
  dependencies: z.array(z.string()).nullish(),
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
  external: z.boolean().default(false),
  delete: z.boolean().default(false),
  retainOnDelete: z.boolean().default(false),
  pendingReplacement: z.boolean().default(false),
  initErrors: z.array(z.string()).nullish(),
  created: z.string().nullish(),
  modified: z.string().nullish(),
  ignoreChanges: z.array(z.string()).nullish(),
  protect: z.boolean().default(false),
  customTimeouts: z.object({ create: z.number().optional(), update: z.number().optional() }).nullish(),
});
export type SerializedResource = z.infer<typeof serializedResource>;

/** A resource as it was written; secrets that are not told, or not to be opened, are still marked. */
export function readResource(written: SerializedResource, opensSecrets = false): Resource {
  const { id, parent, created, modified, ignoreChanges, provider } = written;
  const outputs = readValue(written.outputs ?? {}, opensSecrets) as Properties;
  return {
    urn: written.urn,
    type: canonicalType(written.type),
    custom: written.custom && !isProvider(written.type),
    inputs: readValue(written.inputs ?? {}, opensSecrets) as Properties,
    outputs: id ? { id, ...outputs } : outputs,
    parent: parent || undefined,
    provider: provider ? providerUrn(provider) : undefined,
    dependencies: written.dependencies ?? [],
    propertyDependencies: edgesByProperty(written.propertyDependencies),
    ignoreChanges: ignoreChanges ?? undefined,
    protect: written.protect,
    customTimeouts: written.customTimeouts ?? {},
    created: created ?? undefined,
    modified: modified ?? undefined,
    pendingDelete: written.delete,
    retainOnDelete: written.retainOnDelete,
    unfinished: (written.initErrors ?? []).length > 0,
  };
}

export function edgesByProperty(written: SerializedResource["propertyDependencies"]): Record<string, string[]> {
  return Object.fromEntries(Object.entries(written ?? {}).map(([property, urns]) => [property, urns ?? []]));
}

export function isProvider(type: string): boolean {
  return type.startsWith("pulumi:providers:");
}

/** A reference to a provider is its URN and its id: `urn:…::default_7_48_0::8db6750d-…`. */
export function providerUrn(reference: string): string {
  return reference.split("::").slice(0, -1).join("::");
}

/** Reads what was written by a shape, or says where it differs. */
export function shaped<T>(shape: z.ZodType<T>, value: unknown, what: string): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const [issue, ...more] = read.error.issues;
  const place = issue?.path.map(String).join(".") || "its top";
  const others = more.length > 0 ? `, and ${more.length} more` : "";
  throw new Unreadable(
    `${what} is not written as by the engine that is known here: ${place}: ${issue?.message}${others}`,
  );
}

/** Reads JSON text, or says that it is none. */
export function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unreadable(`${what} is no whole JSON text: ${(error as Error).message}`);
  }
}
