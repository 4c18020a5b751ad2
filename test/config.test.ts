import { expect, test } from "vitest";
import { ConfigError, parseConfig } from "../components";
import { formatDuration, parseDuration } from "../traffic";

const V1 = `shop@sha256:${"1".repeat(64)}`;
const V2 = `shop@sha256:${"2".repeat(64)}`;

const good = {
  blue: V1,
  stable: "blue",
  service: JSON.stringify({ host: "shop.example.com" }),
  network: JSON.stringify({ vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] }),
};

function problems(texts: Record<string, string>, insideLocalCloud = false): string {
  try {
    parseConfig("prod", texts, insideLocalCloud);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error("the config was accepted");
}

test("one image and a host are enough", () => {
  const { rollout, environments, host } = parseConfig("prod", good, false);
  expect(rollout.stage).toBe("idle");
  expect(rollout.stages.map(({ name }) => name)).toEqual(["idle", "canary-5", "canary-25", "canary-50", "full"]);
  expect(host).toBe("shop.example.com");
  expect(environments.green).toBeUndefined();
  expect(environments.blue).toMatchObject({ image: V1, port: 8080, health: "/healthz", drain: 60, replicas: 2 });
});

test("a color overrides the service, and variables are merged", () => {
  const service = { host: "h.example", port: 8080, drain: "30s", env: { A: "1", B: "1" } };
  const green = { image: V2, port: 9090, env: { B: "2" } };
  const { environments } = parseConfig(
    "prod",
    { ...good, service: JSON.stringify(service), green: JSON.stringify(green) },
    false,
  );
  expect(environments.blue).toMatchObject({ port: 8080, drain: 30, env: { A: "1", B: "1" } });
  expect(environments.green).toMatchObject({ image: V2, port: 9090, drain: 30, env: { A: "1", B: "2" } });
});

test("all errors come at once, each with its path", () => {
  const message = problems({
    ...good,
    stge: "idle",
    green: "shop:latest",
    stage: "canary-6",
    stages: JSON.stringify([{ weight: 25 }, { weight: 5 }, { name: "full", weight: 99 }]),
    service: JSON.stringify({ host: "shop.example.com", prt: 1, drain: 30 }),
  });
  expect(message).toContain('the stack config of "prod" has 5 errors; nothing was changed');
  expect(message).toMatch(/crossfade:stge +is no key here. Did you mean "stage"\?/);
  expect(message).toMatch(/crossfade:green.image +"shop:latest": an image by digest/);
  expect(message).toMatch(/crossfade:stages\[2\] .*weight 100 is the stage "full"/);
  expect(message).toMatch(/crossfade:service.prt +is no key here. Did you mean "port"\?/);
  expect(message).toMatch(/crossfade:service.drain +30: a duration such as/);
});

test.each([
  ["stages that do not rise", { stages: '[{"weight":25},{"weight":5}]' }, /stages\[1\].weight +5 comes after 25/],
  ["a weight out of range", { stages: '[{"weight":101}]' }, /stages\[0\].weight +101: /],
  ["a weight of 0", { stages: '[{"weight":0}]' }, /stages\[0\].weight +0: /],
  ["a broken weight", { stages: '[{"weight":2.5}]' }, /stages\[0\].weight +2.5: a whole number/],
  ["an unknown stage", { stage: "canary-6" }, /stage +"canary-6" is no stage. Did you mean "canary-5"\?/],
  ["an unknown color", { stable: "blu" }, /stable +"blu" is none of blue, green. Did you mean "blue"\?/],
  ["no color", { blue: "" }, /blue/],
  ["no candidate for a stage", { stage: "canary-5" }, /green +is missing: stage "canary-5" needs a candidate/],
  ["stable without a line", { stable: "green" }, /green +is missing: .*To make blue stable: stable: blue/],
  [
    "a size that Fargate lacks",
    { blue: `{"image":"${V1}","cpu":512,"memory":512}` },
    /blue.memory +512 CPU units with 512/,
  ],
  ["a drain beyond ELB's", { service: '{"host":"a.b","drain":"2h"}' }, /service.drain +"2h": 0 s to 3600 s/],
  ["half a network", { network: '{"vpcId":"vpc-1"}' }, /network +.*either stack, or vpcId and subnetIds/],
  ["a secret by value", { service: '{"host":"a.b","secrets":{"K":"s3cret"}}' }, /service.secrets.K .*ARN/],
  ["text that is no object", { service: "shop.example.com" }, /service +"shop.example.com": /],
])("%s is refused", (_, change, expected) => {
  const texts: Record<string, string> = { ...good, ...change };
  expect(problems(texts)).toMatch(expected);
});

test("a local stack is refused outside of the local cloud, and any other inside it", () => {
  const local = { ...good, local: JSON.stringify({ images: { [V1]: { run: "node server.js" } } }) };
  expect(problems(local, false)).toContain("npx crossfade local -- pulumi");
  expect(problems(good, true)).toContain("Run this stack outside of it");
  expect(parseConfig("local", local, true).local?.images[V1]?.run).toBe("node server.js");
});

test.each([
  ["30s", 30],
  ["10m", 600],
  ["1h", 3600],
  ["2d", 172800],
])("%s is %i seconds, and back", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
  expect(formatDuration(seconds)).toBe(text);
});

test.each(["", "5", "5 s", "-5s", "1.5h", "5S", "5sec"])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
