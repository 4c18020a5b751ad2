import type { PolicyResource, PolicyResourceOptions, ResourceValidationArgs } from "@pulumi/policy";
import { canonicalType, type Properties, type Resource } from "../../traffic";
import { readProperties } from "../../traffic/sources/values";

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
    provider: provider?.urn,
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
    provider: provider?.urn,
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

/** What was read of a resource, by what the SDK has of it: each policy is shown the same. */
const read = new WeakMap<object, Properties>();

/**
 * Touching an unknown value throws, and a mandatory policy that lets the error through becomes advisory: so the object behind
 * the guard is read, and unknowns are marked.
 */
function known(props: Properties): Properties {
  const behind = (props as { __getSpecialProxyTarget?: Properties }).__getSpecialProxyTarget ?? props;
  const properties = read.get(behind) ?? readProperties(behind);
  read.set(behind, properties);
  return properties;
}
