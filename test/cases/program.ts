import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { WrittenItem } from "./written";

/** The program of all cases: it registers what `items.json` beside it holds. */
const items: WrittenItem[] = JSON.parse(readFileSync(join(__dirname, "items.json"), "utf8"));
class Component extends pulumi.ComponentResource {
  end = (outputs: object) => this.registerOutputs(outputs);
}
class Custom extends pulumi.CustomResource {}
class Provider extends pulumi.ProviderResource {}
const PROVIDER = "pulumi:providers:";

/** What components register when their children are there. */
const ends: (() => void)[] = [];
const registered = new Map<string, pulumi.Resource & Record<string, unknown>>();

for (const { name, type, component, inputs, outputs, reads, parent, dependsOn = [], opts } of items) {
  const options = {
    ...opts,
    aliases: opts?.aliases?.map((former) => ({ name: former })),
    parent: parent === undefined ? undefined : found(parent),
    provider: opts?.provider === undefined ? undefined : (found(opts.provider) as unknown as pulumi.ProviderResource),
    dependsOn: dependsOn.map(found),
  };
  if (component) {
    const made = new Component(type, name, resolved(inputs), options as pulumi.ComponentResourceOptions);
    registered.set(name, made as never);
    ends.push(() => made.end(resolved(outputs ?? {})));
  } else if (type.startsWith(PROVIDER)) {
    registered.set(name, new Provider(type.slice(PROVIDER.length), name, resolved(inputs), options) as never);
  } else {
    // An output becomes a property of the resource where its inputs have the key.
    const keys = Object.fromEntries(reads.map((key) => [key, undefined]));
    registered.set(name, new Custom(type, name, { ...keys, ...resolved(inputs) }, options) as never);
  }
}
for (const end of ends) end();

function found(name: string) {
  const resource = registered.get(name);
  if (!resource) throw new Error(`"${name}" is not registered before what needs it`);
  return resource;
}

function resolved<T>(value: T): T {
  if (Array.isArray(value)) return value.map(resolved) as T;
  if (value === null || typeof value !== "object") return value;
  const { $ref, output, $secret } = value as { $ref?: string; output?: string; $secret?: unknown };
  if ($ref !== undefined) return found($ref)[output ?? "id"] as T;
  if ($secret !== undefined) return pulumi.secret($secret) as T;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)])) as T;
}
