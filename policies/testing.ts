import type { Policies } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import type { Properties } from "../traffic";
import { parseState } from "../traffic/sources/state";
import { LEVELS, type Level } from "./engine/levels";
import { type AsRequest, resourceRequest, type ShownResource, stackRequest, UNKNOWN } from "./engine/testing-requests";
import { withPriorState } from "./index";

export { UNKNOWN } from "./engine/testing-requests";

// The SDK's own policy server and the store of its settings, which its types do not show.
const server = require("@pulumi/policy/server") as Record<
  "makeAnalyzeRpcFun" | "makeAnalyzeStackRpcFun",
  (pack: string, version: string, level: string, policies: Policies) => Analyze
>;
const { withLocalStorage } = require("@pulumi/pulumi/runtime/state") as {
  withLocalStorage<T>(run: () => Promise<T>): Promise<T>;
};

type Analyze = (call: { request: AsRequest }, done: (error: Error | null, answer?: Answer) => void) => void;
interface Answer {
  getDiagnosticsList(): {
    getPolicyname(): string;
    getMessage(): string;
    getUrn(): string;
    getEnforcementlevel(): number;
  }[];
}

/** A resource of a state. */
export interface StateResource {
  type: string;
  name: string;
  /** @default made of the stack, the project, the type and the name */
  urn?: string;
  /** It is a component, without a provider. */
  component?: boolean;
  /** What the program asks for; `UNKNOWN` for what is not known before the update. Secrets in plain, as policies see them. */
  inputs?: Properties;
  /** What the cloud has: the inputs, and its `id` and `arn`, where the test says nothing else. */
  outputs?: Properties;
  /** URN of its parent. */
  parent?: string;
  /** The URNs that it was registered after. */
  dependencies?: string[];
  /** The URNs whose outputs each property is made of. */
  propertyDependencies?: Record<string, string[]>;
}

/** A resource of the prior state, as `pulumi stack export` has it. */
export interface PriorResource extends StateResource {
  /** When it was first seen, and when a step last changed it; ISO 8601. */
  created?: string;
  modified?: string;
  protect?: boolean;
  /** An earlier update replaced it and was stopped before it could delete it. */
  delete?: boolean;
}

/** A resource as the program registers it. */
export interface DesiredResource extends StateResource {
  /**
   * What the preview knows of its outputs. A resource that would be replaced has an `UNKNOWN` `arn`.
   * @default the inputs, and what the prior state has besides under the same URN or alias; a new one's `arn` is `UNKNOWN`
   */
  outputs?: Properties;
  options?: {
    protect?: boolean;
    ignoreChanges?: string[];
    deleteBeforeReplace?: boolean;
    /** Prior URNs. The engine shows those that match one. */
    aliases?: string[];
    additionalSecretOutputs?: string[];
    /** In seconds. */
    customTimeouts?: { create?: number; update?: number; delete?: number };
  };
  /** @default the package's default provider without inputs */
  provider?: { type: string; urn: string; name: string; inputs?: Properties };
}

export interface PreviewToJudge {
  /**
   * The state before: resources, the text of `pulumi stack export --show-secrets`, or why it cannot be read. Only the policies
   * of this package ask for it.
   * @default nothing is deployed
   */
  prior?: readonly PriorResource[] | string | Error;
  /** What the program asks for, all of it: what is in `prior` and not here would be deleted. */
  desired: readonly DesiredResource[];
  /** The stack config, with namespaces: `{ "crossfade:breakGlass": [...] }`. */
  config?: Record<string, unknown>;
  /** By policy, as in a file of `--policy-pack-config`: a level, or settings among which `enforcementLevel` may be. */
  policyConfig?: Record<string, Level | (Properties & { enforcementLevel?: Level })>;
  /** Of policies that name none themselves. @default "advisory", as of a pack that says nothing */
  enforcementLevel?: Level;
  stackTags?: Record<string, string>;
  /** @default "organization", "project" and "dev" */
  organization?: string;
  project?: string;
  stack?: string;
  /** In an update each resource is judged before its step, and the stack when all is done. @default "preview" */
  during?: "preview" | "update";
}

export interface Violation {
  policy: string;
  level: Exclude<Level, "disabled">;
  /** As a terminal shows it, the policy's description first. */
  message: string;
  /** The resource; the stack, where the policy names none or one that goes. */
  urn: string;
}

/**
 * What policies say of a preview, by the SDK's own policy server in this process: proxies that throw on what is not known, and a
 * mandatory policy that lets such an error through turned into advice; resource options, providers, parents and dependencies;
 * settings and levels. As in the engine, the stack is not judged where a resource was refused. Remediations are not run.
 *
 * @throws where the engine would end the run: a policy threw another error.
 */
