import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, describe, expect, test } from "vitest";
import { AutoScalingEnvironment, type AutoScalingEnvironmentArgs } from "../components";
import { collectAsked, settled } from "./asked";

const { asked, find } = collectAsked();

const GROUP = "aws:autoscaling/group:Group";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const IMAGE = `shop@sha256:${"1".repeat(64)}`;
const AMI = "ami-0123456789abcdef0";

const environment: AutoScalingEnvironmentArgs = {
  color: "green",
  image: IMAGE,
  ami: AMI,
  instanceType: "m7g.large",
  listenerArn: "arn:listener",
  hosts: ["shop.example.com"],
  previewPriority: 2,
  vpcId: "vpc-1",
  subnetIds: ["subnet-1"],
  balancerSecurityGroupId: "sg-edge",
};

async function made(name: string, args: Partial<AutoScalingEnvironmentArgs> = {}) {
  new AutoScalingEnvironment(name, { ...environment, ...args });
  await settled();
  const script = Buffer.from(String(find(TEMPLATE, name).inputs.userData), "base64").toString();
  return { group: find(GROUP, name).inputs, template: find(TEMPLATE, name).inputs, script };
}

describe("an environment on instances", () => {
  test("keeps every instance until its successor is healthy in the balancer, and waits for that", async () => {
    const { group } = await made("safe");
    expect(group).toMatchObject({
      healthCheckType: "ELB",
      healthCheckGracePeriod: 60,
      defaultInstanceWarmup: 60,
      instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 200 },
      waitForElbCapacity: 2,
      minSize: 2,
      desiredCapacity: 2,
      targetGroupArns: ["arn:aws:test:safe"],
    });
    expect(find("aws:lb/targetGroup:TargetGroup").inputs).toMatchObject({ targetType: "instance" });
  });

  test("has a template by number, and leaves no refresh to the provider", async () => {
    const { group } = await made("numbered");
    expect((group.launchTemplate as { version: string }).version).not.toMatch(/^\$/);
    expect(group).not.toHaveProperty("instanceRefresh");
  });

  test("lets a drained instance stop in peace", async () => {
    await made("quick", { stop: 5 });
    await made("slow", { stop: 90 });
    const hook = (name: string) => find("aws:autoscaling/lifecycleHook:LifecycleHook", name).inputs;
    expect(hook("quick")).toMatchObject({ heartbeatTimeout: 30, defaultResult: "CONTINUE" });
    expect(hook("slow")).toMatchObject({ heartbeatTimeout: 90 });
  });

  test("leaves the number to its autoscaler, which takes none away in a rollout", async () => {
    const scaling = { min: 3, max: 9 };
    const { group } = await made("scaled", { scaling, replicas: 4, scaleIn: false });
    expect(group).toMatchObject({ minSize: 3, maxSize: 9, desiredCapacity: 4, minElbCapacity: 3 });
    expect(group).not.toHaveProperty("waitForElbCapacity");
    const policy = find("aws:autoscaling/policy:Policy").inputs.targetTrackingConfiguration;
    expect(policy).toMatchObject({ targetValue: 60, disableScaleIn: true });
  });

  test("names nothing that is replaced by name, and lets only the balancer in", async () => {
    await made("unnamed", { port: 9000 });
    for (const { type, inputs } of asked.filter((r) => r.type.startsWith("aws:")))
      expect([type, inputs.name]).toEqual([type, undefined]);
    expect(find("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs).toMatchObject({
      referencedSecurityGroupId: "sg-edge",
      fromPort: 9000,
      toPort: 9000,
    });
  });

  test("tells its version apart from another, and from the same one again", async () => {
    const version = async (name: string, args?: Partial<AutoScalingEnvironmentArgs>) => {
      const { group } = await made(name, { instanceProfileArn: "arn:profile", ...args });
      const [, tag] = group.tags as { key: string; value: string; propagateAtLaunch: boolean }[];
      expect(tag).toMatchObject({ key: "crossfade:version", propagateAtLaunch: true });
      expect(find("pulumi:index:Stash", `${name}-version`).inputs.input).toBe(tag?.value);
      return tag?.value;
    };
    const first = await version("once");
    // The security group, which the mocks name by the environment, is a part of it.
    expect(await version("twice", { image: `shop@sha256:${"2".repeat(64)}` })).not.toBe(first);
  });

  test.each<[string, Partial<AutoScalingEnvironmentArgs>, string]>([
    ["a command for an AMI", { image: AMI, ami: undefined, command: ["x"] }, "command"],
    ["an AMI for an AMI", { image: AMI }, "ami"],
    ["nothing that runs a container", { ami: undefined }, "ami"],
    ["more at least than at most", { scaling: { min: 3, max: 2 } }, "scaling.min"],
  ])("%s is refused", (_, args, propertyPath) => {
    const make = () => new AutoScalingEnvironment("refused", { ...environment, ...args });
    expect(make).toThrow(pulumi.InputPropertiesError);
    expect(make).toThrow(propertyPath);
  });
});

