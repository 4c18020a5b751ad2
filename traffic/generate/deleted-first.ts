/**
 * The auto-named properties that are not called `name`. Any optional `name` is one: pulumi-aws names every input of that name
 * (provider/autonaming.go, `setAutonaming`) but a DNS record's, which its declarations therefore require. These come from
 * `AutoName` and `AutoNamed` in provider/resource_overrides.go at pulumi-aws@015d3438.
 */
export const AUTO_NAMED: Record<string, string> = {
  "aws:efs/fileSystem:FileSystem": "creationToken",
  "aws:eks/fargateProfile:FargateProfile": "fargateProfileName",
  "aws:eks/nodeGroup:NodeGroup": "nodeGroupName",
  "aws:elasticache/replicationGroup:ReplicationGroup": "replicationGroupId",
  "aws:lambda/permission:Permission": "statementId",
  "aws:rds/instance:Instance": "identifier",
};

/** The types with `DeleteBeforeReplace: true` in the same file: the provider never makes the new one first. */
export const ALWAYS_DELETED_FIRST: readonly string[] = [
  "aws:ec2/securityGroupRule:SecurityGroupRule",
  "aws:efs/mountTarget:MountTarget",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
];
