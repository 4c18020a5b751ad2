import type { PolicyResource, PolicyResourceOptions, ResourceValidationArgs } from "@pulumi/policy";
import { canonicalType, type Properties, type Resource, UNKNOWN } from "../traffic";

/** How the engine writes a value that it does not know yet, one for each type (pulumi/sdk, `plugin.UnknownStringValue`). */
const UNKNOWNS = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/**
 * What a resource policy was shown in this run, by URN. A stack policy sees a resource's outputs, and of a component nothing
 * else: its inputs are those of the resource policy.
 */
const shownInputs = new Map<string, Properties>();

/** A resource as a resource policy is shown it, before its step: inputs, and no outputs. */
export function desiredBeforeStep({ urn, type, props, opts, provider }: ResourceValidationArgs): Resource {
  const inputs = known(props);
  shownInputs.set(urn, inputs);
  return {
    urn,
    type: canonicalType(type),
    custom: provider !== undefined && !type.startsWith("pulumi:providers:"),
    inputs,
    outputs: {},
    ...optionsOf(opts),
  };
}

/** A resource as a stack policy is shown it, when the whole program has run. */
export function desiredInStack(resource: PolicyResource): Resource {
  const { urn, type, props, opts, provider, parent, dependencies, propertyDependencies } = resource;
  const outputs = known(props);
  return {
    urn,
    type: canonicalType(type),
    custom: provider !== undefined && !type.startsWith("pulumi:providers:"),
    inputs: shownInputs.get(urn) ?? outputs,
    outputs,
    parent: parent?.urn,
    dependencies: urnsOf(dependencies),
    propertyDependencies: Object.fromEntries(
      Object.entries(propertyDependencies).map(([property, made]) => [property, urnsOf(made)]),
    ),
    ...optionsOf(opts),
  };
}

/** The resource options that rules read. A time-out that is not set is shown as 0. */
function optionsOf({
  aliases,
  deleteBeforeReplace,
  ignoreChanges,
  protect,
  customTimeouts,
}: PolicyResourceOptions): Partial<Resource> {
  const { createSeconds, updateSeconds } = customTimeouts ?? {};
  return {
    aliases,
    deleteBeforeReplace,
    ignoreChanges,
    protect,
    customTimeouts: { create: createSeconds || undefined, update: updateSeconds || undefined },
  };
}

function urnsOf(resources: readonly PolicyResource[]): string[] {
  return resources.map(({ urn }) => urn);
}

/**
 * Touching an unknown value throws, and a mandatory policy that lets the error through becomes advisory: so the object behind
 * the guard is read, and unknowns are marked.
 */
function known(props: Properties): Properties {
  return marked((props as { __getSpecialProxyTarget?: Properties }).__getSpecialProxyTarget ?? props) as Properties;
}

function marked(value: unknown): unknown {
  if (typeof value === "string") return UNKNOWNS.has(value) ? UNKNOWN : value;
  if (Array.isArray(value)) return value.map(marked);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner)]));
}
