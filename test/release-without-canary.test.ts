import { describe, expect, test } from "vitest";
import { planOf } from "../policies/policy";
import { releaseWithoutCanary } from "../policies/release-without-canary";
import { type Resource, UNKNOWN } from "../traffic";

function resource(name: string, type: string, inputs: object): Resource {
  const urn = `urn:pulumi:dev::test::${type}::${name}`;
  return { urn, type, custom: true, inputs: { ...inputs }, outputs: { arn: `arn:${name}`, ...inputs } };
}

const group = (name: string) => resource(name, "aws:lb/targetGroup:TargetGroup", {});
const listener = (weights: Record<string, number>) =>
  resource("web", "aws:lb/listener:Listener", {
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

function findings(weights: Record<string, number>, after: Resource): string[] {
  const rest = [listener(weights), group("blue"), group("green")];
  const found = releaseWithoutCanary.judge(planOf([...rest, service("td:1")], [...rest, after]));
  return found.map(({ advisory }) => (advisory ? "said" : "refused"));
}

test.each<[string, Record<string, number>, Resource, string[]]>([
  ["a new version where the route has two groups", { blue: 100, green: 0 }, service("td:2"), ["refused"]],
  ["a version that is not known yet", { blue: 5, green: 95 }, service(UNKNOWN), ["refused"]],
  ["a new version where the route has one group", { blue: 1 }, service("td:2"), ["said"]],
  ["a new version without weight", { blue: 0, green: 100 }, service("td:2"), []],
  ["another number of tasks", { blue: 100, green: 0 }, service("td:1", { desiredCount: 5 }), []],
  [
    "a new version with another port: a replacement",
    { blue: 100, green: 0 },
    service("td:2", { loadBalancers: [] }),
    [],
  ],
])("%s", (_, weights, after, expected) => {
  expect(findings(weights, after)).toEqual(expected);
});

describe("in a cluster", () => {
  const labels = (color: string) => ({ app: "shop", color });
  const deployment = (color: string, image = "shop:1") =>
    resource(color, "kubernetes:apps/v1:Deployment", {
      metadata: { name: color },
      spec: {
        selector: { matchLabels: labels(color) },
        template: { metadata: { labels: labels(color) }, spec: { containers: [{ image }] } },
      },
    });
  const web = (name: string, color = name) =>
    resource(`${name}-web`, "kubernetes:core/v1:Service", {
      metadata: { name },
      spec: { selector: labels(color), ports: [{ port: 80 }] },
    });
  const route = (...backends: [string, number][]) =>
    resource("route", "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", {
      metadata: { name: "shop" },
      spec: { rules: [{ backendRefs: backends.map(([name, weight]) => ({ name, port: 80, weight })) }] },
    });
  const split = route(["blue", 100], ["green", 0]);

  test.each<[string, Resource, Resource[], string[]]>([
    ["a selector swap where the route has two backends", split, [web("blue", "green")], ["refused"]],
    ["a selector swap where the route has one", route(["blue", 1]), [web("blue", "green")], ["said"]],
    ["a selector swap without weight", split, [web("green", "blue")], []],
    ["a new image that serves", split, [deployment("blue", "shop:2")], ["refused"]],
    ["a new image without weight", split, [deployment("green", "shop:2")], []],
    ["the same again", split, [], []],
  ])("%s", (_, by, edits, expected) => {
    const prior = [deployment("blue"), deployment("green"), web("blue"), web("green"), by];
    const desired = prior.map((r) => edits.find(({ urn }) => urn === r.urn) ?? r);
    const found = releaseWithoutCanary.judge(planOf(prior, desired));
    expect(found.map(({ advisory }) => (advisory ? "said" : "refused"))).toEqual(expected);
  });
});
