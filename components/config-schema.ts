import { z } from "zod";
import { COLORS, FULL, isAmi, parseRange, type Stage } from "../traffic";
import { exemptionKeys, exemptions, moment } from "../traffic/exemption-schema";
import type { NetworkConfig } from "./config";
import { analysis, knownAnalysisKeys } from "./config-analysis-schema";
import { background, knownBackgroundKeys } from "./config-background-schema";
import { duration } from "./config-duration";
import { DNS_LABEL, DNS_LABEL_WORDS, DNS_SUBDOMAIN, DNS_SUBDOMAIN_WORDS } from "./kubernetes-names";
import { SECRET_FORMS } from "./secret-forms";

const DIGEST =
  "an image by digest, registry/name@sha256:<64 hex digits>: a tag may be another image tomorrow, and then there is no way back";

const image = z.string().regex(/@sha256:[0-9a-f]{64}$/, DIGEST);

const ami = z.string().refine(isAmi, "the id of an AMI, ami-<8 or 17 hex digits>");

/** Whether it may be an AMI, the compute says: `config-compute.ts`. */
const versionImage = z.string().refine((text) => image.safeParse(text).success || isAmi(text), DIGEST);

/** Of which form it must be, the compute says: `config-compute.ts`. */
const secret = z
  .string()
  .refine(
    (text) => Object.values(SECRET_FORMS).some(({ form }) => form.test(text)),
    `${SECRET_FORMS.fargate.words}; on Kubernetes ${SECRET_FORMS.kubernetes.words}`,
  );

const env = z.record(z.string(), z.string("text: quote numbers and booleans"));

const sidecar = z.strictObject({
  image,
  command: z.array(z.string()).optional(),
  env: env.optional(),
  essential: z.boolean().optional(),
});

/** As a contract and a schema are told from the next. */
const range = (what: string) =>
  z
    .string('text: quote it, as in "7"')
    .refine((text) => parseRange(text) !== undefined, `${what}: ">=6 <=7", one of the two, or "7"`);

/** All that makes a version, so all that a color may have of its own. */
const version = {
  command: z.array(z.string()),
  env,
  secrets: z.record(z.string(), secret),
  port: z.int().min(1).max(65535),
  protocol: z.enum(["HTTP1", "HTTP2", "GRPC"]),
  health: z.string().startsWith("/", 'a path that begins with "/"'),
  healthInterval: duration(5, 300, "ELB, HealthCheckIntervalSeconds"),
  grace: duration(0, 86400, "chosen here: a day is no grace"),
  replicas: z.int().min(1).max(5000),
  scaling: z
    .strictObject({ min: z.int().min(1), max: z.int().min(1), cpu: z.int().min(1).max(100).optional() })
    .refine(({ min, max }) => min <= max, "min is at most max"),
  cpu: z.int().min(1),
  memory: z.int().min(1),
  drain: duration(0, 3600, "ELB, deregistration_delay.timeout_seconds"),
  stop: duration(2, 120, "ECS on Fargate, stopTimeout"),
  sidecars: z.record(z.string(), sidecar),
  schema: range("the schemas that it works on"),
  contract: range("the versions of its contract that it serves"),
  connections: z.int("a whole number: the size of the pool of one task").min(0),
  ...background,
};

const versionPart = z.strictObject(version).partial();

const hostName = z.string().regex(/^(?=.{1,128}$)(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9-]+$/i, "a host name");

/** What makes an edge. */
const edge = {
  certificate: z.string().startsWith("arn:", "the ARN of an ACM certificate").optional(),
  internal: z.boolean().optional(),
};

const service = z.strictObject({
  ...versionPart.shape,
  ...edge,
  host: hostName,
  clientKeepAlive: duration(60, 604800, "ELB, client_keep_alive.seconds").optional(),
  previewSecret: z.string().min(8, "at least 8 characters").optional(),
  sticky: duration(1, 604800, "ELB, TargetGroupStickinessConfig").optional(),
});

const networkKeys = {
  stack: z.string().min(1),
  vpcId: z.string().min(1),
  subnetIds: z.array(z.string().min(1)).min(2, "subnets in two zones at least (ELB)"),
  taskSubnetIds: z.array(z.string().min(1)).min(1),
};

const network = z
  .strictObject(networkKeys)
  .partial()
  .refine(
    ({ stack, vpcId, subnetIds }) => (stack ? !vpcId && !subnetIds : vpcId && subnetIds),
    "either stack, or vpcId and subnetIds",
  )
  .transform((given) => given as NetworkConfig);

/** What instances are, besides their version's image. */
const machine = z
  .strictObject({
    ami,
    instanceType: z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, "an EC2 instance type, such as m7g.large"),
    userData: z.string().min(1, "lines of bash"),
  })
  .partial();

const autoscaling = machine.extend({
  startup: duration(1, 7200, "chosen here: an instance of two hours is no release").optional(),
  instanceProfile: z.string().startsWith("arn:", "the ARN of an instance profile").optional(),
});

/** Written out it means the same stack in every stack's config. */
const stackName = z.string().regex(/^[^/\s]+\/[^/\s]+\/[^/\s]+$/, "a stack, written out: organization/project/stack");

const requirement = z.strictObject({ stack: stackName, contract: range("the versions of its contract that it needs") });

const requires = z
  .array(requirement)
  .refine((all) => new Set(all.map(({ stack }) => stack)).size === all.length, "each stack once");

/** What a color may have of its own: its version, and, where each color has an edge, what its edge is. */
const environment = z.strictObject({
  image: versionImage,
  ...versionPart.shape,
  ...machine.shape,
  ...edge,
  requires: requires.optional(),
  network: network.optional(),
});

