import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { asked } from "../live/asked";
import { AwsClients } from "../live/aws-clients";
import { providerSettings } from "../live/provider-settings";
import { readRule } from "../live/rule";
import { ROOT } from "./local-world";
import { freshPort } from "./ports";

const RULE = "arn:aws:elasticloadbalancing:eu-local-1:000000000000:listener-rule/app/shop/1/2/3";
const KEYS = { accessKey: "AKIATEST", secretKey: "secret" };

test("the default provider's settings are read from the stack config", () => {
  const config: Record<string, string> = {
    region: "eu-central-1",
    profile: "shop",
    assumeRoles: JSON.stringify([
      { roleArn: "arn:aws:iam::1:role/hub" },
      { roleArn: "arn:aws:iam::2:role/deploy", externalId: "x", sessionName: "ci", duration: "1h" },
    ]),
  };
  expect(providerSettings((key) => config[key])).toEqual({
    region: "eu-central-1",
    profile: "shop",
    assumeRoles: [
      { roleArn: "arn:aws:iam::1:role/hub" },
      { roleArn: "arn:aws:iam::2:role/deploy", externalId: "x", sessionName: "ci", durationSeconds: 3600 },
    ],
  });
  expect(providerSettings(() => undefined)).toEqual({});
  expect(providerSettings((key) => (key === "assumeRoles" ? "[not JSON" : undefined))).toEqual({});
});

test.each([
  [{ name: "CredentialsProviderError", message: "Could not load credentials" }, "credentials", /log in again$/],
  [{ name: "ExpiredToken", message: "The security token is expired" }, "credentials", /aws:profile/],
  [
    { name: "AccessDenied", message: "not authorized", status: 403 },
    "denied",
    /allow elasticloadbalancing:DescribeRules for/,
  ],
  [{ name: "Throttling", message: "Rate exceeded", status: 400 }, "throttled", /run it again later$/],
  [
    { name: "RuleNotFoundException", message: "One or more rules not found", status: 400 },
    "not found",
    /pulumi refresh/,
  ],
  [{ name: "Error", code: "ECONNREFUSED", message: "" }, "unreachable", /AWS_ENDPOINT_URL/],
  [{ name: "TimeoutError", message: "Request did not complete within 10000 ms" }, "unreachable", /TimeoutError/],
  [{ name: "InternalFailure", message: "try later", status: 500 }, "unreachable", /InternalFailure/],
  [
    { name: "ValidationError", message: "no\n    at a line of a stack", status: 400 },
    "refused",
    /ValidationError \(no\)/,
  ],
])("%j is one sentence: which call, on what, AWS's code, what to do", async (given, kind, advice) => {
  const { status, ...error } = given as { name: string; message: string; code?: string; status?: number };
  const thrown = Object.assign(new Error(error.message), error, { $metadata: { httpStatusCode: status } });
  const call = asked({ action: "elasticloadbalancing:DescribeRules", of: RULE }, () => Promise.reject(thrown));
  const told = await call.catch((reason) => reason);
  expect(told).toMatchObject({ name: "AwsCallError", kind, operation: "DescribeRules" });
  expect(told.message).toMatch(advice);
  expect(told.message.split("\n")).toHaveLength(1);
  expect(told.message).toContain(`AWS did not answer DescribeRules for ${RULE}: ${error.code ?? error.name}`);
});

test("an address where nobody listens is told as such, after the SDK's tries", async () => {
  const before = process.env.AWS_ENDPOINT_URL;
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${freshPort()}`;
  try {
    const clients = new AwsClients({ ...KEYS, region: "eu-local-1" }, 2);
    const told = await readRule(clients, RULE).catch((reason) => reason);
    expect(told).toMatchObject({ kind: "unreachable", code: "ECONNREFUSED" });
  } finally {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL;
    else process.env.AWS_ENDPOINT_URL = before;
  }
});

test("the SDK is loaded with the first call, and not with the components", async () => {
  const script = `require("tsx/cjs"); require("./components"); require("./live/rule"); require("./live/aws-clients");
    console.log(Object.keys(require.cache).filter((path) => path.includes("@aws-sdk/")));`;
  const { stdout } = await promisify(execFile)("node", ["-e", script], { cwd: ROOT });
  expect(stdout).toBe("[]\n");
}, 30_000);
