import { collectAsked, settled } from "../asked";
import type { Manifest } from "./client";

/** In a test file: gives the manifests that a program asks the cluster for, named as the provider would name them. */
export function collectManifests() {
  const { asked } = collectAsked();
  return async (program: () => void): Promise<Manifest[]> => {
    asked.length = 0;
    program();
    await settled();
    const manifests = asked.filter(({ type }) => type.startsWith("kubernetes:"));
    return manifests.map(({ name, inputs }) => {
      const manifest = inputs as unknown as Manifest;
      return { ...manifest, metadata: { ...manifest.metadata, name: `${name}-1a2b3c4d` } };
    });
  };
}

export function find(manifests: Manifest[], kind: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind);
  if (!found) throw new Error(`no ${kind} was asked for, only ${manifests.map((manifest) => manifest.kind)}`);
  return found;
}
