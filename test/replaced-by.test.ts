import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TYPES as LOCAL_TYPES } from "../local/providers/aws-types";
import { replacedBy } from "../traffic/changes/replaced-by";
import { REPLACEMENT_TABLE } from "../traffic/changes/replacement-table";
import { readSpecification, type Specification } from "../traffic/generate/cloudformation";
import { CORRECTIONS } from "../traffic/generate/corrections";
import { TYPES } from "../traffic/generate/names";
import { hasInput, providerType } from "../traffic/generate/provider-types";
import { replacementTable, tableFile } from "../traffic/generate/replacement-table";
import { ROOT } from "./local-world";

const COMMITTED = readFileSync(join(ROOT, "traffic/changes/replacement-table.ts"), "utf8");
const specification = readSpecification();
const TARGET_GROUP = "aws:lb/targetGroup:TargetGroup";

/** The specification with one verdict changed, as a new version of it would be. */
function changed(type: string, property: string, verdict: "yes" | "maybe" | "no"): Specification {
  return (asked) => {
    const verdicts = new Map(specification(asked));
    if (asked !== type) return verdicts;
    if (verdict === "no") verdicts.delete(property);
    else verdicts.set(property, verdict);
    return verdicts;
  };
}

describe("the committed table", () => {
  test("is what the generator writes", () => {
    expect(COMMITTED, "stale: run npm run generate:replaced-by").toBe(tableFile(replacementTable({ specification })));
  });

  test("would be stale after a change of CloudFormation's", () => {
    const next = changed("ElasticLoadBalancingV2::TargetGroup", "Port", "no");
    expect(tableFile(replacementTable({ specification: next }))).not.toBe(COMMITTED);
  });

  test.each([
    "RestoreToTime",
    "RestoreType",
    "SourceDBClusterIdentifier",
    "SourceDbClusterResourceId",
    "UseLatestRestorableTime",
  ])("of several properties that are one here, a perhaps of %s's does not outdo the others", (property) => {
    const next = changed("RDS::DBCluster", property, "maybe");
    expect(tableFile(replacementTable({ specification: next }))).toBe(COMMITTED);
  });

  test.each(Object.keys(REPLACEMENT_TABLE))("%s has the properties that it names", (type) => {
    const { properties = [], autoNamed = [] } = replacedBy(type) ?? {};
    const provider = providerType(type);
    expect(properties.concat(autoNamed).filter((property) => !hasInput(provider, property))).toEqual([]);
    expect([...properties]).toEqual([...new Set(properties)].sort());
  });

  test("a property or a type that the provider has not is found out", () => {
    const nodeGroup = providerType("aws:eks/nodeGroup:NodeGroup");
    const paths = ["launchTemplate.id", "launchTemplate.identity", "launchTemplates", "amiType.id"];
    expect(paths.map((path) => hasInput(nodeGroup, path))).toEqual([true, false, false, false]);
    expect(() => providerType("aws:lb/targetGroup:TargetGroups")).toThrow("is no resource type");
  });
});

/** Read from the provider's source by hand; it holds every row of the hand-written table that was here before. */
test.each<[string, string, string?]>([
  ["aws:autoscaling/attachment:Attachment", "autoscalingGroupName elb lbTargetGroupArn region"],
  ["aws:autoscaling/group:Group", "initialLifecycleHooks name namePrefix region", "name"],
  ["aws:ec2/launchTemplate:LaunchTemplate", "name namePrefix region", "name"],
  ["aws:ec2/securityGroup:SecurityGroup", "description name namePrefix region vpcId", "name"],
  ["aws:ecs/capacityProvider:CapacityProvider", "autoScalingGroupProvider.autoScalingGroupArn name region", "name"],
  ["aws:ecs/cluster:Cluster", "name region", "name"],
  ["aws:ecs/service:Service", "cluster deploymentController iamRole launchType name region schedulingStrategy", "name"],
  ["aws:ecs/taskDefinition:TaskDefinition", "containerDefinitions cpu executionRoleArn family memory taskRoleArn"],
  ["aws:eks/nodeGroup:NodeGroup", "amiType clusterName launchTemplate.id nodeRoleArn subnetIds", "nodeGroupName"],
  ["aws:lambda/alias:Alias", "functionName name region", "name"],
  ["aws:lambda/function:Function", "name packageType region", "name"],
  ["aws:lb/listener:Listener", "loadBalancerArn region"],
  ["aws:lb/listenerRule:ListenerRule", "listenerArn region"],
  [
    "aws:lb/loadBalancer:LoadBalancer",
    "customerOwnedIpv4Pool internal loadBalancerType name namePrefix region",
    "name",
  ],
  [TARGET_GROUP, "ipAddressType name namePrefix port protocol protocolVersion region targetType vpcId", "name"],
  ["aws:lb/targetGroupAttachment:TargetGroupAttachment", "availabilityZone port region targetGroupArn targetId"],
  ["aws:rds/cluster:Cluster", "clusterIdentifier clusterIdentifierPrefix databaseName engine masterUsername"],
  ["aws:rds/instance:Instance", "dbName engine kmsKeyId snapshotIdentifier storageEncrypted username", "identifier"],
  ["aws:route53/healthCheck:HealthCheck", "measureLatency referenceName requestInterval routingControlArn type"],
  ["aws:route53/record:Record", "name zoneId"],
  ["aws:route53/zone:Zone", "delegationSetId name", "name"],
])("%s is replaced by %s", (type, properties, autoNamed) => {
  expect(replacedBy(type)?.properties).toEqual(expect.arrayContaining(properties.split(" ")));
  expect(replacedBy(type)?.autoNamed).toBe(autoNamed);
});

