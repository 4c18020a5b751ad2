import { AwsError } from "../errors";
import { isAttached } from "./elb";
import { ARN, type TypeRow } from "./type-row";

export const ECS: Record<string, TypeRow> = {
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
};
