import { expect, test } from "vitest";
import { planOf } from "../policies/plan";
import { releaseWithoutCanary } from "../policies/release-without-canary";
import { type Resource, UNKNOWN } from "../traffic";

function resource(name: string, type: string, inputs: object): Resource {
  const urn = `urn:pulumi:dev::test::${type}::${name}`;
  return { urn, type, custom: true, inputs: { ...inputs }, outputs: { arn: `arn:${name}`, ...inputs } };
}

const group = (name: string) => resource(name, "aws:lb/targetGroup:TargetGroup", {});
const listener = (weights: Record<string, number>) =>
  resource("web", "aws:lb/listener:Listener", {
    loadBalancerArn: "arn:of-another-stack",
    defaultActions: [
      {
        type: "forward",
        forward: { targetGroups: Object.entries(weights).map(([name, weight]) => ({ arn: `arn:${name}`, weight })) },
      },
    ],
  });
const service = (taskDefinition: unknown, more: object = {}) =>
  resource("shop", "aws:ecs/service:Service", {
    taskDefinition,
    loadBalancers: [{ targetGroupArn: "arn:blue", containerPort: 8080 }],
    ...more,
  });
/** A new version, registered with a group. */
const on = (targetGroupArn: unknown, containerPort = 8080) =>
  service("td:2", { loadBalancers: [{ targetGroupArn, containerPort }] });

function findings(weights: Record<string, number>, after: Resource): string[] {
  const rest = [listener(weights), group("blue"), group("green")];
  const found = releaseWithoutCanary.judge(planOf([...rest, service("td:1", { desiredCount: 2 })], [...rest, after]));
  return found.map(({ advisory }) => (advisory ? "said" : "refused"));
}

test.each<[string, Record<string, number>, Resource, string[]]>([
  ["a new version where the route has two groups", { blue: 100, green: 0 }, service("td:2"), ["refused"]],
  ["a version that is not known yet", { blue: 5, green: 95 }, service(UNKNOWN), ["refused"]],
  ["a new version where the route has one group", { blue: 1 }, service("td:2"), ["said"]],
  ["a new version without weight", { blue: 0, green: 100 }, service("td:2"), []],
  ["another number of tasks", { blue: 100, green: 0 }, service("td:1", { desiredCount: 5 }), []],
  ["a new version on another port", { blue: 100, green: 0 }, on("arn:blue", 9090), ["refused"]],
  ["a new version in a group that is not known yet", { blue: 100, green: 0 }, on(UNKNOWN), ["refused"]],
  [
    "a new version, in another group as well",
    { blue: 100, green: 0 },
    service("td:2", { loadBalancers: [{ targetGroupArn: "arn:inside" }, { targetGroupArn: "arn:blue" }] }),
    ["refused"],
  ],
  ["a new version for the users of another group", { blue: 100, green: 0 }, on("arn:green"), []],
  ["a new version for nobody", { blue: 100, green: 0 }, service("td:2", { loadBalancers: [] }), []],
  [
    "a new version in another cluster that takes the place of the old one without a loss",
    { blue: 100, green: 0 },
    {
      ...service("td:2", { desiredCount: 2, waitForSteadyState: true, cluster: "other" }),
      outputs: { arn: UNKNOWN },
    },
    ["refused"],
  ],
])("%s", (_, weights, after, expected) => {
  expect(findings(weights, after)).toEqual(expected);
});
