import { isWorkload, kubernetesKind } from "../kubernetes/objects";
import { nameOf, UNKNOWN } from "../resource";
import type { Entity } from "../update/entity";
import { Directory, targets } from "../update/reference";
import type { Flow } from "./flow";

/** One property by which a resource of a type refers to what it cannot do without. */
interface Ground {
  /** A path; lists on the way are gone through. */
  property: string;
  types: readonly string[];
  /**
   * A new one can be made, the reference follows, and the old one goes, and no request is lost. Else the reference cannot
   * follow, or the new one is not yet as the old one was: a security group starts without its rules.
   */
  movable?: boolean;
}

const SUBNET = ["aws:ec2/subnet:Subnet"];
const GROUP = ["aws:ec2/securityGroup:SecurityGroup"];
const VPC = ["aws:ec2/vpc:Vpc"];
const ROLE = ["aws:iam/role:Role"];
const CERTIFICATE = ["aws:acm/certificate:Certificate"];
const SCALING = ["aws:autoscaling/group:Group"];
const TEMPLATE = ["aws:ec2/launchTemplate:LaunchTemplate"];
const PROVIDER = ["aws:ecs/capacityProvider:CapacityProvider"];

/** What each type stands on: without it requests are lost, at once or with the next task that starts. */
const STANDS_ON: Record<string, readonly Ground[]> = {
  "aws:lb/loadBalancer:LoadBalancer": [
    { property: "subnets", types: SUBNET },
    { property: "subnetMappings.subnetId", types: SUBNET },
    { property: "securityGroups", types: GROUP },
  ],
  "aws:lb/listener:Listener": [{ property: "certificateArn", types: CERTIFICATE, movable: true }],
  "aws:lb/targetGroup:TargetGroup": [{ property: "vpcId", types: VPC }],
  "aws:ecs/service:Service": [
    { property: "cluster", types: ["aws:ecs/cluster:Cluster"] },
    { property: "taskDefinition", types: ["aws:ecs/taskDefinition:TaskDefinition"], movable: true },
    { property: "networkConfiguration.subnets", types: SUBNET },
    { property: "networkConfiguration.securityGroups", types: GROUP },
    { property: "capacityProviderStrategies.capacityProvider", types: PROVIDER },
  ],
  "aws:ecs/taskDefinition:TaskDefinition": [
    { property: "executionRoleArn", types: ROLE, movable: true },
    { property: "taskRoleArn", types: ROLE, movable: true },
  ],
  "aws:ecs/capacityProvider:CapacityProvider": [
    { property: "autoScalingGroupProvider.autoScalingGroupArn", types: SCALING },
  ],
  "aws:autoscaling/group:Group": [
    { property: "vpcZoneIdentifiers", types: SUBNET },
    { property: "launchTemplate.id", types: TEMPLATE, movable: true },
    { property: "launchTemplate.name", types: TEMPLATE, movable: true },
  ],
  "aws:ec2/launchTemplate:LaunchTemplate": [
    { property: "vpcSecurityGroupIds", types: GROUP },
    { property: "networkInterfaces.securityGroups", types: GROUP },
    { property: "iamInstanceProfile.name", types: ["aws:iam/instanceProfile:InstanceProfile"], movable: true },
    { property: "iamInstanceProfile.arn", types: ["aws:iam/instanceProfile:InstanceProfile"], movable: true },
  ],
  "aws:iam/instanceProfile:InstanceProfile": [{ property: "role", types: ROLE, movable: true }],
  "aws:ec2/instance:Instance": [
    { property: "subnetId", types: SUBNET },
    { property: "vpcSecurityGroupIds", types: GROUP },
  ],
  "aws:lambda/function:Function": [
    { property: "role", types: ROLE, movable: true },
    { property: "vpcConfig.subnetIds", types: SUBNET },
    { property: "vpcConfig.securityGroupIds", types: GROUP },
  ],
  "aws:route53/record:Record": [
    { property: "healthCheckId", types: ["aws:route53/healthCheck:HealthCheck"], movable: true },
  ],
  "aws:ec2/subnet:Subnet": [{ property: "vpcId", types: VPC }],
  "aws:ec2/securityGroup:SecurityGroup": [{ property: "vpcId", types: VPC }],
};

/** Every object of Kubernetes stands on its namespace, pods on their account as well. */
const NAMESPACE: Ground = { property: "metadata.namespace", types: ["kubernetes:core/v1:Namespace"] };

/** The types that stand on something, or that something stands on. */
const TYPES: ReadonlySet<string> = new Set([
  ...Object.keys(STANDS_ON),
  ...[...Object.values(STANDS_ON).flat(), NAMESPACE].flatMap(({ types }) => types),
]);

/** Whether a resource of the type stands on something, or something on it. */
export function standsOnOrUnder(type: string): boolean {
  return TYPES.has(type) || isObject(type);
}

/** What each resource stands on, among these. */
export function groundFlows(entities: readonly Entity[]): Flow[] {
  const directories = new Map<string, Directory>();
  const directory = ({ types }: Ground) => {
    const key = types.join();
    const known =
      directories.get(key) ??
      new Directory(
        entities.filter(({ type }) => types.includes(type)),
        namesOf,
      );
    directories.set(key, known);
    return known;
  };
  return entities.flatMap((from) => {
    const [form] = from.forms;
    const name = `"${nameOf(from.urn)}"`;
    return groundsOf(from.type).flatMap((ground) =>
      form === undefined
        ? []
        : read(form.props, ground.property.split(".")).flatMap((value) =>
            targets(directory(ground).resolve(value, ground.property, form)).map(
              (to): Flow => ({
                from,
                to,
                share: 1,
                why: (why) => `is what ${name} stands on, which ${why}`,
                movable: ground.movable,
              }),
            ),
          ),
    );
  });
}

function groundsOf(type: string): readonly Ground[] {
  return isObject(type) ? [NAMESPACE] : (STANDS_ON[type] ?? []);
}

function isObject(type: string): boolean {
  return kubernetesKind(type) !== undefined || isWorkload(type);
}

/** An object of Kubernetes is called by its bare name where no namespace can be meant. */
function namesOf({ identities, forms }: Entity): Iterable<unknown> {
  const named = forms.flatMap((form) => read(form?.props, ["metadata", "name"]));
  return new Set([...identities, ...named]);
}

function read(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => read(item, path));
  if (value === undefined || value === null || value === UNKNOWN) return [];
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  return typeof value === "object" ? read((value as Record<string, unknown>)[key], rest) : [];
}
