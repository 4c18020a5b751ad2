import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LocalWorld, ROOT, type TestStack } from "../local-world";

/** How often each preview is taken, and once where it takes minutes; the quickest counts. */
const TIMES = Number(process.env.TIMES ?? 3);
const MINUTES_LONG = 20_000;

const ENV = {
  // The engine saves the whole state after each step: of thousands, once at the end will do.
  PULUMI_EXPERIMENTAL: "true",
  PULUMI_SKIP_CHECKPOINTS: "true",
};

interface Pack {
  name: string;
  flags: string[];
}

/**
 * Whole previews by the engine, in the local cloud: with no pack, an empty one, `@pulumi/awsguard` and ours, in turn.
 *
 * @param guard where `@pulumi/awsguard` is installed, if it is
 */
export async function previewTable(counts: readonly number[], guard: string | undefined): Promise<string[]> {
  const world = await LocalWorld.start();
  try {
    const packs: Pack[] = [
      { name: "no pack", flags: [] },
      { name: "an empty pack", flags: pack(world.home, "empty", "[]") },
      ...(guard ? [{ name: "@pulumi/awsguard", flags: guardPack(guard) }] : []),
      { name: "ours", flags: ownPack(world.home) },
    ];
    const lines: string[] = [];
    for (const count of counts) {
      const stack = await world.project(`bench-${count}`, program(count, 1), ENV);
      const made = await stack.up("--skip-preview");
      if (made.code !== 0) throw new Error(`the stack of ${count} could not be made: ${made.output.slice(-2000)}`);
      // Half of what is there changes.
      stack.write(program(count, 2));
      lines.push(...(await rows(stack, count, packs)));
    }
    return ["| resources | pack | preview | more than an empty pack |", "| --- | --- | --- | --- |", ...lines];
  } finally {
    await world.stop();
  }
}

async function rows(stack: TestStack, count: number, packs: readonly Pack[]): Promise<string[]> {
  const took = new Map(packs.map(({ name }) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < (count < MINUTES_LONG ? TIMES : 1); round++) {
    for (const { name, flags } of packs) {
      const start = performance.now();
      const { code, output } = await stack.preview(...flags);
      if (code !== 0) throw new Error(`a preview with ${name} failed: ${output.slice(-2000)}`);
      const now = performance.now() - start;
      process.stderr.write(`${count} resources, ${name}: ${seconds(now)}\n`);
      took.set(name, Math.min(took.get(name) ?? 0, now));
    }
  }
  const empty = took.get("an empty pack") ?? 0;
  return [...took].map(
    ([name, value]) => `| ${count} | ${name} | ${seconds(value)} | ${value > empty ? seconds(value - empty) : "-"} |`,
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** One edge with a route, and roles and alarms, of which every other one changes. */
function program(count: number, version: number): string {
  return `
    import * as aws from "@pulumi/aws";
    const group = new aws.lb.TargetGroup("blue", { port: 8080, protocol: "HTTP", targetType: "ip", vpcId: "vpc-1" });
    const balancer = new aws.lb.LoadBalancer("edge", { subnets: ["subnet-1", "subnet-2"] });
    new aws.lb.Listener("web", {
      loadBalancerArn: balancer.arn, port: 80, protocol: "HTTP",
      defaultActions: [{ type: "forward", targetGroupArn: group.arn }],
    });
    for (let n = 0; n < ${(count - 3) / 2}; n++) {
      const role = new aws.iam.Role("role-" + n, {
        assumeRolePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [] }), tags: { team: "shop", part: "role-" + n },
      });
      new aws.cloudwatch.MetricAlarm("alarm-" + n, {
        comparisonOperator: "GreaterThanThreshold", evaluationPeriods: 2, metricName: "5XX", namespace: "AWS/ApplicationELB",
        period: 60, statistic: "Sum", threshold: ${version}, alarmDescription: role.arn, tags: { team: "shop", part: "alarm-" + n },
      });
    }`;
}

/** A pack of plain JavaScript in a folder of this repository, so that it finds the SDK. */
export function pack(home: string, name: string, policies: string, requires = "", of = "PolicyPack"): string[] {
  const folder = join(home, `pack-${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "PulumiPolicy.yaml"),
    "runtime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.js\n",
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
  const made = of === "PolicyPack" ? `new PolicyPack("${name}", { policies: ${policies} })` : policies;
  writeFileSync(join(folder, "index.js"), `const { PolicyPack } = require("@pulumi/policy");\n${requires}\n${made};\n`);
  return ["--policy-pack", folder];
}

/** Ours as the npm package has it: built, and without the sources that the repository's would bundle first. */
export function ownPack(home: string): string[] {
  execFileSync("npm", ["run", "build:policies"], { cwd: ROOT, stdio: "pipe" });
  const folder = join(home, "packed");
  for (const file of ["PulumiPolicy.yaml", "package.json", "start.js"]) {
    cpSync(join(ROOT, "policies", file), join(folder, "policies", file));
  }
  cpSync(join(ROOT, "dist/policies"), join(folder, "dist/policies"), { recursive: true });
  return ["--policy-pack", join(folder, "policies")];
}

/** All of awsguard's rules, as advice. It brings an SDK of its own. */
export function guardPack(installed: string): string[] {
  const start = 'new AwsGuard({ all: "advisory" })';
  return pack(installed, "awsguard", start, 'const { AwsGuard } = require("@pulumi/awsguard");', "AwsGuard");
}
