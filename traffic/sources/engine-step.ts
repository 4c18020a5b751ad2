import { z } from "zod";
import type { Resource } from "../resource";
import { readResource, type SerializedResource, serializedResource } from "./serialized";

/** What the engine does with a resource (pulumi/pkg, `deploy.StepOp`). */
export const OPERATIONS = [
  "same",
  "create",
  "update",
  "delete",
  "replace",
  "create-replacement",
  "delete-replaced",
  "read",
  "read-replacement",
  "refresh",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
  "import",
  "import-replacement",
] as const;
export type Operation = (typeof OPERATIONS)[number];

export const operation = z.enum(OPERATIONS);

/** A step of a preview, as far as its source tells. The values of its resources have their secrets still marked. */
export interface EngineStep {
  op: Operation;
  urn: string;
  /** Before it; the URN is another one where an alias leads to it. */
  old?: SeenResource;
  new?: SeenResource;
  /** The properties that make it a replacement. */
  replacing: readonly string[];
}

export interface SeenResource {
  resource: Resource;
  /** It was deleted before its replacement is made. */
  deletedFirst: boolean;
}

const names = z.array(z.string()).nullish();
const detailedDiff = z
  .record(z.string(), z.object({ diffKind: z.string().optional(), kind: z.string().optional() }))
  .nullish();

/** The fields of a step, under the names that its two sources give them. */
export const stepFields = { op: operation, urn: z.string(), detailedDiff };
export const streamedStep = z.object({
  ...stepFields,
  old: serializedResource.nullish(),
  new: serializedResource.nullish(),
  keys: names,
  diffs: names,
});
export const documentedStep = z.object({
  ...stepFields,
  oldState: serializedResource.nullish(),
  newState: serializedResource.nullish(),
  replaceReasons: names,
});

export function streamed(step: z.infer<typeof streamedStep>): EngineStep {
  return engineStep(step, step.old, step.new, step.keys);
}

export function documented(step: z.infer<typeof documentedStep>): EngineStep {
  return engineStep(step, step.oldState, step.newState, step.replaceReasons);
}

function engineStep(
  { op, urn, detailedDiff }: Pick<z.infer<typeof streamedStep>, "op" | "urn" | "detailedDiff">,
  before: SerializedResource | null | undefined,
  after: SerializedResource | null | undefined,
  keys: z.infer<typeof names>,
): EngineStep {
  const detailed = Object.entries(detailedDiff ?? {});
  const replacing = detailed.filter(([, { diffKind, kind }]) => (diffKind ?? kind ?? "").endsWith("-replace"));
  return {
    op,
    urn,
    old: before ? seen(before) : undefined,
    new: after ? seen(after) : undefined,
    replacing: replacing.length > 0 ? replacing.map(([path]) => path) : (keys ?? []),
  };
}

function seen(written: SerializedResource): SeenResource {
  return { resource: readResource(written), deletedFirst: written.pendingReplacement };
}

/** The parts of a property path as providers write it: `spec.template["a.b"][0].name`. */
export function pathOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted ?? index ?? name ?? "",
  );
}
