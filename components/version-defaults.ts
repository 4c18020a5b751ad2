import type { Parsed } from "./config-schema";

/** What the stack config leaves out of a version. */
export const VERSION_DEFAULTS = {
  env: {},
  secrets: {},
  port: 8080,
  protocol: "HTTP1",
  health: "/healthz",
  healthInterval: 10,
  grace: 60,
  replicas: 2,
  cpu: 256,
  memory: 512,
  drain: 60,
  stop: 30,
  sidecars: {},
} satisfies Partial<NonNullable<Parsed["blue"]>>;
