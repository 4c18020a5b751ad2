import { z } from "zod";
import type { Resource } from "../resource";
import type { PendingOperation } from "../update/pending-operation";
import { parsed, readResource, type SerializedResource, serializedResource, shaped } from "./serialized";
import { Unreadable } from "./unreadable";
import { containsSecret, opened } from "./values";

/** What a stack's state says. */
export interface State {
  /** What is there. What a stopped delete-before-replace has deleted is listed in a state still, and is not among these. */
  resources: Resource[];
  /** What the engine was doing when it was stopped: each took effect or did not. */
  pending: PendingOperation[];
  /** How many resources have secrets that are not told. */
  sealed: number;
}

/** What states may use, of which nothing here hangs (pulumi/pkg, `supportedFeatures` of its `stack` package). */
const FEATURES = [
  "refreshBeforeUpdate",
  "views",
  "hooks",
  "taint",
  "replaceWith",
  "snippets-prototype",
  "extensionParameterization",
  "byteString",
];

const exported = z.object({
  version: z.number(),
  features: z.array(z.string()).default([]),
  deployment: z
    .object({
      resources: z.array(serializedResource).nullish(),
      pending_operations: z
        .array(
          z.object({
            type: z.enum(["creating", "updating", "deleting", "reading", "importing"]),
            resource: serializedResource,
          }),
        )
        .nullish(),
    })
    .nullable(),
});

/**
 * Reads what `pulumi stack export` prints, versions 3 and 4.
 *
 * @param opensSecrets takes secrets that the export shows (`--show-secrets`) as their values, and not as unknown
 * @throws Unreadable where it is no state that this code knows.
 */
export function parseState(text: string, opensSecrets = false): State {
  const object = parsed(text, "the state");
  const { version, features } = (object ?? {}) as { version?: unknown; features?: unknown };
  if (version !== 3 && version !== 4) {
    throw new Unreadable(
      `the state has version ${String(version)}; known are 3 and 4, as "pulumi stack export" prints them`,
    );
  }
  const strange = Array.isArray(features) ? features.filter((feature) => !FEATURES.includes(feature)) : [];
  if (strange.length > 0) throw new Unreadable(`the state uses what is not known here: ${strange.join(", ")}`);
  const { deployment } = shaped(exported, object, "the state");
  const there = (deployment?.resources ?? []).filter(
    ({ external, pendingReplacement }) => !external && !pendingReplacement,
  );
  const marked = there.map((written) => readResource(written, opensSecrets));
  return {
    resources: marked.map(withoutSecrets),
    pending: (deployment?.pending_operations ?? []).flatMap((op) => pendingOperation(op, opensSecrets)),
    sealed: marked.filter((r) => containsSecret([r.inputs, r.outputs])).length,
  };
}

function pendingOperation(
  { type, resource }: { type: string; resource: SerializedResource },
  opensSecrets: boolean,
): PendingOperation[] {
  const written = withoutSecrets(readResource(resource, opensSecrets));
  if (resource.external || !written.custom || type === "reading") return [];
  if (type === "updating" || type === "deleting") return [{ does: type, resource: written }];
  return [{ does: "creating", resource: written }];
}

export function withoutSecrets(resource: Resource): Resource {
  return {
    ...resource,
    inputs: opened(resource.inputs) as Resource["inputs"],
    outputs: opened(resource.outputs) as Resource["outputs"],
  };
}
