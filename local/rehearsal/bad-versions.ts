import type { Images, Version } from "./rehearsed-stack";

/** A version as no test of its own would have stopped it. */
export interface BadVersion extends Version {
  /** What is wrong with it. */
  fault: string;
  /** The switches of examples/shop that make it so. */
  env: (rps: number) => Record<string, string>;
}

/** A shop that answers badly from its first request on, one that never gets healthy, and one that fails under load only. */
export const BAD_VERSIONS = {
  // By this seed the share is right among the first answers already: the release is rolled back after some 30 of each task.
  errors: bad("v3", "answers 20 % of its requests with an error", () => ({ ERROR_RATE: "0.2", ERROR_SEED: "12" })),
  unhealthy: bad("v4", "never gets healthy", () => ({ UNHEALTHY: "1" })),
  // A third of the requests reaches a candidate at canary-50, for sticky clients stay where they were; it has two tasks.
  capacity: bad("v5", "cannot carry the load of half the users", (rps) => ({
    CAPACITY_RPS: String(Math.max(1, Math.round(0.16 * rps))),
  })),
};

function bad(version: string, fault: string, env: BadVersion["env"]): BadVersion {
  const digest = version.replace("v", "").repeat(64);
  return { version, fault, env, image: `shop@sha256:${digest}` };
}

/** The images of a config and the bad ones, which are run as the released one is; `rps` is the load that they are made for. */
export function withBadVersions(images: Images, released: Version, rps: number): Images {
  const good = images[released.image];
  if (!good?.env?.VERSION) return images; // not the example service
  const added = Object.values(BAD_VERSIONS).map(({ image, version, env }) => {
    return [image, { ...good, env: { ...good.env, VERSION: version, ...env(rps) } }] as const;
  });
  return { ...images, ...Object.fromEntries(added) };
}
