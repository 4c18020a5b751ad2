import type * as pulumi from "@pulumi/pulumi";

interface Statement {
  Effect: "Allow";
  Action: string[];
  Resource: string | pulumi.Input<string>[];
}

/** What a role needs to start a version: the image from ECR, and the version's secrets. */
export function versionAccess(secretArns: pulumi.Input<string>[]): Statement[] {
  const image: Statement = {
    Effect: "Allow",
    Action: [
      "ecr:GetAuthorizationToken",
      "ecr:BatchCheckLayerAvailability",
      "ecr:GetDownloadUrlForLayer",
      "ecr:BatchGetImage",
    ],
    Resource: "*",
  };
  if (secretArns.length === 0) return [image];
  // Tasks read parameters by the plural call, the start script of an instance by the singular one.
  const actions = ["secretsmanager:GetSecretValue", "ssm:GetParameters", "ssm:GetParameter"];
  return [image, { Effect: "Allow", Action: actions, Resource: secretArns }];
}
