import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { ApiServer } from "./api-server";
import type { Answer, Manifest } from "./client";

/** Writes of a route what a Gateway's controller writes: its conditions, of the generation that is stored. */
export async function writeStatus({ client }: ApiServer, route: Manifest, conditions: object): Promise<Answer> {
  const { body } = await client.get(route);
  const at = { observedGeneration: body.metadata.generation, lastTransitionTime: new Date(0).toISOString() };
  const parents = [
    {
      controllerName: "example.com/gateway",
      parentRef: { name: "public", namespace: "edge" },
      conditions: Object.entries(conditions).map(([type, status]) => ({
        ...{ type, status, reason: type, message: "", ...at },
      })),
    },
  ];
  return client.patch(route, "merge", { status: { parents } }, { subresource: "status", manager: "gateway" });
}

/** Whether Pulumi's provider would wait no longer, by the object's own `pulumi.com/waitFor`. */
export async function isDone({ client, root }: ApiServer, object: Manifest): Promise<boolean> {
  const { body } = await client.get(object);
  const { stdout, stderr } = spawnSync(join(root, "bin/wait-for"), { input: JSON.stringify(body), encoding: "utf8" });
  if (stderr) throw new Error(`the provider could not wait for ${object.kind} ${object.metadata.name}: ${stderr}`);
  return stdout.trim() === "true";
}
