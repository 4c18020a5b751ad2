import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Color, PREVIEW_HEADER, previewHeaderValue } from "../traffic";
import type { Gates } from "./gates";
import { idleHooks } from "./idle-hooks";
import type { VersionArgs } from "./version-args";

/** What every environment has on a balancer, whatever runs behind it. */

type TargetGroupArgs = Pick<VersionArgs, "port" | "protocol" | "health" | "healthInterval" | "drain"> & {
  vpcId: pulumi.Input<string>;
  /**
   * What its targets are known by: tasks and pods by their address, instances of an Auto Scaling group by their id.
   * @default "ip"
   */
  targetType?: "ip" | "instance";
};

/** The group that an environment's tasks, pods or instances are in, with its health check and its drain. */
export function createTargetGroup(
  name: string,
  args: TargetGroupArgs,
  parent: pulumi.ComponentResource,
  gates: Gates | undefined,
): aws.lb.TargetGroup {
  const { port = 8080, protocol = "HTTP1", health = "/healthz", healthInterval = 10, drain = 60 } = args;
  const { vpcId, targetType = "ip" } = args;
  return new aws.lb.TargetGroup(
    name,
    {
      port,
      protocol: "HTTP",
      protocolVersion: protocol,
      targetType,
      vpcId,
      deregistrationDelay: drain,
      healthCheck: {
        path: health,
        interval: healthInterval,
        timeout: Math.min(5, healthInterval - 1),
        healthyThreshold: 2,
        unhealthyThreshold: 2,
        matcher: protocol === "GRPC" ? "0" : "200",
      },
    },
    { parent, ...idleHooks(gates) },
  );
}

/** Where an environment is reached by its preview header. */
export interface PreviewRuleArgs {
  /** The listener that gets the preview rule, and later the route. */
  listenerArn: pulumi.Input<string>;
  /** The hosts that the preview rule answers for. */
  hosts: string[];
  /** The preview rule's place among the listener's rules, 1 to 50,000; before the route's. */
  previewPriority: number;
  /**
   * What the preview header must hold besides the color: `x-crossfade: green-<secret>`. At least 8 characters.
   * @default none: `x-crossfade: green` shows the environment to whoever asks for it
   */
  previewSecret?: pulumi.Input<string>;
}

/** The rule that attaches the group, so that the balancer checks its health before there is weight. */
export function createPreviewRule(
  name: string,
  { color, listenerArn, hosts, previewPriority, previewSecret }: PreviewRuleArgs & { color: Color },
  group: aws.lb.TargetGroup,
  parent: pulumi.ComponentResource,
  gates: Gates | undefined,
): aws.lb.ListenerRule {
  const value = pulumi.output(previewSecret).apply((secret) => previewHeaderValue(color, secret));
  return new aws.lb.ListenerRule(
    `${name}-preview`,
    {
      listenerArn,
      priority: previewPriority,
      conditions: [
        { hostHeader: { values: hosts } },
        { httpHeader: { httpHeaderName: PREVIEW_HEADER, values: [value] } },
      ],
      actions: [{ type: "forward", targetGroupArn: group.arn }],
    },
    { parent, ...idleHooks(gates) },
  );
}

/** @throws Error where the environment's name leaves no room: a target group's has 32 characters (ELB, CreateTargetGroup). */
export function checkTargetGroupName(name: string): void {
  // Auto-naming takes eight of them.
  if (name.length <= 24) return;
  throw new Error(
    `"${name}" is too long for an environment's name: at most 24 characters, for a target group's has 32`,
  );
}
