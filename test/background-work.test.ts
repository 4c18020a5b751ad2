import { expect, test } from "vitest";
import { backgroundWork } from "../policies/background-work";
import { planOf } from "../policies/plan";
import type { Resource } from "../traffic";
import { type StackShape, stack } from "./crossfade-stack";
import { balancer, forward, group, listener, resource } from "./resources";

function found(before: readonly Resource[], after: readonly Resource[]): string[] {
  return backgroundWork
    .judge(planOf(before, after))
    .map(({ what, advisory }) => `${advisory ? "said" : "refused"}: ${what}`);
}

const IMAGE = { blue: "shop@v1", green: "shop@v2" };

/** A stack of ours whose environments say their image, with more on it. */
function ours(shape: StackShape, more: readonly Resource[] = [], home: object = {}): Resource[] {
  const all = stack(shape).map((one): Resource => {
    const color = one.inputs.color as "blue" | "green";
    if (one.type !== "crossfade:index:FargateEnvironment") return one;
    return { ...one, inputs: { ...one.inputs, image: IMAGE[color], ...(color === "green" && home) } };
  });
  return [...all, ...more];
}

function task(name: string, image: string, taskRoleArn?: string): Resource {
  const containerDefinitions = JSON.stringify([{ name: "c", image }]);
  return resource(name, "aws:ecs/taskDefinition:TaskDefinition", { family: name, containerDefinitions, taskRoleArn });
}
const worker = (image: string) => [
  task("mailer-td", image),
  resource("mailer", "aws:ecs/service:Service", { desiredCount: 1, taskDefinition: "arn:mailer-td" }),
];
const scheduled = (image: string) => [
  task("nightly-td", image),
  resource("nightly", "aws:scheduler/schedule:Schedule", {
    target: { arn: "arn:cluster", ecsParameters: { taskDefinitionArn: "arn:nightly-td" } },
  }),
];
const ruled = (image: string) => [
  task("nightly-td", image),
  resource("nightly", "aws:cloudwatch/eventTarget:EventTarget", { ecsTarget: { taskDefinitionArn: "arn:nightly-td" } }),
];
const pods = (image: string) => ({ spec: { containers: [{ name: "c", image }] } });
const cronJob = (image: string) => [
  resource("nightly", "kubernetes:batch/v1:CronJob", { spec: { jobTemplate: { spec: { template: pods(image) } } } }),
];
const deployment = (image: string) => [
  resource("mailer", "kubernetes:apps/v1:Deployment", {
    metadata: { name: "mailer" },
    spec: { template: pods(image) },
  }),
];

const RUNNERS = { worker, scheduled, ruled, cronJob, deployment };
const NAMES: Record<string, string> = { worker: "mailer", deployment: "mailer" };

test.each(Object.entries(RUNNERS))("%s of the version at idle is refused, of stable's not", (kind, runner) => {
  const before = ours({});
  const what = `refused: "${NAMES[kind] ?? "nightly"}" runs the version of "shop-green", which has no weight and is not stable.`;
  expect(found(before, ours({}, runner(IMAGE.green)))).toEqual([what]);
  expect(found(before, ours({}, runner(IMAGE.blue)))).toEqual([]);
});

test("a worker that follows stable may at each step of a release, and on its way back", () => {
  const steps: [StackShape, string][] = [
    [{}, IMAGE.blue],
    [{ stage: "canary-5" }, IMAGE.blue],
    [{ stage: "full" }, IMAGE.blue],
    [{ stable: "green", stage: "idle" }, IMAGE.green],
    [{ stable: "blue", stage: "idle" }, IMAGE.blue],
  ];
  for (const [i, [shape, image]] of steps.entries()) {
    const [before, ran] = steps[Math.max(0, i - 1)] as [StackShape, string];
    expect(found(ours(before, worker(ran)), ours(shape, worker(image))), `step ${i}`).toEqual([]);
  }
});

test("what is there already holds up no finish and no way back; a new version on it is refused", () => {
  const full = ours({ stage: "full" }, worker(IMAGE.blue));
  const said = [expect.stringMatching(/^said: "mailer" runs the version of "shop-blue"/)];
  expect(found(full, ours({ stable: "green" }, worker(IMAGE.blue)))).toEqual(said);
  expect(found(ours({}, worker(IMAGE.green)), ours({}, worker(IMAGE.green)))).toEqual([
    expect.stringMatching(/^said: /),
  ]);
});

test("of an image that both run nobody can tell whose worker it is", () => {
  expect(found(ours({}), ours({}, worker(IMAGE.blue), { image: IMAGE.blue }))).toEqual([]);
});