/** What is changed in place, though CloudFormation replaces on it or one might think so. */
test.each<[string, string]>([
  ["aws:ecs/service:Service", "taskDefinition desiredCount loadBalancers networkConfiguration"],
  ["aws:eks/cluster:Cluster", "vpcConfig vpcConfig.subnetIds kubernetesNetworkConfig version"],
  ["aws:eks/nodeGroup:NodeGroup", "launchTemplate launchTemplate.version releaseVersion"],
  ["aws:lambda/alias:Alias", "functionVersion routingConfig"],
  ["aws:lb/listener:Listener", "port protocol defaultActions"],
  ["aws:lb/listenerRule:ListenerRule", "priority actions conditions"],
  [TARGET_GROUP, "deregistrationDelay healthCheck stickiness"],
  ["aws:rds/instance:Instance", "identifier port dbSubnetGroupName"],
  ["aws:route53/record:Record", "type setIdentifier weightedRoutingPolicies region"],
])("%s is not replaced by %s", (type, properties) => {
  const row = replacedBy(type);
  expect(properties.split(" ").filter((property) => row?.properties.includes(property))).toEqual([]);
  expect(row).toBeDefined();
});

test("what the provider always deletes first", () => {
  const types = Object.keys(REPLACEMENT_TABLE).filter((type) => replacedBy(type)?.deletedFirst);
  expect(types).toEqual([
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws:efs/mountTarget:MountTarget",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  ]);
});

test("the local cloud, written on its own, replaces on nothing else", () => {
  const judged = Object.entries(LOCAL_TYPES).filter(([type]) => replacedBy(type) !== undefined);
  const others = judged.flatMap(([type, { replacedBy: properties = [] }]) =>
    properties.filter((property) => !replacedBy(type)?.properties.includes(property)).map((p) => `${type}.${p}`),
  );
  expect(judged.length).toBeGreaterThan(10);
  expect(others).toEqual([]);
});

describe("the generator refuses", () => {
  const only = (type: string) => ({ [type]: TYPES[type] ?? {} });
  const corrected = (type: string, properties: string[], replaces: "yes" | "no" | "sometimes") => ({
    [type]: [{ properties, replaces, source: "a test" }],
  });
  const RULE = "aws:lb/listenerRule:ListenerRule";
  const RECORD = "aws:route53/record:Record";

  test.each<[string, Parameters<typeof replacementTable>[0], string]>([
    [
      "a property of CloudFormation's without a name here",
      { specification: changed("ElasticLoadBalancingV2::TargetGroup", "Matcher", "maybe") },
      "CloudFormation's Matcher is no Matcher of the provider",
    ],
    [
      "a perhaps that nobody settled",
      { specification: changed("ElasticLoadBalancingV2::ListenerRule", "Priority", "maybe") },
      `${RULE}: priority is not settled: CloudFormation maybe`,
    ],
    [
      "a statement of the provider's that CloudFormation does not share",
      { specification, types: only("aws:secretsmanager/secret:Secret"), corrections: {} },
      "type is not settled: CloudFormation does not say, the provider This attribute cannot be changed after creation.",
    ],
    [
      "a correction that is no longer needed",
      {
        specification: changed("ElasticLoadBalancingV2::LoadBalancer", "SubnetMappings", "yes"),
        types: only("aws:lb/loadBalancer:LoadBalancer"),
        corrections: corrected("aws:lb/loadBalancer:LoadBalancer", ["subnetMappings"], "yes"),
      },
      "corrections.ts has subnetMappings, which was agreed",
    ],
    [
      "a correction of what nobody said",
      { specification, types: only(RULE), corrections: corrected(RULE, ["priority"], "no") },
      "corrections.ts has priority, of which nobody spoke",
    ],
    [
      "a correction of a property that is not there",
      { specification, types: only(RULE), corrections: corrected(RULE, ["priorities"], "yes") },
      "corrections.ts has priorities, which the provider has not",
    ],
    [
      "a correction of a type that is not there",
      { specification, types: only(RULE), corrections: corrected(RECORD, ["type"], "yes") },
      `${RECORD}: not among the types`,
    ],
    [
      "a 'sometimes' that no ARN tells",
      { specification, types: only(RECORD), corrections: corrected(RECORD, ["type"], "sometimes") },
      "type needs a verdict: there is no ARN",
    ],
    [
      "a name for what CloudFormation does not replace on",
      { specification, types: { [RULE]: { ...TYPES[RULE], named: { Priority: "priority" } } }, corrections: {} },
      "names.ts names Priority, on which CloudFormation does not replace",
    ],
    [
      "a name that is found without",
      { specification, types: { [RULE]: { ...TYPES[RULE], named: { ListenerArn: "listenerArn" } } }, corrections: {} },
      "names.ts names ListenerArn, which is found without",
    ],
  ])("%s", (_, sources, problem) => {
    expect(() => replacementTable(sources)).toThrow(problem);
  });

  test("nothing of today's", () => {
    const { rows, settled } = replacementTable({ specification });
    expect(Object.keys(rows)).toEqual(Object.keys(TYPES).sort());
    const corrections = Object.values(CORRECTIONS).flat();
    expect(settled.length).toBe(corrections.reduce((sum, { properties }) => sum + properties.length, 0));
  });
});
