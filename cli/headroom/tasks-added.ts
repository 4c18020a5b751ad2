import { askedCount, liveCount } from "../../policies/reading/entry-point-parts";
import { one, type State, setting } from "../../policies/reading/state";
import { at, isNewDeployment, number, type PlannedChange, type Resource, UNKNOWN } from "../../traffic";
import { type Addition, subnetIds } from "./addition";
import { fargateVcpus } from "./fargate-vcpus";
import { growth } from "./growth";

type Change = Exclude<PlannedChange, { kind: "delete" }>;

/** Percent: "The default maximumPercent value for a service using the REPLICA service scheduler is 200%". */
const MOST_PERCENT = 200;

/**
 * The tasks that an ECS service runs more. In the network mode `awsvpc` each has an "elastic network interface (ENI) with a
 * primary private IP address" ("Amazon ECS task networking options for Fargate"); only there is a `networkConfiguration`.
 */
export function tasksAdded(change: Change, desired: State): Addition {
  const { after: resource } = change;
  const count = countOf(change);
  const vcpus = count === undefined ? undefined : fargateVcpus(resource, count, desired);
  return { resource, what: "tasks", count, subnets: subnetsOf(resource), vcpus };
}

function countOf(change: Change): number | undefined {
  const wanted = wantedOf(change);
  if (wanted === undefined) return undefined;
  if (change.kind === "create") return wanted;
  const had = liveCount(change.before);
  if (had === undefined) return undefined;
  if (change.kind === "replace") return change.deletedFirst ? growth({ had, wanted }) : wanted;
  if (!isNewDeployment(change.before.inputs, change.after.inputs)) return growth({ had, wanted });
  const most = mostTasks(change.after, wanted);
  return most === undefined ? undefined : growth({ had, wanted, most });
}

/** As many as the program asks for; as many as run where it leaves the number as it was, for an autoscaler may have moved it. */
function wantedOf(change: Change): number | undefined {
  const { after } = change;
  const controller = at(one(setting(after, "deploymentController")), "type") ?? "ECS";
  // One of each instance, or as many as another service's deployment says.
  if (setting(after, "schedulingStrategy") === "DAEMON" || controller !== "ECS") return undefined;
  if (setting(after, "desiredCount") === UNKNOWN) return undefined;
  if (change.kind === "create") return askedCount(after) ?? 0;
  return askedCount(after) === askedCount(change.before) ? liveCount(change.before) : (askedCount(after) ?? 0);
}

/**
 * "An upper limit on the number of your service's tasks that are allowed in the RUNNING or PENDING state during a deployment, as
 * a percentage of the desiredCount (rounded down to the nearest integer)" (ECS API, DeploymentConfiguration, `maximumPercent`).
 * Strategies other than ROLLING run a whole second set.
 */
function mostTasks(service: Resource, wanted: number): number | undefined {
  const strategy = at(one(setting(service, "deploymentConfiguration")), "strategy") ?? "ROLLING";
  if (strategy === UNKNOWN) return undefined;
  if (strategy !== "ROLLING") return Number.POSITIVE_INFINITY;
  const percent = setting(service, "deploymentMaximumPercent") ?? MOST_PERCENT;
  return percent === UNKNOWN ? undefined : Math.floor((wanted * (number(percent) ?? MOST_PERCENT)) / 100);
}

function subnetsOf(service: Resource): Addition["subnets"] {
  const network = one(setting(service, "networkConfiguration"));
  if (network === UNKNOWN) return undefined;
  return network === undefined ? [] : subnetIds(at(network, "subnets"));
}
