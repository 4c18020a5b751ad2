import { policies } from "../../policies/index";
import { type DesiredResource, judgePreview, UNKNOWN, type Violation } from "../../policies/testing";
import { UNKNOWN as NOT_KNOWN, nameOf, type Resource } from "../../traffic";
import type { Change } from "./case";
import { mapped } from "./item";
import { PreviewProvider } from "./preview-provider";
import { previewed } from "./previewed";
import { PROJECT, STACK, stateOf } from "./state";

/** What the pack says of a change in the harness that users of the package have. */
export async function judgedByHarness({ prior, desired }: Change, now: Date): Promise<Violation[]> {
  const provider = new PreviewProvider();
  const resources = stateOf(prior, provider, now);
  return judgePreview(policies, {
    project: PROJECT,
    stack: STACK,
    prior: JSON.stringify({ version: 3, deployment: { resources } }),
    desired: (await previewed(desired, resources, provider)).map(asDesired),
  });
}

function asDesired(resource: Resource): DesiredResource {
  const { urn, type, custom, parent, provider } = resource;
  const { aliases, protect, deleteBeforeReplace, customTimeouts, ignoreChanges } = resource;
  const unknown = (leaf: unknown) => (leaf === NOT_KNOWN ? UNKNOWN : leaf);
  return {
    urn,
    type,
    name: nameOf(urn),
    component: !custom && !type.startsWith("pulumi:providers:"),
    inputs: mapped(resource.inputs, unknown),
    outputs: mapped(resource.outputs, unknown),
    parent,
    ...(provider && { provider: { type: provider.split("::")[2] ?? "", urn: provider, name: nameOf(provider) } }),
    dependencies: [...(resource.dependencies ?? [])],
    propertyDependencies: Object.fromEntries(
      Object.entries(resource.propertyDependencies ?? {}).map(([key, urns]) => [key, [...urns]]),
    ),
    options: { aliases, protect, deleteBeforeReplace, customTimeouts, ignoreChanges: [...(ignoreChanges ?? [])] },
  };
}
