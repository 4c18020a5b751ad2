/** A CloudFormation type as the provider names it. */
export interface Naming {
  /** Without `AWS::`; none where CloudFormation has no such resource, only a property of another. */
  cloudFormation?: string;
  /**
   * CloudFormation's properties that have another name here, or several, or none. Those that differ in the first letter or in
   * acronyms only (`VpcId`, `DBName`) are found without.
   */
  named?: Record<string, string | readonly string[]>;
}

/** The provider has no such property. */
const NONE: readonly string[] = [];

/** The types that a serving graph holds and what it stands on. */
export const TYPES: Record<string, Naming> = {
  "aws:acm/certificate:Certificate": {
    cloudFormation: "CertificateManager::Certificate",
    named: { CertificateExport: "options.export", DomainValidationOptions: "validationOptions" },
  },
  "aws:acm/certificateValidation:CertificateValidation": {},
  "aws:apigatewayv2/api:Api": { cloudFormation: "ApiGatewayV2::Api" },
  "aws:apigatewayv2/apiMapping:ApiMapping": { cloudFormation: "ApiGatewayV2::ApiMapping" },
  "aws:apigatewayv2/domainName:DomainName": { cloudFormation: "ApiGatewayV2::DomainName" },
  "aws:apigatewayv2/integration:Integration": { cloudFormation: "ApiGatewayV2::Integration" },
  "aws:apigatewayv2/route:Route": { cloudFormation: "ApiGatewayV2::Route" },
  "aws:apigatewayv2/stage:Stage": { cloudFormation: "ApiGatewayV2::Stage", named: { StageName: "name" } },
  "aws:apigatewayv2/vpcLink:VpcLink": { cloudFormation: "ApiGatewayV2::VpcLink" },
  "aws:appautoscaling/policy:Policy": {
    cloudFormation: "ApplicationAutoScaling::ScalingPolicy",
    named: { PolicyName: "name", ScalingTargetId: NONE },
  },
  "aws:appautoscaling/target:Target": { cloudFormation: "ApplicationAutoScaling::ScalableTarget" },
  "aws:autoscaling/attachment:Attachment": {},
  "aws:autoscaling/group:Group": {
    cloudFormation: "AutoScaling::AutoScalingGroup",
    named: { AutoScalingGroupName: "name", InstanceId: NONE },
  },
  "aws:autoscaling/policy:Policy": { cloudFormation: "AutoScaling::ScalingPolicy" },
  "aws:cloudfront/distribution:Distribution": { cloudFormation: "CloudFront::Distribution" },
  "aws:cloudwatch/logGroup:LogGroup": { cloudFormation: "Logs::LogGroup", named: { LogGroupName: "name" } },
  "aws:dynamodb/table:Table": {
    cloudFormation: "DynamoDB::Table",
    named: { ImportSourceSpecification: "importTable", KeySchema: ["hashKey", "rangeKey"], TableName: "name" },
  },
  "aws:ec2/eip:Eip": { cloudFormation: "EC2::EIP", named: { TransferAddress: NONE } },
  "aws:ec2/instance:Instance": {
    cloudFormation: "EC2::Instance",
    named: {
      AdditionalInfo: NONE,
      Affinity: NONE,
      BlockDeviceMappings: "ebsBlockDevices",
      ElasticGpuSpecifications: NONE,
      ElasticInferenceAccelerators: NONE,
      HibernationOptions: "hibernation",
      ImageId: "ami",
      KernelId: NONE,
      LicenseSpecifications: NONE,
      PlacementGroupName: "placementGroup",
      PrivateIpAddress: "privateIp",
      RamdiskId: NONE,
      SecurityGroupIds: "vpcSecurityGroupIds",
    },
  },
  "aws:ec2/internetGateway:InternetGateway": { cloudFormation: "EC2::InternetGateway" },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    cloudFormation: "EC2::LaunchTemplate",
    named: { LaunchTemplateName: "name" },
  },
  "aws:ec2/natGateway:NatGateway": { cloudFormation: "EC2::NatGateway", named: { PrivateIpAddress: "privateIp" } },
  "aws:ec2/route:Route": { cloudFormation: "EC2::Route" },
  "aws:ec2/routeTable:RouteTable": { cloudFormation: "EC2::RouteTable" },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": { cloudFormation: "EC2::SubnetRouteTableAssociation" },
  "aws:ec2/securityGroup:SecurityGroup": {
    cloudFormation: "EC2::SecurityGroup",
    named: { GroupDescription: "description", GroupName: "name" },
  },
  "aws:ec2/securityGroupRule:SecurityGroupRule": {
    // It makes egress rules as well; CloudFormation replaces those on the same properties.
    cloudFormation: "EC2::SecurityGroupIngress",
    named: {
      CidrIp: "cidrBlocks",
      CidrIpv6: "ipv6CidrBlocks",
      GroupId: "securityGroupId",
      GroupName: NONE,
      IpProtocol: "protocol",
      SourcePrefixListId: "prefixListIds",
      SourceSecurityGroupName: NONE,
      SourceSecurityGroupOwnerId: NONE,
    },
  },
  "aws:ec2/subnet:Subnet": { cloudFormation: "EC2::Subnet" },
  "aws:ec2/vpc:Vpc": { cloudFormation: "EC2::VPC", named: { VpcEncryptionControl: NONE } },
  "aws:ecr/repository:Repository": {
    cloudFormation: "ECR::Repository",
    named: { EncryptionConfiguration: "encryptionConfigurations", RepositoryName: "name" },
  },
  "aws:ecs/capacityProvider:CapacityProvider": {
    cloudFormation: "ECS::CapacityProvider",
    named: { ClusterName: "cluster", "ManagedInstancesProvider.InstanceLaunchTemplate.FipsEnabled": NONE },
  },
  "aws:ecs/cluster:Cluster": { cloudFormation: "ECS::Cluster", named: { ClusterName: "name" } },
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": {
    cloudFormation: "ECS::ClusterCapacityProviderAssociations",
    named: { Cluster: "clusterName" },
  },
  "aws:ecs/service:Service": {
    cloudFormation: "ECS::Service",
    named: { Role: "iamRole", ServiceName: "name" },
  },
  "aws:ecs/taskDefinition:TaskDefinition": {
    cloudFormation: "ECS::TaskDefinition",
    named: { InferenceAccelerators: NONE },
  },
  "aws:efs/accessPoint:AccessPoint": {
    cloudFormation: "EFS::AccessPoint",
    named: {
      ClientToken: NONE,
      // The specification names them without the property that they are in.
      "CreationInfo.OwnerGid": "rootDirectory",
      "CreationInfo.OwnerUid": "rootDirectory",
      "CreationInfo.Permissions": "rootDirectory",
    },
  },
  "aws:efs/fileSystem:FileSystem": { cloudFormation: "EFS::FileSystem" },
  "aws:efs/mountTarget:MountTarget": { cloudFormation: "EFS::MountTarget" },
  "aws:eks/cluster:Cluster": {
    cloudFormation: "EKS::Cluster",
    named: {
      "ResourcesVpcConfig.SecurityGroupIds": "vpcConfig.securityGroupIds",
      "ResourcesVpcConfig.SubnetIds": "vpcConfig.subnetIds",
    },
  },
  "aws:eks/fargateProfile:FargateProfile": {
    cloudFormation: "EKS::FargateProfile",
    named: { Subnets: "subnetIds" },
  },
  "aws:eks/nodeGroup:NodeGroup": {
    cloudFormation: "EKS::Nodegroup",
    named: { NodeRole: "nodeRoleArn", Subnets: "subnetIds" },
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": {
    cloudFormation: "ElastiCache::ReplicationGroup",
    named: { CacheSubnetGroupName: "subnetGroupName", NodeGroupConfiguration: "nodeGroupConfigurations" },
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    cloudFormation: "IAM::InstanceProfile",
    named: { InstanceProfileName: "name" },
  },
  "aws:iam/policy:Policy": { cloudFormation: "IAM::ManagedPolicy", named: { ManagedPolicyName: "name" } },
  "aws:iam/role:Role": { cloudFormation: "IAM::Role", named: { RoleName: "name" } },
  "aws:iam/rolePolicy:RolePolicy": {
    cloudFormation: "IAM::RolePolicy",
    named: { PolicyName: "name", RoleName: "role" },
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {},
  "aws:lambda/alias:Alias": { cloudFormation: "Lambda::Alias" },
  "aws:lambda/function:Function": { cloudFormation: "Lambda::Function", named: { FunctionName: "name" } },
  "aws:lambda/functionUrl:FunctionUrl": {
    cloudFormation: "Lambda::Url",
    named: { TargetFunctionArn: "functionName" },
  },
  "aws:lambda/permission:Permission": {
    cloudFormation: "Lambda::Permission",
    named: { FunctionName: "function" },
  },
  "aws:lb/listener:Listener": { cloudFormation: "ElasticLoadBalancingV2::Listener" },
  "aws:lb/listenerCertificate:ListenerCertificate": { cloudFormation: "ElasticLoadBalancingV2::ListenerCertificate" },
  "aws:lb/listenerRule:ListenerRule": { cloudFormation: "ElasticLoadBalancingV2::ListenerRule" },
  "aws:lb/loadBalancer:LoadBalancer": {
    cloudFormation: "ElasticLoadBalancingV2::LoadBalancer",
    named: { Scheme: "internal", Type: "loadBalancerType" },
  },
  "aws:lb/targetGroup:TargetGroup": { cloudFormation: "ElasticLoadBalancingV2::TargetGroup" },
  "aws:lb/targetGroupAttachment:TargetGroupAttachment": {},
  "aws:rds/cluster:Cluster": {
    cloudFormation: "RDS::DBCluster",
    named: {
      DBClusterIdentifier: "clusterIdentifier",
      PubliclyAccessible: NONE,
      RestoreToTime: "restoreToPointInTime",
      RestoreType: "restoreToPointInTime",
      SourceDBClusterIdentifier: "restoreToPointInTime",
      SourceDbClusterResourceId: "restoreToPointInTime",
      UseLatestRestorableTime: "restoreToPointInTime",
    },
  },
  // CloudFormation makes it by `RDS::DBInstance` too, of which most properties mean nothing here.
  "aws:rds/clusterInstance:ClusterInstance": {},
  "aws:rds/instance:Instance": {
    cloudFormation: "RDS::DBInstance",
    named: {
      DBClusterIdentifier: NONE,
      DBClusterSnapshotIdentifier: NONE,
      DBInstanceIdentifier: "identifier",
      DBParameterGroupName: "parameterGroupName",
      DBSnapshotIdentifier: "snapshotIdentifier",
      DBSystemId: NONE,
      MasterUsername: "username",
      PreferredMaintenanceWindow: "maintenanceWindow",
      RestoreTime: "restoreToPointInTime",
      SourceDBClusterIdentifier: NONE,
      SourceDBInstanceAutomatedBackupsArn: "restoreToPointInTime",
      SourceDBInstanceIdentifier: "replicateSourceDb",
      SourceDbiResourceId: "restoreToPointInTime",
      SourceRegion: NONE,
      UseLatestRestorableTime: "restoreToPointInTime",
    },
  },
  "aws:rds/subnetGroup:SubnetGroup": { cloudFormation: "RDS::DBSubnetGroup", named: { DBSubnetGroupName: "name" } },
  "aws:route53/healthCheck:HealthCheck": {
    cloudFormation: "Route53::HealthCheck",
    named: {
      "HealthCheckConfig.MeasureLatency": "measureLatency",
      "HealthCheckConfig.RequestInterval": "requestInterval",
      "HealthCheckConfig.Type": "type",
    },
  },
  "aws:route53/record:Record": {
    cloudFormation: "Route53::RecordSet",
    named: { HostedZoneId: "zoneId", HostedZoneName: NONE },
  },
  "aws:route53/zone:Zone": { cloudFormation: "Route53::HostedZone" },
  "aws:secretsmanager/secret:Secret": { cloudFormation: "SecretsManager::Secret" },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
    cloudFormation: "EC2::SecurityGroupEgress",
    named: {
      CidrIp: "cidrIpv4",
      DestinationPrefixListId: "prefixListId",
      DestinationSecurityGroupId: "referencedSecurityGroupId",
      GroupId: "securityGroupId",
    },
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    cloudFormation: "EC2::SecurityGroupIngress",
    named: {
      CidrIp: "cidrIpv4",
      GroupId: "securityGroupId",
      GroupName: NONE,
      SourcePrefixListId: "prefixListId",
      SourceSecurityGroupId: "referencedSecurityGroupId",
      SourceSecurityGroupName: NONE,
      SourceSecurityGroupOwnerId: NONE,
    },
  },
};
