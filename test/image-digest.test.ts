import { describe, expect, test } from "vitest";
import { imageDigest } from "../policies/image-digest";
import { planOfOne } from "../policies/plan";
import { type Resource, UNKNOWN } from "../traffic";
import { exposed, ours, resource, service, verdicts } from "./resources";

const DIGEST = `shop@sha256:${"1".repeat(64)}`;
const TASK = "aws:ecs/taskDefinition:TaskDefinition";
const task = (image: string) =>
  resource("task", TASK, { containerDefinitions: JSON.stringify([{ name: "shop", image }]) });
const runs = service("shop", "blue", { taskDefinition: "arn:task" });
const environment = (image: string) => [...ours("FargateEnvironment", task(image)), runs];
const component = (image: string) =>
  resource("shop-blue", "crossfade:index:FargateEnvironment", { color: "blue", image }, { custom: false });
const lifecycle = (countNumber: number, countType = "imageCountMoreThan") =>
  resource("keep", "aws:ecr/lifecyclePolicy:LifecyclePolicy", {
    policy: JSON.stringify({ rules: [{ rulePriority: 1, selection: { tagStatus: "any", countType, countNumber } }] }),
  });
const repository = (imageTagMutability?: string) =>
  resource("shop", "aws:ecr/repository:Repository", { imageTagMutability });

const instances = (image: string) =>
  resource("shop-blue", "crossfade:index:AutoScalingEnvironment", { color: "blue", image }, { custom: false });
const group_ = (launchTemplate: object, imageId = "ami-0123456789abcdef0", targetGroupArns = ["arn:blue"]) => [
  resource("template", "aws:ec2/launchTemplate:LaunchTemplate", { imageId }),
  resource("asg", "aws:autoscaling/group:Group", {
    launchTemplate: { id: "arn:template", ...launchTemplate },
    targetGroupArns,
  }),
];

describe("a hazard is refused, and its nearest safe twin passes", () => {
  test.each<[string, Resource[], Resource[]]>([
    ["48: a tag in an environment of ours", environment("shop:v1"), environment(DIGEST)],
    ["48: a tag that the component says, the task not known yet", [component("shop:v1")], [component(DIGEST)]],
    [
      "48: a tag beside a digest that is none",
      environment("shop:sha256"),
      environment(`shop:v1@${DIGEST.split("@")[1]}`),
    ],
  ])("%s", (_, bad, safe) => {
    expect(verdicts(imageDigest, [], bad)).toEqual(["refused"]);
    expect(verdicts(imageDigest, [], safe)).toEqual([]);
  });
});

test.each<[string, Resource[], string[]]>([
  ["a tag in somebody's service", [task("shop:v1"), runs], ["said"]],
  ["a digest in it", [task(DIGEST), runs], []],
  ["a tag in a task that no balancer leads to", [task("shop:v1")], []],
  [
    "containers that are not known before the update",
    [resource("task", TASK, { containerDefinitions: UNKNOWN }), runs],
    [],
  ],
  ["a tag in a Deployment that users reach", exposed("shop", { container: { image: "shop:v1" } }), ["said"]],
  ["in one of its init containers", exposed("shop", { pod: { initContainers: [{ image: "wait" }] } }), ["said"]],
  ["in a Deployment that nobody reaches", exposed("shop", { container: { image: "shop:v1" } }).slice(0, 2), []],
  ["a registry that keeps nine images", [lifecycle(9)], ["said"]],
  ["a registry that keeps ten", [lifecycle(10)], []],
  ["a registry that expires by age", [lifecycle(1, "sinceImagePushed")], []],
  ["tags that can be moved", [repository("MUTABLE")], ["said"]],
  ["tags that can be moved, by default", [repository()], ["said"]],
  ["tags that cannot", [repository("IMMUTABLE")], []],
  ["an AMI, which never means another", [instances("ami-0123456789abcdef0")], []],
  ["a template by its number", group_({ version: "3" }), []],
  ["a template that moves", group_({ version: "$Latest" }), ["said"]],
  ["a template by its default, unsaid", group_({}), ["said"]],
  ["a template whose image is a parameter's", group_({ version: "3" }, "resolve:ssm:/golden"), ["said"]],
  ["the same behind no balancer", group_({ version: "$Latest" }, "resolve:ssm:/golden", []), []],
])("%s", (_, desired, expected) => {
  expect(verdicts(imageDigest, [], desired)).toEqual(expected);
});

test("a team's own number of images holds", () => {
  expect(verdicts(imageDigest, [], [lifecycle(9)], { keep: 9 })).toEqual([]);
});

test("in an update the task definition of a service that serves is judged before its own step", () => {
  const judged = (prior: Resource[]) => imageDigest.judge(planOfOne(prior, task("shop:v2")));
  expect(judged([task(DIGEST), runs])).toMatchObject([{ urn: task("").urn }]);
  expect(judged([task(DIGEST)])).toEqual([]);
});
