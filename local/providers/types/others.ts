import { AwsError } from "../errors";
import { ARN, plain, type TypeRow } from "./type-row";

/** What stands around the traffic: the network, logs, roles, scaling. */
export const OTHERS: Record<string, TypeRow> = {
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
