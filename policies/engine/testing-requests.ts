import type { Properties } from "../../traffic";

/** A value that is not known before the update, in the inputs and outputs of a test. */
export const UNKNOWN = Symbol("unknown");

/** How the engine writes it (pulumi/sdk, `plugin.UnknownStringValue`). */
const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A resource with all that the engine tells of it. */
export interface ShownResource {
  type: string;
  name: string;
  urn: string;
  inputs: Properties;
  outputs: Properties;
  parent?: string;
  dependencies: readonly string[];
  propertyDependencies: Readonly<Record<string, readonly string[]>>;
  options: {
    protect?: boolean;
    ignoreChanges?: string[];
    deleteBeforeReplace?: boolean;
    aliases?: string[];
    additionalSecretOutputs?: string[];
    customTimeouts?: { create?: number; update?: number; delete?: number };
  };
  provider?: { type: string; urn: string; name: string; inputs?: Properties };
}

/** A message of the engine as the SDK's server reads it: by the getters of `pulumirpc.AnalyzeRequest` and its parts. */
export type AsRequest = Record<string, () => unknown>;

/** For the resource policies: the inputs. */
export function resourceRequest(resource: ShownResource): AsRequest {
  return asMessage(resource, resource.inputs);
}

/** For the stack policies: the outputs, and how the resources hang together. */
export function stackRequest(resources: readonly ShownResource[]): AsRequest {
  const messages = resources.map((resource) => ({
    ...asMessage(resource, resource.outputs),
    getParent: () => resource.parent ?? "",
    getDependenciesList: () => [...resource.dependencies],
    getPropertydependenciesMap: () =>
      new Map(
        Object.entries(resource.propertyDependencies).map(([key, urns]) => [key, { getUrnsList: () => [...urns] }]),
      ),
  }));
  return { getResourcesList: () => messages };
}

function asMessage({ type, name, urn, parent, options, provider }: ShownResource, properties: Properties): AsRequest {
  const { create = 0, update = 0, delete: deletion = 0 } = options.customTimeouts ?? {};
  const timeouts = { getCreate: () => create, getUpdate: () => update, getDelete: () => deletion };
  const shownOptions = {
    getProtect: () => options.protect ?? false,
    getIgnorechangesList: () => options.ignoreChanges ?? [],
    getDeletebeforereplacedefined: () => options.deleteBeforeReplace !== undefined,
    getDeletebeforereplace: () => options.deleteBeforeReplace ?? false,
    getAdditionalsecretoutputsList: () => options.additionalSecretOutputs ?? [],
    getAliasesList: () => options.aliases ?? [],
    getCustomtimeouts: () => timeouts,
    getParent: () => parent ?? "",
  };
  return {
    getType: () => type,
    getName: () => name,
    getUrn: () => urn,
    getProperties: () => asStruct(properties),
    getOptions: () => shownOptions,
    getProvider: () => provider && asProvider(provider),
  };
}

function asProvider({ type, urn, name, inputs = {} }: NonNullable<ShownResource["provider"]>): AsRequest {
  return { getType: () => type, getUrn: () => urn, getName: () => name, getProperties: () => asStruct(inputs) };
}

/** A copy for each policy, as on the wire: what is undefined is not there, nor is what the engine keeps for itself. */
function asStruct({ __defaults, ...properties }: Properties): { toJavaScript(): unknown } {
  const text = JSON.stringify(properties, (_, value) => (value === UNKNOWN ? UNKNOWN_TEXT : value));
  return { toJavaScript: () => JSON.parse(text) };
}
