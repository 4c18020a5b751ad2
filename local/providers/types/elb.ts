import { BALANCERS_ZONE } from "../../dataplane/dns/look-up";
import { AwsError } from "../errors";
import type { Properties, Records } from "../record";
import { ARN, type TypeRow } from "./type-row";

/** The hosted zone of the balancers' names, that an alias names. */
export const BALANCERS_ZONE_ID = "ZLOCALELB";

export const ELB: Record<string, TypeRow> = {
  "aws:lb/loadBalancer:LoadBalancer": {
    replacedBy: ["name", "internal", "loadBalancerType", "region"],
    autoName: 32,
    outputs: ({ name, internal }, unique) => {
      const arn = ARN("elasticloadbalancing", `loadbalancer/app/${name}/${unique}`);
      const dnsName = `${internal === true ? "internal-" : ""}${name}-${Number.parseInt(unique.slice(0, 8), 16)}.${BALANCERS_ZONE}`;
      return { id: arn, arn, arnSuffix: `app/${name}/${unique}`, dnsName, zoneId: BALANCERS_ZONE_ID };
    },
    checkDelete: ({ inputs, id }) => {
      if (inputs.enableDeletionProtection !== true) return;
      throw new AwsError(
        "DeleteLoadBalancer",
        "OperationNotPermitted",
        `Load balancer '${id}' cannot be deleted because deletion protection is enabled`,
      );
    },
  },
  "aws:lb/targetGroup:TargetGroup": {
    replacedBy: ["name", "port", "protocol", "protocolVersion", "targetType", "vpcId", "ipAddressType", "region"],
    autoName: 32,
    outputs: ({ name }, unique) => {
      const arn = ARN("elasticloadbalancing", `targetgroup/${name}/${unique}`);
      return { id: arn, arn, arnSuffix: `targetgroup/${name}/${unique}` };
    },
    check: (inputs, records, id) => {
      const { name } = inputs;
      if (hasTwin("aws:lb/targetGroup:TargetGroup", ["name"], inputs, records, id))
        throw new AwsError(
          "CreateTargetGroup",
          "DuplicateTargetGroupName",
          `A target group with the same name '${name}' exists`,
        );
    },
    checkDelete: ({ id }, records) => {
      if (isAttached(id, records)) {
        throw new AwsError(
          "DeleteTargetGroup",
          "ResourceInUse",
          `Target group '${id}' is currently in use by a listener or a rule`,
        );
      }
    },
  },
  "aws:lb/listener:Listener": {
    replacedBy: ["loadBalancerArn", "region"],
    outputs: ({ loadBalancerArn }, unique) => {
      const arn = `${String(loadBalancerArn).replace(":loadbalancer/", ":listener/")}/${unique}`;
      return { id: arn, arn };
    },
    check: (inputs, records, id) => {
      const { port } = inputs;
      if (hasTwin("aws:lb/listener:Listener", ["loadBalancerArn", "port"], inputs, records, id))
        throw new AwsError(
          "CreateListener",
          "DuplicateListener",
          `A listener already exists on port ${port} for this load balancer`,
        );
    },
  },
  "aws:lb/listenerRule:ListenerRule": {
    replacedBy: ["listenerArn", "region"],
    outputs: ({ listenerArn }, unique) => {
      const arn = `${String(listenerArn).replace(":listener/", ":listener-rule/")}/${unique}`;
      return { id: arn, arn };
    },
    check: (inputs, records, id) => {
      const { priority } = inputs;
      if (hasTwin("aws:lb/listenerRule:ListenerRule", ["listenerArn", "priority"], inputs, records, id))
        throw new AwsError("CreateRule", "PriorityInUse", `Priority '${priority}' is currently in use`);
    },
  },
};

/** Whether another resource of the type has the same of these, of which AWS has only one. */
function hasTwin(type: string, keys: string[], inputs: Properties, records: Records, id: string | undefined): boolean {
  return records.ofType(type).some((r) => r.id !== id && keys.every((key) => r.inputs[key] === inputs[key]));
}

export function isAttached(targetGroupArn: string, records: Records): boolean {
  return ["aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"]
    .flatMap((type) => records.ofType(type))
    .some(({ inputs }) => JSON.stringify([inputs.actions, inputs.defaultActions]).includes(`"${targetGroupArn}"`));
}
