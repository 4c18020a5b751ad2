export interface Correction {
  properties: readonly string[];
  /**
   * `sometimes`: by the old and the new value together. Such a property is not in the data: the type has an ARN, by which a
   * preview tells.
   */
  replaces: "yes" | "no" | "sometimes";
  /**
   * Why: a file of terraform-provider-aws (`internal/service`, v5.31 at upbound/terraform-provider-aws@ba227957), or
   * `@pulumi/aws`, whose own documentation of the property says so.
   */
  source: string;
}

/** The two directions are one type in the provider, by another name. */
const SECURITY_GROUP_RULE: readonly Correction[] = [
  {
    properties: ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"],
    replaces: "sometimes",
    source: "ec2/vpc_security_group_ingress_rule.go: when one kind of source takes the place of another",
  },
  {
    properties: ["fromPort", "ipProtocol", "toPort"],
    replaces: "no",
    source: "ec2/vpc_security_group_ingress_rule.go: ModifySecurityGroupRules",
  },
];

/** Where CloudFormation and the provider differ, where it says "may", and what only the provider has. */
export const CORRECTIONS: Record<string, readonly Correction[]> = {
  "aws:acm/certificateValidation:CertificateValidation": [
    {
      properties: ["certificateArn", "validationRecordFqdns"],
      replaces: "yes",
      source: "acm/certificate_validation.go",
    },
  ],
  "aws:apigatewayv2/api:Api": [
    { properties: ["credentialsArn", "routeKey", "target"], replaces: "yes", source: "apigatewayv2/api.go" },
  ],
  "aws:apigatewayv2/apiMapping:ApiMapping": [
    { properties: ["apiId"], replaces: "yes", source: "apigatewayv2/api_mapping.go" },
  ],
  "aws:apigatewayv2/integration:Integration": [
    {
      properties: ["integrationSubtype", "integrationType"],
      replaces: "yes",
      source: "apigatewayv2/integration.go",
    },
  ],
  "aws:autoscaling/attachment:Attachment": [
    {
      properties: ["autoscalingGroupName", "elb", "lbTargetGroupArn"],
      replaces: "yes",
      source: "autoscaling/attachment.go",
    },
  ],
  "aws:autoscaling/group:Group": [
    { properties: ["initialLifecycleHooks"], replaces: "yes", source: "autoscaling/group.go" },
  ],
  "aws:autoscaling/policy:Policy": [{ properties: ["name"], replaces: "yes", source: "autoscaling/policy.go" }],
  "aws:cloudfront/distribution:Distribution": [
    { properties: ["staging"], replaces: "yes", source: "cloudfront/distribution.go" },
  ],
  "aws:cloudwatch/logGroup:LogGroup": [{ properties: ["logGroupClass"], replaces: "yes", source: "logs/group.go" }],
  "aws:dynamodb/table:Table": [
    { properties: ["localSecondaryIndexes"], replaces: "yes", source: "@pulumi/aws; dynamodb/table.go" },
    { properties: ["restoreDateTime", "restoreToLatestTime"], replaces: "yes", source: "dynamodb/table.go" },
    { properties: ["restoreSourceName"], replaces: "sometimes", source: "dynamodb/table.go: not when it is removed" },
  ],
  "aws:ec2/eip:Eip": [{ properties: ["publicIpv4Pool"], replaces: "yes", source: "ec2/ec2_eip.go" }],
  "aws:ec2/instance:Instance": [
    {
      properties: [
        "associatePublicIpAddress",
        "ebsBlockDevices",
        "ebsOptimized",
        "ephemeralBlockDevices",
        "hostId",
        "instanceMarketOptions",
        "placementPartitionNumber",
        "privateDnsNameOptions",
        "rootBlockDevice.encrypted",
        "rootBlockDevice.kmsKeyId",
        "tenancy",
      ],
      replaces: "yes",
      source: "ec2/ec2_instance.go",
    },
    { properties: ["instanceType", "vpcSecurityGroupIds"], replaces: "no", source: "ec2/ec2_instance.go" },
    { properties: ["launchTemplate"], replaces: "no", source: "ec2/ec2_instance.go: by id and name, not as a whole" },
    { properties: ["launchTemplate.id", "launchTemplate.name"], replaces: "yes", source: "ec2/ec2_instance.go" },
    {
      properties: ["userData", "userDataBase64", "userDataReplaceOnChange"],
      replaces: "sometimes",
      source: "@pulumi/aws: where userDataReplaceOnChange is set",
    },
    { properties: ["enablePrimaryIpv6"], replaces: "sometimes", source: "@pulumi/aws: when it is disabled" },
  ],
  "aws:ec2/natGateway:NatGateway": [
    { properties: ["secondaryPrivateIpAddressCount"], replaces: "yes", source: "ec2/vpc_nat_gateway.go" },
  ],
  "aws:ec2/routeTableAssociation:RouteTableAssociation": [
    { properties: ["gatewayId"], replaces: "yes", source: "ec2/vpc_route_table_association.go" },
    {
      properties: ["routeTableId"],
      replaces: "no",
      source: "ec2/vpc_route_table_association.go: ReplaceRouteTableAssociation",
    },
  ],
  "aws:ec2/securityGroupRule:SecurityGroupRule": [
    { properties: ["self", "type"], replaces: "yes", source: "ec2/vpc_security_group_rule.go" },
  ],
  "aws:ec2/subnet:Subnet": [
    {
      properties: ["ipv6CidrBlock"],
      replaces: "sometimes",
      source: "@pulumi/aws: where assignIpv6AddressOnCreation was true",
    },
  ],
  "aws:ec2/vpc:Vpc": [
    { properties: ["instanceTenancy"], replaces: "sometimes", source: "ec2/vpc_.go: but from dedicated to default" },
  ],
  "aws:ecs/service:Service": [
    {
      properties: ["capacityProviderStrategies"],
      replaces: "sometimes",
      source: "ecs/service.go: unless forceNewDeployment is set and neither side is empty",
    },
    { properties: ["forceNewDeployment"], replaces: "no", source: "@pulumi/aws: new tasks, not a new service" },
  ],
  "aws:efs/fileSystem:FileSystem": [{ properties: ["creationToken"], replaces: "yes", source: "efs/file_system.go" }],
  "aws:eks/cluster:Cluster": [
    { properties: ["encryptionConfig"], replaces: "sometimes", source: "eks/cluster.go: when it is removed" },
    { properties: ["kubernetesNetworkConfig"], replaces: "no", source: "eks/cluster.go: by two of its properties" },
    {
      properties: ["kubernetesNetworkConfig.ipFamily", "kubernetesNetworkConfig.serviceIpv4Cidr"],
      replaces: "yes",
      source: "eks/cluster.go",
    },
    {
      properties: ["vpcConfig.securityGroupIds", "vpcConfig.subnetIds"],
      replaces: "no",
      source: "eks/cluster.go; its CHANGELOG, terraform-provider-aws#32409: in place",
    },
  ],
  "aws:eks/nodeGroup:NodeGroup": [
    { properties: ["launchTemplate.id", "launchTemplate.name"], replaces: "yes", source: "eks/node_group.go" },
  ],
  "aws:elasticache/replicationGroup:ReplicationGroup": [
    { properties: ["authToken", "numNodeGroups"], replaces: "no", source: "elasticache/replication_group.go" },
    {
      properties: ["engine"],
      replaces: "sometimes",
      source: "elasticache/replication_group.go; later versions take redis to valkey in place",
    },
    {
      properties: ["nodeGroupConfigurations"],
      replaces: "sometimes",
      source: "newer than v5.31; CloudFormation: conditional",
    },
    {
      properties: ["preferredCacheClusterAzs", "replicasPerNodeGroup"],
      replaces: "no",
      source: "elasticache/replication_group.go",
    },
    { properties: ["securityGroupNames"], replaces: "yes", source: "elasticache/replication_group.go" },
    {
      properties: ["transitEncryptionEnabled"],
      replaces: "sometimes",
      source: "@pulumi/aws: below engine version 7.0.5",
    },
  ],
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": [
    { properties: ["policyArn", "role"], replaces: "yes", source: "iam/role_policy_attachment.go" },
  ],
  "aws:lambda/permission:Permission": [
    { properties: ["qualifier", "statementId"], replaces: "yes", source: "lambda/permission.go" },
  ],
  "aws:lb/listenerCertificate:ListenerCertificate": [
    { properties: ["certificateArn"], replaces: "yes", source: "elbv2/listener_certificate.go" },
  ],
  "aws:lb/loadBalancer:LoadBalancer": [
    { properties: ["customerOwnedIpv4Pool"], replaces: "yes", source: "elbv2/load_balancer.go" },
    {
      properties: ["securityGroups", "subnetMappings", "subnets"],
      replaces: "sometimes",
      source:
        "elbv2/load_balancer.go: Network Load Balancers, when a subnet goes or the first group comes or the last goes; " +
        "others, when a mapping of a subnet changes",
    },
    { properties: ["secondaryIpsAutoAssignedPerSubnet"], replaces: "sometimes", source: "@pulumi/aws: when decreased" },
  ],
  "aws:lb/targetGroupAttachment:TargetGroupAttachment": [
    {
      properties: ["availabilityZone", "port", "targetGroupArn", "targetId"],
      replaces: "yes",
      source: "elbv2/target_group_attachment.go",
    },
    { properties: ["quicServerId"], replaces: "yes", source: "@pulumi/aws" },
  ],
  "aws:rds/cluster:Cluster": [
    { properties: ["engine", "masterUsername", "s3Import"], replaces: "yes", source: "rds/cluster.go" },
    { properties: ["globalClusterIdentifier"], replaces: "no", source: "rds/cluster.go" },
    { properties: ["storageType"], replaces: "sometimes", source: "rds/cluster.go: where the engine is not Aurora" },
  ],
  "aws:rds/clusterInstance:ClusterInstance": [
    {
      properties: [
        "availabilityZone",
        "clusterIdentifier",
        "customIamInstanceProfile",
        "dbSubnetGroupName",
        "engine",
        "identifier",
      ],
      replaces: "yes",
      source: "rds/cluster_instance.go",
    },
  ],
  "aws:rds/instance:Instance": [
    {
      properties: ["availabilityZone", "engine", "restoreToPointInTime", "s3Import", "snapshotIdentifier"],
      replaces: "yes",
      source: "rds/instance.go",
    },
    {
      properties: [
        "autoMinorVersionUpgrade",
        "backupRetentionPeriod",
        "dbSubnetGroupName",
        "identifier",
        "maintenanceWindow",
        "multiAz",
        "parameterGroupName",
        "performanceInsightsKmsKeyId",
        "port",
        "replicateSourceDb",
        "storageType",
      ],
      replaces: "no",
      source: "rds/instance.go: ModifyDBInstance, PromoteReadReplica",
    },
  ],
  "aws:route53/healthCheck:HealthCheck": [
    { properties: ["referenceName", "routingControlArn"], replaces: "yes", source: "route53/health_check.go" },
  ],
  "aws:route53/zone:Zone": [{ properties: ["delegationSetId"], replaces: "yes", source: "route53/zone.go" }],
  "aws:secretsmanager/secret:Secret": [{ properties: ["type"], replaces: "yes", source: "@pulumi/aws" }],
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": SECURITY_GROUP_RULE,
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": SECURITY_GROUP_RULE,
};
