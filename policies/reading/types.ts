/** The types that several rules ask about; one that a single rule knows is written there. */

export const BALANCER = "aws:lb/loadBalancer:LoadBalancer";
export const LISTENER = "aws:lb/listener:Listener";
export const RULE = "aws:lb/listenerRule:ListenerRule";
export const GROUP = "aws:lb/targetGroup:TargetGroup";

export const RECORD = "aws:route53/record:Record";
export const ZONE = "aws:route53/zone:Zone";

export const ECS_SERVICE = "aws:ecs/service:Service";
export const TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition";
export const SCALING_GROUP = "aws:autoscaling/group:Group";
export const LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";

/** Says which shares its routes have, and which versions were taken back. */
export const ROLLOUT = "crossfade:index:Rollout";

/** What our components keep the time of a change by: it moves with what it holds and with nothing else. */
export const CLOCK = "pulumi:index:Stash";

/** What a color's version runs in, of each kind of compute. */
export const ENVIRONMENTS: readonly string[] = [
  "crossfade:index:FargateEnvironment",
  "crossfade:index:KubernetesEnvironment",
  "crossfade:index:AutoScalingEnvironment",
];

/** What works unasked, of the version that is stable. */
export const BACKGROUND: readonly string[] = [
  "crossfade:index:FargateWorkers",
  "crossfade:index:FargateSchedule",
  "crossfade:index:KubernetesWorkers",
  "crossfade:index:KubernetesSchedule",
];

/** What another stack has released, as an update of this one has read it. */
export const NEIGHBOUR = "crossfade:index:Neighbour";

/** What brings a database to a version of its schema. */
export const MIGRATIONS: readonly string[] = ["crossfade:index:Migration", "crossfade:index:KubernetesMigration"];
