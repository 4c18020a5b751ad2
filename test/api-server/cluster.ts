import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import { ApiServer } from "./api-server";
import type { ApiClient, Manifest } from "./client";
import { ensureApiServer } from "./ensure-api-server";
import { TARGET_GROUP_BINDING } from "./target-group-binding";

/** The namespace of the tests' objects; it lets no pod in that is not `restricted` (Pod Security Standards). */
export const NAMESPACE = "shop";

/** An API server that knows what a cluster with our routes has: the Gateway API, TargetGroupBindings, the namespace. */
export async function startCluster(progress: (line: string) => void): Promise<ApiServer> {
  const root = await ensureApiServer({ progress });
  const server = await ApiServer.start(root);
  try {
    const definitions = [...gatewayApi(join(root, "gateway-api")), TARGET_GROUP_BINDING];
    await Promise.all(definitions.map((definition) => install(server.client, definition)));
    const labels = {
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
    };
    await create(server.client, { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels } });
    // A controller would make it.
    await create(server.client, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: NAMESPACE },
    });
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The definitions of its standard channel, which a cluster with any implementation has. */
function gatewayApi(folder: string): Manifest[] {
  const documents = readdirSync(folder).flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), "utf8")));
  return documents
    .map((document) => document.toJSON() as Manifest | null)
    .filter((object) => object?.kind === "CustomResourceDefinition") as Manifest[];
}

async function install(client: ApiClient, definition: Manifest): Promise<void> {
  await create(client, definition);
  for (;;) {
    const { body } = await client.get(definition);
    const conditions: { type: string; status: string }[] = body.status?.conditions ?? [];
    if (conditions.some(({ type, status }) => type === "Established" && status === "True")) return;
    await sleep(100);
  }
}

async function create(client: ApiClient, object: Manifest): Promise<void> {
  const { status, body } = await client.create(object);
  if (status !== 201)
    throw new Error(`the API server does not take ${object.kind} ${object.metadata.name}: ${body.message}`);
}
