/** What makes the provider replace a resource of a type instead of updating it. */
export interface Replacement {
  /** The properties whose change replaces the resource. */
  properties: readonly string[];
  /**
   * The property that is auto-named. Where the program sets it, the provider deletes the old resource before it makes the new
   * one, for two cannot have one name (pulumi-terraform-bridge, `nameRequiresDeleteBeforeReplace`).
   */
  autoNamed?: string;
}

/**
 * From the Terraform AWS provider's schema (`ForceNew`), which agrees with CloudFormation's "Update requires: Replacement" on
 * every row. A type that is not here is judged by its `arn` alone: known before and unknown now means replaced.
 */
const REPLACED_BY: Record<string, Replacement> = {
  "aws:lb/loadBalancer:LoadBalancer": {
    properties: ["name", "namePrefix", "internal", "loadBalancerType", "customerOwnedIpv4Pool", "region"],
    autoNamed: "name",
  },
  "aws:lb/targetGroup:TargetGroup": {
    properties: [
      "name",
      "namePrefix",
      "port",
      "protocol",
      "protocolVersion",
      "targetType",
      "vpcId",
      "ipAddressType",
      "region",
    ],
    autoNamed: "name",
  },
  "aws:lb/listener:Listener": { properties: ["loadBalancerArn", "region"] },
  "aws:lb/listenerRule:ListenerRule": { properties: ["listenerArn", "region"] },
  "aws:lb/targetGroupAttachment:TargetGroupAttachment": {
    properties: ["targetGroupArn", "targetId", "port", "availabilityZone", "region"],
  },
  "aws:ecs/service:Service": {
    properties: ["name", "cluster", "launchType", "iamRole", "schedulingStrategy", "deploymentController", "region"],
    autoNamed: "name",
  },
  "aws:ecs/cluster:Cluster": { properties: ["name", "region"], autoNamed: "name" },
  "aws:autoscaling/group:Group": {
    properties: ["name", "namePrefix", "initialLifecycleHooks", "region"],
    autoNamed: "name",
  },
  "aws:autoscaling/attachment:Attachment": {
    properties: ["autoscalingGroupName", "elb", "lbTargetGroupArn", "region"],
  },
  "aws:route53/record:Record": { properties: ["name", "zoneId"] },
  "aws:route53/zone:Zone": { properties: ["name", "delegationSetId"], autoNamed: "name" },
};

export function replacedBy(type: string): Replacement | undefined {
  return REPLACED_BY[type];
}
