import { ADDRESSED } from "./dns-targets";
import { changedEntities } from "./entity";
import type { PlannedChange } from "./planned-change";
import { sameValue } from "./same-value";

/** What the entry points read of each type that they know. */
const READ: Record<string, readonly string[]> = {
  "aws:lb/loadBalancer:LoadBalancer": [],
  "aws:lb/listener:Listener": ["loadBalancerArn", "defaultActions", "port"],
  "aws:lb/listenerRule:ListenerRule": ["listenerArn", "conditions", "actions", "priority"],
  "aws:lb/targetGroup:TargetGroup": ["targetType"],
  "aws:lb/targetGroupAttachment:TargetGroupAttachment": ["targetGroupArn"],
  "aws:ecs/service:Service": ["loadBalancers", "desiredCount", "schedulingStrategy"],
  "aws:autoscaling/group:Group": ["targetGroupArns", "desiredCapacity", "minSize"],
  "aws:autoscaling/attachment:Attachment": ["lbTargetGroupArn", "autoscalingGroupName"],
  "aws:route53/zone:Zone": [],
  "aws:route53/record:Record": [
    "type",
    "setIdentifier",
    "records",
    "aliases",
    "healthCheckId",
    "weightedRoutingPolicies",
    "failoverRoutingPolicies",
    "geolocationRoutingPolicies",
    "geoproximityRoutingPolicy",
    "latencyRoutingPolicies",
    "cidrRoutingPolicy",
    "multivalueAnswerRoutingPolicy",
  ],
  "aws:route53/healthCheck:HealthCheck": [
    "type",
    "fqdn",
    "ipAddress",
    "port",
    "resourcePath",
    "searchString",
    "enableSni",
    "invertHealthcheck",
    "disabled",
    "childHealthchecks",
    "childHealthThreshold",
    "cloudwatchAlarmName",
  ],
  ...Object.fromEntries(ADDRESSED.map((type) => [type, []])),
};

/** Whether requests can meet resources of the type. */
export function carriesTraffic(type: string): boolean {
  return type in READ;
}

/** Whether a change can move a request: all do that make or delete, and updates of what decides where it goes. */
export function movesTraffic(change: PlannedChange): boolean {
  const read = READ["after" in change ? change.after.type : change.before.type];
  if (!read) return false;
  if (change.kind !== "update") return true;
  const { before, after } = change;
  if (read.some((key) => !sameValue(before.inputs[key], after.inputs[key]))) return true;
  return changedEntities(change).some(({ steps }) => steps.length > 1);
}
