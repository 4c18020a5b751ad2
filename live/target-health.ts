import { type LiveTarget, TARGET_STATES, type TargetState } from "../traffic";
import { asked } from "./asked";
import type { AwsClients } from "./aws-clients";

/** The targets of a group, each with its state and its zone, as the balancer's health checks see them. @throws AwsCallError */
export async function readTargets(clients: AwsClients, groupArn: string): Promise<LiveTarget[]> {
  const elb = await clients.at(groupArn).elb();
  const call = { action: "elasticloadbalancing:DescribeTargetHealth", of: groupArn };
  const { TargetHealthDescriptions = [] } = await asked(call, () =>
    elb.describeTargetHealth({ TargetGroupArn: groupArn }),
  );
  return TargetHealthDescriptions.map(({ Target = { Id: "" }, TargetHealth }) => ({
    id: Target.Id ?? "",
    port: Target.Port,
    // `all` is an address out of the network, which every zone asks.
    zone: Target.AvailabilityZone === "all" ? undefined : Target.AvailabilityZone,
    state: stateOf(TargetHealth?.State),
    reason: TargetHealth?.Reason,
  }));
}

/** A state that AWS has come to have since is none that a request can be sent to. */
function stateOf(state: string | undefined): TargetState {
  return TARGET_STATES.find((known) => known === state) ?? "unused";
}
