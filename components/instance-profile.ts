import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { versionAccess } from "./version-access";
import type { VersionArgs } from "./version-args";

/** A role that instances have, which may read the version's image from ECR and its secrets; gives the profile's ARN. */
export function createInstanceProfile(
  name: string,
  { secrets = {} }: Pick<VersionArgs, "secrets">,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const assumed = { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" };
  const role = new aws.iam.Role(
    name,
    { assumeRolePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [assumed] }) },
    opts,
  );
  const statements = versionAccess(Object.values(secrets));
  const policy = new aws.iam.RolePolicy(
    name,
    { role: role.name, policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements }) },
    opts,
  );
  const profile = new aws.iam.InstanceProfile(name, { role: role.name }, opts);
  // An instance that starts before its role may pull the image fails.
  return pulumi.all([profile.arn, policy.id]).apply(([arn]) => arn);
}
