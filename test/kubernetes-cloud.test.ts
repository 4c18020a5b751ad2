import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, until } from "./facts/local-cloud";
import { LocalWorld, type TestStack } from "./local-world";

/** The local cluster's provider, asked by the real engine. */

let world: LocalWorld;
let stack: TestStack;
beforeAll(async () => {
  const run = `${process.execPath} ${join(__dirname, "facts/target.js")}`;
  const images = () => ({ "shop:1": { run, env: { VERSION: "v1" } }, "shop:2": { run, env: { VERSION: "v2" } } });
  world = await LocalWorld.start({ images });
  stack = await world.project("cluster", program({}));
});
afterAll(() => world.stop());

interface Settings {
  namespace?: string;
  gateway?: string;
  /** By color. */
  weights?: { blue: number; green: number };
  image?: string;
  /** What blue's Deployment selects, and its pods are labelled with. */
  label?: string;
  /** Its own name; without one the provider names it. */
  name?: string;
}

function program({
  namespace = "shop",
  gateway = "public",
  weights = { blue: 100, green: 0 },
  image = "shop:1",
  label = "app",
  name,
}: Settings): string {
  return `
    import * as k8s from "@pulumi/kubernetes";
    const services = ["blue", "green"].map((color) => {
      const labels = { [color === "blue" ? "${label}" : "app"]: color };
      const service = new k8s.core.v1.Service(color, {
        metadata: { namespace: "${namespace}", annotations: { "pulumi.com/skipAwait": "true" } },
        spec: { selector: labels, ports: [{ port: 80 }] },
      });
      const deployment = new k8s.apps.v1.Deployment(color, {
        metadata: { namespace: "${namespace}", name: color === "blue" ? ${JSON.stringify(name)} : undefined },
        spec: {
          replicas: 2,
          progressDeadlineSeconds: 1,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              terminationGracePeriodSeconds: 3,
              containers: [{
                name: "service",
                image: color === "blue" ? "${image}" : "shop:2",
                lifecycle: { preStop: { sleep: { seconds: 1 } } },
                readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1 },
              }],
            },
          },
        },
      }, { dependsOn: service, customTimeouts: { create: "3s", update: "3s" } });
      return { color, service, deployment };
    });
    const weights = ${JSON.stringify(weights)};
    const has = (type) => "jsonpath={.status.parents[*].conditions[?@.type == '" + type +
      "' && @.status == 'True' && @.observedGeneration == $.metadata.generation]}";
    new k8s.apiextensions.CustomResource("shop", {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: {
        namespace: "${namespace}",
        annotations: { "pulumi.com/waitFor": JSON.stringify([has("Accepted"), has("ResolvedRefs")]) },
      },
      spec: {
        parentRefs: [{ name: "${gateway}", namespace: "edge" }],
        rules: [{
          backendRefs: services.map(({ color, service }) => ({
            name: service.metadata.name, port: 80, weight: weights[color],
          })),
        }],
      },
    }, { dependsOn: services.map(({ deployment }) => deployment), customTimeouts: { create: "2s", update: "2s" } });`;
}

/** Without the preview before it, to save time: what a preview shows of Kubernetes is what its inputs are. */
async function up(settings: Settings): Promise<{ code: number; output: string }> {
  stack.write(program(settings));
  return stack.up("--skip-preview");
}

async function succeeds(settings: Settings): Promise<string> {
  const { code, output } = await up(settings);
  expect(output).not.toContain("error:");
  expect(code).toBe(0);
  return output;
}

/** What becomes of blue's Deployment, in its order: `creating replacement`. */
function stepsOfBlue(output: string): string[] {
  return [...output.matchAll(/apps\/v1:Deployment blue ((?:creating|deleting) \w+)/g)].map(([, step]) => step ?? "");
}

async function nameOfBlue(): Promise<unknown> {
  const resources = await stack.resources();
  return resources.flatMap(({ urn, outputs }) => {
    return urn.endsWith("apps/v1:Deployment::blue") ? (outputs.metadata as { name: string }).name : [];
  })[0];
}

/** Who answers, of many requests. */
async function answers(): Promise<string[]> {
  const all = await Promise.all(Array.from({ length: 40 }, () => ask(world.cloud.addresses()[0])));
  return [...new Set(all.map(({ status, body }) => (status === 200 ? body : String(status))))].sort();
}

test("a namespace that is not there", async () => {
  const { code, output } = await up({ namespace: "nowhere" });
  expect(code).not.toBe(0);
  expect(output).toContain('namespaces "nowhere" not found');
});

test("a Gateway that is not there: the route is made, and the wait for its status ends", async () => {
  const { code, output } = await up({ gateway: "none" });
  expect(code).not.toBe(0);
  expect(output).toMatch(
    /"shop\/shop-\w{8}" failed to fully initialize or become live: timed out waiting for the condition/,
  );
  expect((await stack.resources()).map(({ urn }) => urn)).toContainEqual(expect.stringContaining("HTTPRoute::shop"));
  expect(world.cloud.addresses()).toEqual([]);
});

test("Deployments behind a route, whose weights move the requests", async () => {
  await succeeds({ weights: { blue: 50, green: 50 } });
  expect(world.cloud.addresses()).toHaveLength(2);
  await until(async () => (await answers()).join() === "v1,v2");
  await succeeds({ weights: { blue: 100, green: 0 } });
  await until(async () => (await answers()).join() === "v1");
});

test("an image that cannot be had: the step ends with the pods' reason, and the old pods serve", async () => {
  const { code, output } = await up({ image: "shop:9" });
  expect(code).not.toBe(0);
  expect(output).toMatch(/'blue-\w{8}' timed out waiting to be Ready/);
  expect(output).toContain("[ProgressDeadlineExceeded]");
  expect(output).toContain("[ErrImagePull] no command stands for the image shop:9");
  expect(await answers()).toEqual(["v1"]);
  await succeeds({}); // the next update finds it not ready, and asks again
});

test("a changed selector replaces the Deployment: the new one first, under another name", async () => {
  const before = await nameOfBlue();
  const output = await succeeds({ label: "tier" });
  expect(stepsOfBlue(output)).toEqual(["creating replacement", "deleting original"]);
  expect(await nameOfBlue()).not.toBe(before);
  await until(async () => (await answers()).join() === "v1");
});

test("a name of the program's own: the old Deployment is deleted first, and nobody answers for it", async () => {
  await succeeds({ label: "tier", name: "blue" });
  expect(await nameOfBlue()).toBe("blue");
  const seen = new Set<string>();
  const updated = succeeds({ name: "blue" }).finally(() => seen.add("over"));
  while (!seen.has("over")) for (const answer of await answers()) seen.add(answer);
  expect(stepsOfBlue(await updated)).toEqual(["deleting original", "creating replacement"]);
  expect([...seen]).toContain("503");
});
