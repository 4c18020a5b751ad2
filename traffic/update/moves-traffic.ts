import type { PlannedChange } from "../changes/planned-change";
import { sameValue } from "../changes/same-value";
import { ADDRESSED } from "../dns/targets";
import { kubernetesKind } from "../kubernetes/objects";
import { changedEntities } from "./entity";

/** What the entry points read of each type that they know. */
const READ: Record<string, readonly string[]> = {
  "aws:lb/loadBalancer:LoadBalancer": [],
  "aws:lb/listener:Listener": ["loadBalancerArn", "defaultActions", "port"],
  "aws:lb/listenerRule:ListenerRule": ["listenerArn", "conditions", "actions", "priority"],
  "aws:lb/targetGroup:TargetGroup": ["targetType"],
  "aws:lb/targetGroupAttachment:TargetGroupAttachment": ["targetGroupArn"],
  "aws:ecs/service:Service": ["loadBalancers", "desiredCount", "schedulingStrategy"],
  "aws:autoscaling/group:Group": ["targetGroupArns", "desiredCapacity", "minSize", "maxSize"],
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
  "aws:lambda/function:Function": [],
  "aws:lambda/alias:Alias": ["functionName"],
  "aws:lambda/functionUrl:FunctionUrl": ["functionName", "qualifier"],
  ...Object.fromEntries(ADDRESSED.map((type) => [type, []])),
};

const ANSWERING: ReadonlySet<string> = new Set([
  "aws:lb/targetGroup:TargetGroup",
  "aws:lb/targetGroupAttachment:TargetGroupAttachment",
  "aws:ecs/service:Service",
  "aws:autoscaling/group:Group",
  "aws:autoscaling/attachment:Attachment",
]);

/** What is obeyed for a while after it is gone: by nodes that have not heard of that, from caches of names. */
const LINGERING: ReadonlySet<string> = new Set(["aws:lb/listenerRule:ListenerRule", "aws:route53/record:Record"]);

/** Whether requests can meet resources of the type. */
export function carriesTraffic(type: string): boolean {
  return read(type) !== undefined;
}

/** Whether resources of the type answer requests, or have to do with who does; others lead them on. */
export function answersRequests(type: string): boolean {
  return ANSWERING.has(type);
}

/** Whether resources of the type lead requests on for a while after they are gone. */
export function lingers(type: string): boolean {
  return LINGERING.has(type);
}

/**
 * Whether resources of the type lead requests on as they did for a while after they are changed: until the last node of a balancer
 * has adopted it, and the last cache has forgotten the name. A listener that is gone takes no connection.
 */
export function isAdoptedLate(type: string): boolean {
  return LINGERING.has(type) || type === "aws:lb/listener:Listener";
}

/** Whether a change can move a request: all do that make or delete, and updates of what decides where it goes. */
export function movesTraffic(change: PlannedChange): boolean {
  const properties = read("after" in change ? change.after.type : change.before.type);
  if (!properties) return false;
  if (change.kind !== "update") return true;
  const { before, after } = change;
  if (properties.some((key) => !sameValue(before.inputs[key], after.inputs[key]))) return true;
  return changedEntities(change).some(({ steps }) => steps.length > 1);
}

/** Of an object of Kubernetes its metadata has the annotation that says whether it is waited for, and `spec` all the rest. */
function read(type: string): readonly string[] | undefined {
  return kubernetesKind(type) ? ["metadata", "spec"] : READ[type];
}
