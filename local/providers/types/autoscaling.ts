import { ARN, plain, type TypeRow } from "./type-row";

export const SCALING_GROUP = "aws:autoscaling/group:Group";
export const LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
export const LIFECYCLE_HOOK = "aws:autoscaling/lifecycleHook:LifecycleHook";

/** Instances and what launches them. */
export const AUTO_SCALING: Record<string, TypeRow> = {
  [LAUNCH_TEMPLATE]: {
    replacedBy: ["name", "namePrefix", "region"],
    autoName: 128,
    versioned: "latestVersion",
    outputs: (_, unique) => {
      const id = `lt-${unique}`;
      return { id, arn: ARN("ec2", `launch-template/${id}`), latestVersion: 1, defaultVersion: 1 };
    },
  },
  [SCALING_GROUP]: {
    replacedBy: ["name", "namePrefix", "initialLifecycleHooks", "region"],
    autoName: 255,
    outputs: ({ name }, unique) => ({
      id: String(name),
      arn: ARN("autoscaling", `autoScalingGroup:${unique}:autoScalingGroupName/${name}`),
    }),
  },
  [LIFECYCLE_HOOK]: {
    replacedBy: ["name", "autoscalingGroupName", "region"],
    autoName: 255,
    outputs: plain,
  },
  "aws:autoscaling/policy:Policy": {
    replacedBy: ["name", "region"],
    autoName: 255,
    outputs: (inputs, unique) => ({ ...plain(inputs, unique), arn: ARN("autoscaling", `scalingPolicy:${unique}`) }),
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    replacedBy: ["name", "path"],
    autoName: 128,
    outputs: ({ name }) => ({ id: String(name), arn: `arn:aws:iam::000000000000:instance-profile/${name}` }),
  },
};