describe("the script of an instance", () => {
  const home = mkdtempSync(join(tmpdir(), "crossfade-instance-"));
  afterAll(() => rmSync(home, { recursive: true }));

  /** Runs it by bash, with its files in a folder and what it calls in the place of docker and the AWS CLI. */
  function run(script: string) {
    writeFileSync(join(home, "docker"), '#!/bin/sh\nprintf "%s|" "$@" >> "$LOG"\ncat >/dev/null\n', { mode: 0o755 });
    writeFileSync(join(home, "aws"), '#!/bin/sh\necho "of $*"\n', { mode: 0o755 });
    const log = join(home, "log");
    writeFileSync(log, "");
    const env = { PATH: `${home}:${process.env.PATH}`, LOG: log };
    execFileSync("bash", ["-c", script.replaceAll("/etc/crossfade", home)], { env, stdio: "pipe" });
    return { docker: readFileSync(log, "utf8"), variables: readFileSync(join(home, "environment"), "utf8") };
  }

  test("writes the variables, then does what the team wants, then starts the container", async () => {
    const { script, template } = await made("container", {
      env: { GREETING: "it's $HOME", EMPTY: "" },
      secrets: { KEY: "arn:aws:secretsmanager:eu-test-1:1:secret:key", TOKEN: "arn:aws:ssm:eu-test-2:1:parameter/t" },
      command: ["serve", "it's"],
      userData: 'docker first "$(cat /etc/crossfade/environment | wc -l)"',
      port: 9000,
      stop: 45,
    });
    expect(template.imageId).toBe(AMI);
    const { docker, variables } = run(script);
    expect(variables).toBe(
      [
        "GREETING=it's $HOME",
        "EMPTY=",
        "KEY=of secretsmanager get-secret-value --region eu-test-1 --secret-id arn:aws:secretsmanager:eu-test-1:1:secret:key --query SecretString --output text",
        "TOKEN=of ssm get-parameter --region eu-test-2 --with-decryption --name arn:aws:ssm:eu-test-2:1:parameter/t --query Parameter.Value --output text",
        "",
      ].join("\n"),
    );
    expect(docker).toMatch(/^first\|4\|run\|--detach\|/);
    expect(docker).toContain(`|--publish|9000:9000|--stop-timeout|45|${IMAGE}|serve|it's|`);
  });

  test("logs in to the registry of its image", async () => {
    const image = `123456789012.dkr.ecr.eu-test-1.amazonaws.com/${IMAGE}`;
    const { docker } = run((await made("ecr", { image })).script);
    expect(docker).toMatch(
      /^login\|--username\|AWS\|--password-stdin\|123456789012.dkr.ecr.eu-test-1.amazonaws.com\|run\|/,
    );
  });

  test("of an AMI starts no container", async () => {
    const { script, template } = await made("machine", {
      image: AMI,
      ami: undefined,
      env: { A: "1" },
      userData: "docker unit",
    });
    expect(template.imageId).toBe(AMI);
    expect(run(script)).toEqual({ docker: "unit|", variables: "A=1\n" });
  });

  test("ends where one of its lines fails: such an instance never gets healthy", async () => {
    const { script } = await made("failing", { userData: "false" });
    expect(() => run(script)).toThrow();
    expect(readFileSync(join(home, "log"), "utf8")).toBe("");
  });
});