const dns = z.strictObject({
  zone: z.string().regex(/^Z[A-Z0-9]{1,31}$/, "the id of a hosted zone, such as Z2FDTNDATAQYW2"),
  domain: hostName,
  failover: z.enum(["none", "to-idle"]).optional(),
  previewHosts: z.strictObject({ blue: hostName, green: hostName }).partial().optional(),
});

const namespace = z.string().regex(DNS_LABEL, `the name of a namespace: ${DNS_LABEL_WORDS}`);

const gateway = z.strictObject({
  name: z.string().regex(DNS_SUBDOMAIN, `the name of a Gateway: ${DNS_SUBDOMAIN_WORDS}`),
  namespace,
});

const kubernetes = z.strictObject({ namespace, gateway: gateway.optional(), mirror: z.boolean().optional() });

const rolling = z.strictObject({
  batches: z.array(z.number()),
  pause: duration(0, 172_800, "EC2 Auto Scaling, CheckpointDelay"),
  alarms: z.array(z.string().min(1)).max(10, "ten alarms at most (EC2 Auto Scaling, AlarmSpecification)").optional(),
});

const migration = z.strictObject({
  phase: z.enum(["expand", "contract"]),
  directory: z.string().min(1, "the folder of its files"),
  to: z.int("a whole number: that of the last file that is run").min(1).optional(),
  postgres: z.int("the server's major version, such as 16").min(11, "11 is the oldest that is known here"),
  maxConnections: z
    .int("a whole number: what SHOW max_connections says, less those that are reserved")
    .min(1)
    .optional(),
  command: z.array(z.string()).min(1).optional(),
  patience: duration(60, 86_400, "chosen here: a day").optional(),
});

const local = z.strictObject({
  images: z.record(z.string(), z.strictObject({ run: z.string(), env: env.optional() })),
  dnsSpeed: z.int("a whole number: so many times as fast the times of DNS run").min(1).optional(),
});

const stage = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and dashes")
      .optional(),
    weight: z.int("a whole number of percent, 1 to 99").min(1).max(100).optional(),
    bake: duration(0, 2_592_000, "chosen here: 30 days").optional(),
  })
  .refine(({ name, weight }) => weight !== undefined || name === FULL, "needs a weight from 1 to 99, in percent")
  .refine(
    ({ name, weight }) => weight === undefined || (name === FULL) === (weight === 100),
    `weight 100 is the stage "${FULL}", and no other`,
  )
  .transform(({ name, weight = 100, bake = 0 }): Stage => ({ name: name ?? `canary-${weight}`, weight, bake }));

const plans = z.record(
  z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and dashes"),
  z.array(stage),
);

const rejection = z.strictObject({
  digest: z
    .string()
    .refine(
      (text) => /^sha256:[0-9a-f]{64}$/.test(text) || isAmi(text),
      "the digest of an image, sha256:<64 hex digits>, or the id of an AMI",
    ),
  at: moment.transform((at) => at.toISOString()),
  reason: z.string().min(1, "why, for those who read it later"),
});

/** The stack config: `crossfade:<key>` for each key here. */
export const schema = z.object({
  blue: environment.optional(),
  green: environment.optional(),
  stable: z.enum(COLORS),
  stage: z.string().optional(),
  stages: z.array(stage).optional(),
  plan: z.string().optional(),
  plans: plans.optional(),
  rejected: z.array(rejection).optional(),
  compute: z.enum(["fargate", "kubernetes", "autoscaling"]).default("fargate"),
  kubernetes: kubernetes.optional(),
  autoscaling: autoscaling.optional(),
  rolling: rolling.optional(),
  migration: migration.optional(),
  requires: requires.optional(),
  requiredBy: z.array(stackName).optional(),
  releasedFirst: stackName.optional(),
  service,
  network: network.optional(),
  dns: dns.optional(),
  analysis: analysis.optional(),
  /** Read by the policies; here so that a mistake in it is told at once. */
  breakGlass: exemptions.optional(),
  /** Read by the components' gates; here so that a mistake in it is told at once. */
  gates: z.enum(["true", "false"], "true or false").optional(),
  local: local.optional(),
});

export type Parsed = z.output<typeof schema>;

/** The keys that exist at a place in the config, for the hint on a key that does not. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  const [first, second] = path;
  if (first === undefined) return Object.keys(schema.shape);
  if (first === "service" && second === undefined) return Object.keys(service.shape);
  if ((first === "blue" || first === "green") && second === undefined) return Object.keys(environment.shape);
  if (first === "network" || second === "network") return Object.keys(networkKeys);
  if (first === "dns") return second === undefined ? Object.keys(dns.shape) : [...COLORS];
  if (first === "kubernetes") return Object.keys(second === "gateway" ? gateway.shape : kubernetes.shape);
  if (first === "analysis") return knownAnalysisKeys(second);
  if (first === "rolling") return Object.keys(rolling.shape);
  if (first === "migration") return Object.keys(migration.shape);
  if (first === "autoscaling") return Object.keys(autoscaling.shape);
  if (first === "local" && second === undefined) return Object.keys(local.shape);
  if (first === "stages" || first === "plans") return ["name", "weight", "bake"];
  if (first === "requires" || second === "requires") return Object.keys(requirement.shape);
  if (first === "rejected") return Object.keys(rejection.shape);
  if (first === "breakGlass") return Object.keys(exemptionKeys);
  if (second === "scaling") return ["min", "max", "cpu"];
  return knownBackgroundKeys(second) ?? [];
}