/** Somebody's own two groups, whose services have these tasks. */
function theirs(weights: Record<string, number>, more: readonly Resource[], roles: Record<string, string> = {}) {
  const services = ["blue", "green"].flatMap((color) => [
    group(color),
    task(`${color}-td`, `shop@${color}`, roles[color]),
    resource(`${color}-svc`, "aws:ecs/service:Service", {
      taskDefinition: `arn:${color}-td`,
      loadBalancers: [{ targetGroupArn: `arn:${color}` }],
    }),
  ]);
  return [balancer(), ...services, listener(forward(weights)), ...more];
}

const role = (name: string) => resource(name, "aws:iam/role:Role", { name });
const grant = (of: string, Action: string | string[], Effect = "Allow") =>
  resource(`${of}-may`, "aws:iam/rolePolicy:RolePolicy", {
    role: of,
    policy: JSON.stringify({ Statement: [{ Effect, Action, Resource: "*" }] }),
  });
const managed = (of: string, name: string) =>
  resource(`${of}-has`, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", {
    role: of,
    policyArn: `arn:aws:iam::aws:policy/${name}`,
  });

const WEIGHTS = { blue: 100, green: 0 };
test.each([
  ["the right to receive", grant("queue", "sqs:ReceiveMessage"), true],
  ["all rights to the queue", grant("queue", ["s3:GetObject", "sqs:*"]), true],
  ["a shard's records", grant("queue", "kinesis:GetRecords"), true],
  ["AWS's policy that has it", managed("queue", "AmazonSQSFullAccess"), true],
  ["the right to send", grant("queue", "sqs:SendMessage"), false],
  ["a denial", grant("queue", "sqs:ReceiveMessage", "Deny"), false],
  ["AWS's policy that has it not", managed("queue", "AmazonS3ReadOnlyAccess"), false],
])("%s, for tasks at weight 0", (_, right, isRefused) => {
  const roles = { green: "arn:queue" };
  const before = theirs(WEIGHTS, [role("queue")], roles);
  const after = (weights: Record<string, number>) => theirs(weights, [role("queue"), right], roles);
  expect(found(before, after(WEIGHTS)).filter((one) => one.startsWith("refused"))).toHaveLength(isRefused ? 1 : 0);
  expect(found(before, after({ blue: 0, green: 100 }))).toEqual([]);
});

test("who is told the role may consume, and is reminded to ask", () => {
  const mail = [role("queue"), grant("queue", "sqs:ReceiveMessage")];
  const of = (home: object, more: readonly Resource[]) =>
    ours({ versions: { green: "arn:green-td" } }, [task("green-td", IMAGE.green, "arn:queue"), ...more], home);
  expect(found(of({}, [role("queue")]), of({}, mail))).toEqual([expect.stringMatching(/^refused: /)]);
  const signal = { signal: "/crossfade/shop" };
  expect(found(of(signal, [role("queue")]), of(signal, mail))).toEqual([expect.stringMatching(/^said: /)]);
});

test("an event source of a function at weight 0 is refused", () => {
  const functions = ["blue", "green"].flatMap((color) => [
    group(color, { targetType: "lambda" }),
    resource(`${color}-fn`, "aws:lambda/function:Function", { s3Key: `${color}.zip` }),
    resource(`${color}-at`, "aws:lb/targetGroupAttachment:TargetGroupAttachment", {
      targetGroupArn: `arn:${color}`,
      targetId: `arn:${color}-fn`,
    }),
  ]);
  const all = (more: readonly Resource[]) => [balancer(), ...functions, listener(forward(WEIGHTS)), ...more];
  const source = (functionName: string) =>
    resource("events", "aws:lambda/eventSourceMapping:EventSourceMapping", { functionName });
  expect(found(all([]), all([source("arn:green-fn")]))).toEqual([
    'refused: "events" feeds events to "green-fn", which has no weight and is not stable.',
  ]);
  expect(found(all([]), all([source("arn:blue-fn")]))).toEqual([]);
});

test("a Deployment that has answered until now, and whose Service goes, is no worker", () => {
  const labels = (name: string) => ({ app: name });
  const side = (name: string) => [
    resource(`${name}-web`, "kubernetes:core/v1:Service", {
      metadata: { name: `${name}-web` },
      spec: { selector: labels(name) },
    }),
    resource(name, "kubernetes:apps/v1:Deployment", {
      metadata: { name },
      spec: {
        template: { metadata: { labels: labels(name) }, spec: { containers: [{ name: "c", image: "shop@same" }] } },
      },
    }),
  ];
  const backendRefs = [
    { name: "blue-web", port: 80, weight: 100 },
    { name: "green-web", port: 80, weight: 0 },
  ];
  const route = resource("route", "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", {
    spec: { rules: [{ backendRefs }] },
  });
  const before = [...side("blue"), ...side("green"), route];
  const without = before.filter(({ urn }) => !urn.endsWith("::blue-web"));
  expect(found(before, without)).toEqual([]);
  // Where it comes without one, it is.
  expect(found([...side("green"), route], without)).toHaveLength(1);
});
