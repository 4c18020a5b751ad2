import type { Policy, ReportViolation, ResourceValidation, StackValidation } from "@pulumi/policy";
import type { ConfigureAnalyzerRequest } from "@pulumi/pulumi/proto/analyzer_pb";
import { phase } from "./enforce";
import { LEVELS, type Level } from "./levels";

/** A policy of this pack, as the SDK takes it. */
export interface PackPolicy extends Policy {
  validateResource?: ResourceValidation;
  validateStack: StackValidation;
}

/** How the SDK's server reads the message in which the engine tells the settings of all policies. */
interface Service {
  configure?: { requestDeserialize(bytes: Buffer): ConfigureAnalyzerRequest };
}

/** A policy that is on, with what a team has set for it. */
interface Running {
  policy: PackPolicy;
  level: Level;
  settings: object;
}

/**
 * The SDK makes the objects of a whole stack anew for each policy (pulumi-policy, `makeAnalyzeRpcFun` and
 * `makeAnalyzeStackRpcFun`): for 20 policies and 5,000 resources that is longer than all rules take together. So of those that
 * are on, the first alone has checks, and runs those of the others, which report under their own names, with their own settings
 * and levels. To the engine each is a policy as before.
 *
 * The SDK shows a policy its own settings only, so they are read on their way to it. Until they have come, and with an SDK that
 * has another way, each policy has its own checks.
 */
export function oneForAll(
  policies: readonly PackPolicy[],
  service: Service = require("@pulumi/pulumi/proto/analyzer_grpc_pb").AnalyzerService,
): PackPolicy[] {
  let running: Running[] | undefined;
  onConfigured(service, (request) => {
    running = policies.map((policy) => runningWith(request, policy)).filter(({ level }) => level !== "disabled");
  });
  const inTurn =
    <A>(checkOf: (policy: PackPolicy) => Check<A> | undefined): Check<A> =>
    async (args, report) => {
      for (const one of running ?? []) {
        await checkOf(one.policy)?.({ ...args, getConfig: () => one.settings }, underItsName(one, report));
      }
    };
  const [step, stack] = [inTurn((p) => p.validateResource), inTurn((p) => p.validateStack)];
  // Before a step each judges; in a preview they only look, and what one has seen the others know.
  const resource: ResourceValidation = (args, report) =>
    phase() === "preview" ? running?.[0]?.policy.validateResource?.(args, report) : step(args, report);
  const isFirst = (policy: PackPolicy) => running?.[0]?.policy === policy;
  return policies.map((policy) => ({
    ...policy,
    get validateResource() {
      return running ? (isFirst(policy) ? resource : undefined) : policy.validateResource;
    },
    get validateStack() {
      return (running ? (isFirst(policy) ? stack : undefined) : policy.validateStack) as StackValidation;
    },
  }));
}

type Check<A> = (args: A, report: ReportViolation) => Promise<void> | void;

function onConfigured({ configure }: Service, done: (request: ConfigureAnalyzerRequest) => void): void {
  if (!configure) return;
  const read = configure.requestDeserialize;
  configure.requestDeserialize = (bytes) => {
    const request = read(bytes);
    done(request);
    return request;
  };
}

function runningWith(request: ConfigureAnalyzerRequest, policy: PackPolicy): Running {
  const config = request.getPolicyconfigMap().get(policy.name);
  const level = config ? LEVELS[config.getEnforcementlevel()] : policy.enforcementLevel;
  return { policy, level: level ?? "mandatory", settings: config?.getProperties()?.toJavaScript() ?? {} };
}

/** The SDK takes an object with all that a violation says, which its types do not show (pulumi-policy, `makeReportViolationFun`). */
function underItsName({ policy: { name, description }, level }: Running, report: ReportViolation): ReportViolation {
  const own = { name, description, enforcementLevel: level === "remediate" ? "mandatory" : level };
  return (violation) => report({ ...own, ...(violation as unknown as object) } as unknown as string);
}
