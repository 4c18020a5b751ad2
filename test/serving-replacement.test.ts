import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LocalWorld, PACK, packWithout, type TestStack } from "./local-world";

/** A plain program: a balancer, a group that serves, one that does not, and no component of ours. */
interface Shape {
  served?: string;
  idle?: string;
  /** On the group that serves. */
  options?: string;
  balancer?: string;
}

function program({ served = "port: 8080", idle = "port: 8080", options = "", balancer = "" }: Shape): string {
  const group = (name: string, args: string, opts = "") => `
    const ${name} = new aws.lb.TargetGroup("${name}", {
      protocol: "HTTP", protocolVersion: "HTTP1", targetType: "ip", vpcId: "vpc-1", ...{ ${args} },
    }, { ${opts} });`;
  return `
    import * as aws from "@pulumi/aws";
    const balancer = new aws.lb.LoadBalancer("balancer", { subnets: ["subnet-1", "subnet-2"], ${balancer} });
    ${group("served", served, options)}
    ${group("idle", idle)}
    new aws.lb.Listener("web", {
      loadBalancerArn: balancer.arn, port: 80, protocol: "HTTP",
      defaultActions: [{ type: "forward", forward: { targetGroups: [
        { arn: served.arn, weight: 100 }, { arn: idle.arn, weight: 0 },
      ] } }],
    });`;
}

let world: LocalWorld;
beforeAll(async () => {
  world = await LocalWorld.start();
});
afterAll(() => world.stop());

describe("on a plain program", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await world.project("plain", program({}));
    expect(await stack.up("--skip-preview", ...PACK)).toMatchObject({ code: 0 });
  });

  test("a replacement under --skip-preview is stopped before the step, and nothing was replaced", async () => {
    // The engine may write the same resources in another order.
    const ids = async () => (await stack.resources()).map(({ urn, outputs }) => `${urn} ${outputs?.id}`).sort();
    const before = await ids();
    stack.write(program({ served: "port: 9090" }));
    const { code, output } = await stack.up("--skip-preview", ...PACK);
    expect(output).toContain('"served" would be replaced');
    expect(code).not.toBe(0);
    expect(await ids()).toEqual(before);
  });

  test("a rename without an alias is refused as a deletion, and with one it passes", async () => {
    const renamed = program({}).replace('aws.lb.TargetGroup("served"', 'aws.lb.TargetGroup("renamed"');
    stack.write(renamed);
    const refused = await stack.preview(...PACK);
    expect(refused.output).toMatch(/\[mandatory\] +serving-deletion/);
    expect(refused.output).toContain('"served" would be deleted, and it receives 100 %');
    expect(refused.code).not.toBe(0);

    stack.write(
      renamed.replace("{  });\n    \n    const idle", '{ aliases: [{ name: "served" }] });\n    \n    const idle'),
    );
    const passed = await stack.preview(...PACK);
    expect(passed.output).not.toContain("would be deleted");
    expect(passed.code).toBe(0);
  });
});

test("with protect removed in the same commit it is refused", async () => {
  const stack = await world.project("protected", program({ options: "protect: true" }));
  expect(await stack.up("--skip-preview", ...PACK)).toMatchObject({ code: 0 });
  stack.write(program({ served: "port: 9090" }));
  const { code, output } = await stack.preview(...PACK);
  expect(output).toContain('"served" would be replaced');
  expect(code).not.toBe(0);
  const control = await stack.preview(...packWithout("serving-replacement", world.home));
  expect(control.code).toBe(0);
});

test("an unreadable prior state is a refusal", async () => {
  const stack = await world.project("sealed", program({}));
  expect(await stack.up("--skip-preview", ...PACK)).toMatchObject({ code: 0 });
  expect(await stack.preview(...PACK)).toMatchObject({ code: 0 });
  // Only the pack looks for the engine on the PATH.
  const broken = mkdtempSync(join(world.home, "broken-"));
  writeFileSync(join(broken, "pulumi"), "#!/bin/sh\necho 'error: incorrect passphrase' >&2\nexit 1\n", { mode: 0o755 });
  stack.pulumi.env.PATH = `${broken}:${stack.pulumi.env.PATH}`;
  const { code, output } = await stack.preview(...PACK);
  expect(output).toContain("the state before it cannot be read: error: incorrect passphrase");
  // Told once, and not by each policy again.
  expect(output.match(/\[mandatory\]/g)).toHaveLength(1);
  expect(code).not.toBe(0);
});

test("an analysis of a state alone, which has no next one, does not pass", async () => {
  const stack = await world.project("analyzed", program({}));
  expect(await stack.up("--skip-preview", ...PACK)).toMatchObject({ code: 0 });
  const { code, output } = await stack.pulumi.run(["policy", "analyze", ...PACK, "--stack", "dev"]);
  expect(output).toContain('an analysis of a state ("pulumi policy analyze") has no next one');
  expect(output.match(/\[mandatory\]/g)).toHaveLength(1);
  expect(code).not.toBe(0);
});
