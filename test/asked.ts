import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach } from "vitest";

/** What the components ask the engine for. */
export interface Asked {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  provider?: string;
}

/** Stands in for the engine in a test file, and collects what each test asks it for; after what delay, in milliseconds. */
export function collectAsked(delayOf: (name: string, type: string) => number = () => 0) {
  const asked: Asked[] = [];
  const reset = async () => {
    asked.length = 0;
    const mocks: pulumi.runtime.Mocks = {
      newResource: async ({ type, name, inputs, provider }) => {
        await sleep(delayOf(name, type));
        asked.push({ type, name, inputs, provider });
        // An object of Kubernetes gets its name from the provider.
        const metadata = inputs.metadata && { metadata: { ...inputs.metadata, name: `${name}-1a2b3c4d` } };
        return { id: `${name}-id`, state: { ...inputs, name, arn: `arn:aws:test:${name}`, ...metadata } };
      },
      call: () => ({ region: "eu-test-1" }),
    };
    await pulumi.runtime.setMocks(mocks, undefined, undefined, undefined, "acme");
  };
  beforeAll(reset);
  beforeEach(() => {
    asked.length = 0;
  });
  return {
    asked,
    /** A new engine, in which every name is free again. */
    reset,
    find(type: string, name?: string): Asked {
      const found = asked.find((r) => r.type === type && (name === undefined || r.name === name));
      if (!found)
        throw new Error(`no ${type} ${name ?? ""} was asked for, only ${asked.map((r) => `${r.type} ${r.name}`)}`);
      return found;
    },
  };
}

/** Lets everything that was registered settle. */
export async function settled(): Promise<void> {
  await pulumi.runtime.disconnect();
}
