import { BALANCERS_ZONE } from "../dataplane/dns/look-up";
import { AwsError } from "./aws-error";
import type { LocalRecord, Properties, Records } from "./record";

/** What the local cloud knows of a type. */
export interface TypeRow {
  /** The properties whose change replaces the resource. */
  replacedBy?: string[];
  /** How long an auto-name may be: `name` is made from the resource's name and seven characters. */
  autoName?: number;
  /** What AWS adds to the inputs, the id among it. */
  outputs(inputs: Properties, unique: string): Properties & { id: string };
  /** Throws what AWS would answer to a create or an update. */
  check?(inputs: Properties, records: Records, id?: string): void;
  /** Throws what AWS would answer to a delete. */
  checkDelete?(record: LocalRecord, records: Records): void;
}

/** The hosted zone of the balancers' names, that an alias names. */
export const BALANCERS_ZONE_ID = "ZLOCALELB";

const ARN = (service: string, resource: string) => `arn:aws:${service}:eu-local-1:000000000000:${resource}`;

const plain = (inputs: Properties, unique: string) => {
  const id = String(inputs.name ?? unique);
  return { id };
};

/** One row a type, for the types that our stacks use. Any other type is a plain record. */
export const TYPES: Record<string, TypeRow> = {
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
    check: ({ name }, records, id) => {
      const twin = records.ofType("aws:lb/targetGroup:TargetGroup").find((r) => r.id !== id && r.inputs.name === name);
      if (twin)
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
    check: ({ loadBalancerArn, port }, records, id) => {
      const twin = records
        .ofType("aws:lb/listener:Listener")
        .find((r) => r.id !== id && r.inputs.loadBalancerArn === loadBalancerArn && r.inputs.port === port);
      if (twin)
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
    check: ({ listenerArn, priority }, records, id) => {
      const twin = records
        .ofType("aws:lb/listenerRule:ListenerRule")
        .find((r) => r.id !== id && r.inputs.listenerArn === listenerArn && r.inputs.priority === priority);
      if (twin) throw new AwsError("CreateRule", "PriorityInUse", `Priority '${priority}' is currently in use`);
    },
  },
  "aws:ecs/cluster:Cluster": {
    replacedBy: ["name", "region"],
    autoName: 255,
    outputs: ({ name }) => ({ id: ARN("ecs", `cluster/${name}`), arn: ARN("ecs", `cluster/${name}`) }),
  },
  "aws:ecs/taskDefinition:TaskDefinition": {
    replacedBy: [
      "containerDefinitions",
      "family",
      "cpu",
      "memory",
      "executionRoleArn",
      "taskRoleArn",
      "networkMode",
      "requiresCompatibilities",
    ],
    outputs: ({ family }, unique) => {
      const arn = ARN("ecs", `task-definition/${family}:${unique}`);
      return { id: arn, arn, arnWithoutRevision: ARN("ecs", `task-definition/${family}`), revision: unique };
    },
  },
  "aws:ecs/service:Service": {
    replacedBy: ["name", "cluster", "launchType", "schedulingStrategy", "region"],
    autoName: 255,
    outputs: ({ cluster, name }) => {
      const arn = ARN("ecs", `service/${String(cluster).split("/").at(-1)}/${name}`);
      return { id: arn, arn };
    },
    check: ({ loadBalancers }, records) => {
      for (const { targetGroupArn } of (loadBalancers ?? []) as { targetGroupArn: string }[]) {
        if (isAttached(targetGroupArn, records)) continue;
        const reason = `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`;
        throw new AwsError("CreateService", "InvalidParameterException", reason);
      }
    },
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    replacedBy: ["name", "description", "vpcId", "region"],
    autoName: 255,
    outputs: (_, unique) => ({ id: `sg-${unique}`, arn: ARN("ec2", `security-group/sg-${unique}`) }),
    checkDelete: ({ id }, records) => {
      const users = ["aws:lb/loadBalancer:LoadBalancer", "aws:ecs/service:Service"].flatMap((type) =>
        records.ofType(type),
      );
      if (users.some(({ inputs }) => JSON.stringify(inputs).includes(`"${id}"`))) {
        throw new AwsError("DeleteSecurityGroup", "DependencyViolation", `resource ${id} has a dependent object`);
      }
    },
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    replacedBy: ["securityGroupId", "region"],
    outputs: (_, unique) => ({ id: `sgr-${unique}`, arn: ARN("ec2", `security-group-rule/sgr-${unique}`) }),
  },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
    replacedBy: ["securityGroupId", "region"],
    outputs: (_, unique) => ({ id: `sgr-${unique}`, arn: ARN("ec2", `security-group-rule/sgr-${unique}`) }),
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    replacedBy: ["name", "region"],
    autoName: 512,
    outputs: ({ name }) => ({ id: String(name), arn: ARN("logs", `log-group:${name}`) }),
  },
  "aws:iam/role:Role": {
    replacedBy: ["name"],
    autoName: 64,
    outputs: ({ name }) => ({ id: String(name), arn: `arn:aws:iam::000000000000:role/${name}` }),
  },
  "aws:iam/rolePolicy:RolePolicy": {
    replacedBy: ["name", "role"],
    autoName: 128,
    outputs: ({ role, name }) => ({ id: `${role}:${name}` }),
  },
  "aws:appautoscaling/target:Target": {
    replacedBy: ["resourceId", "scalableDimension", "serviceNamespace", "region"],
    outputs: ({ resourceId }, unique) => ({
      id: String(resourceId),
      arn: ARN("application-autoscaling", `scalable-target/${unique}`),
    }),
  },
  "aws:appautoscaling/policy:Policy": {
    replacedBy: ["name", "resourceId", "scalableDimension", "serviceNamespace", "region"],
    autoName: 256,
    outputs: (inputs, unique) => ({ ...plain(inputs, unique), arn: ARN("autoscaling", `scalingPolicy/${unique}`) }),
  },
};

/** A type without a row: it is kept, and nothing more. */
export const PLAIN_RECORD: TypeRow = {
  outputs: (inputs, unique) => ({ ...plain(inputs, unique), arn: ARN("record", unique) }),
};

function isAttached(targetGroupArn: string, records: Records): boolean {
  return ["aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"]
    .flatMap((type) => records.ofType(type))
    .some(({ inputs }) => JSON.stringify([inputs.actions, inputs.defaultActions]).includes(`"${targetGroupArn}"`));
}
