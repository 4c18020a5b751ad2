import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** Whoever is in a security group may connect to anybody: the registry, a database, neighbours. Without it nobody could (provider). */
export function letOut(
  name: string,
  { id }: aws.ec2.SecurityGroup,
  child: { parent: pulumi.Resource },
): aws.vpc.SecurityGroupEgressRule {
  return new aws.vpc.SecurityGroupEgressRule(
    `${name}-out`,
    { securityGroupId: id, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" },
    child,
  );
}
