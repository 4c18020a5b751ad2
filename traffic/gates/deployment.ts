import type { LiveService } from "../live/wire";
import type { Judged } from "./health";

/**
 * Whether an ECS service runs what the program asks for: its latest deployment is done, and of the revision that is wanted. The
 * provider waits for less where only the number of tasks changed (pulumi-aws#3485), and a deployment that somebody else has
 * started since shows nowhere in Pulumi's state.
 */
export function judgeDeployment(service: LiveService, wantedRevision: string): Judged {
  const primary = service.deployments.find(({ status }) => status === "PRIMARY");
  if (service.status !== "ACTIVE" || !primary) {
    return { stands: "stuck", words: `service ${service.name} is ${service.status || "not there"}` };
  }
  const runs = revisionOf(primary.taskDefinition);
  if (primary.rolloutState === "FAILED") {
    return { stands: "stuck", words: `the deployment of ${runs} failed${because(primary.rolloutReason)}` };
  }
  if (primary.taskDefinition !== wantedRevision) {
    const words = `service ${service.name} runs ${runs}, and the program asks for ${revisionOf(wantedRevision)}: ECS has rolled it back, or somebody has deployed beside Pulumi`;
    return { stands: "stuck", words };
  }
  // Other controllers than ECS's own tell no state of the roll; then their counts must do.
  const isDone = primary.rolloutState ? primary.rolloutState === "COMPLETED" : service.deployments.length === 1;
  const counts = `${primary.running} of ${primary.wanted} tasks of ${runs} run`;
  return isDone ? { stands: "ready", words: counts } : { stands: "waits", words: `the deployment goes on, ${counts}` };
}

/** `shop-green:7` of a task definition's ARN. */
function revisionOf(arn: string): string {
  return arn.split("/").at(-1) || arn;
}

function because(reason: string | undefined): string {
  return reason === undefined ? "" : `: ${reason.replace(/\.$/, "")}`;
}