export async function judgePreview(policies: Policies, preview: PreviewToJudge): Promise<Violation[]> {
  const { organization = "organization", project = "project", stack = "dev", during = "preview" } = preview;
  const urnOf = ({ urn, type, name }: StateResource) => urn ?? `urn:pulumi:${stack}::${project}::${type}::${name}`;
  const root = { type: "pulumi:pulumi:Stack", name: `${project}-${stack}`, component: true };
  const configured = policies.map((policy) => withSettings(policy, preview));
  const [ofResource, ofStack] = [server.makeAnalyzeRpcFun, server.makeAnalyzeStackRpcFun].map((make) =>
    make("pack", "0.0.0", preview.enforcementLevel ?? "advisory", configured),
  ) as [Analyze, Analyze];
  const before = priorOf(preview.prior, urnOf);
  const resources = [root, ...preview.desired].map((resource) => shown(resource, urnOf, before));

  return withLocalStorage(async () => {
    pulumi.runtime.resetOptions(project, stack, -1, "", "", during === "preview", organization);
    pulumi.runtime.setAllConfig(asText(preview.config ?? {}));
    const read = before instanceof Error ? Promise.reject(before) : Promise.resolve(before);
    read.catch(() => {}); // whoever asks for it gets the error
    return withPriorState(read, async () => {
      const found: Violation[] = [];
      for (const resource of resources) {
        found.push(...violations(await answer(ofResource, resourceRequest(resource)), () => resource.urn));
      }
      if (found.some(({ level }) => level === "mandatory")) return found;
      const urns = new Set(resources.map(({ urn }) => urn));
      const inStack = (urn: string) => (urns.has(urn) ? urn : urnOf(root));
      return [...found, ...violations(await answer(ofStack, stackRequest(resources)), inStack)];
    });
  });
}

type State = ReturnType<typeof parseState>;

/** By way of the text that the engine exports, so that it is read as in a run. */
function priorOf(prior: PreviewToJudge["prior"], urnOf: (resource: StateResource) => string): State | Error {
  if (prior instanceof Error) return prior;
  if (typeof prior === "string") return parseState(prior);
  const resources = (prior ?? []).map((resource) => {
    const { component = false, inputs = {}, outputs, name, ...rest } = resource;
    const own = outputs ?? (component ? {} : { ...inputs, id: `id-${name}`, arn: `arn:${name}` });
    return { ...rest, urn: urnOf(resource), custom: !component, id: own.id, inputs, outputs: own };
  });
  return parseState(JSON.stringify({ version: 3, deployment: { resources } }));
}

function shown(
  resource: DesiredResource,
  urnOf: (resource: StateResource) => string,
  before: State | Error,
): ShownResource {
  const { type, name, component = false, inputs = {}, options = {}, parent } = resource;
  const urn = urnOf(resource);
  const former = before instanceof Error ? [] : before.resources;
  const was = former.find((r) => !r.pendingDelete && [urn, ...(options.aliases ?? [])].includes(r.urn));
  const given = was ? { ...was.outputs } : { arn: UNKNOWN };
  const [of = ""] = type.split(":");
  const byDefault = { type: `pulumi:providers:${of}`, name: "default", inputs: {} };
  return {
    type,
    name,
    urn,
    parent,
    inputs,
    outputs: resource.outputs ?? (component ? {} : { ...given, ...inputs }),
    dependencies: resource.dependencies ?? [],
    propertyDependencies: resource.propertyDependencies ?? {},
    options,
    ...(!component && { provider: resource.provider ?? { ...byDefault, urn: urnOf(byDefault) } }),
  };
}

/** The policy with the level, the settings and the tags that it would be given; the server's own are one for a process. */
function withSettings(policy: Policies[number], { policyConfig = {}, stackTags = {} }: PreviewToJudge) {
  const setting = policyConfig[policy.name] ?? policyConfig.all ?? {};
  const { enforcementLevel, ...config } = typeof setting === "string" ? { enforcementLevel: setting } : setting;
  const tags = new Map(Object.entries(stackTags));
  const given = <A extends object>(validate: (args: A, report: never) => unknown) =>
    // What the SDK has put on the function, such as the type of resource that it is for, stays.
    Object.assign(
      (args: A, report: never) => validate({ ...args, getConfig: () => config, stackTags: tags }, report),
      validate,
    );
  const { validateResource, validateStack } = policy as { validateResource?: unknown; validateStack?: unknown };
  return {
    ...policy,
    ...(enforcementLevel !== undefined && { enforcementLevel }),
    ...(validateResource !== undefined && {
      validateResource: Array.isArray(validateResource)
        ? validateResource.map(given)
        : given(validateResource as Parameters<typeof given>[0]),
    }),
    ...(validateStack !== undefined && { validateStack: given(validateStack as Parameters<typeof given>[0]) }),
  } as Policies[number];
}

/** The engine hands every value of the config over as text. */
function asText(config: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function answer(analyze: Analyze, request: AsRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    analyze({ request }, (error, found) => (found ? resolve(found) : reject(error)));
  });
}

function violations(found: Answer, urnOf: (urn: string) => string): Violation[] {
  return found.getDiagnosticsList().map((diagnostic) => ({
    policy: diagnostic.getPolicyname(),
    level: LEVELS[diagnostic.getEnforcementlevel()] as Violation["level"],
    message: diagnostic.getMessage(),
    urn: urnOf(diagnostic.getUrn()),
  }));
}
