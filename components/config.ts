import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import {
  COLORS,
  type Color,
  IDLE,
  otherColor,
  type Rejection,
  type Requirement,
  type RolloutPlan,
  wholeWay,
} from "../traffic";
import type { AnalysisConfig } from "./analysis";
import { analysisOf, checkAnalysis } from "./config-analysis";
import { checkBackground } from "./config-background";
import { checkCompute } from "./config-compute";
import { checkEdges } from "./config-edges";
import { checkMigration } from "./config-migration";
import { ConfigError, didYouMean, type Problem, type Report } from "./config-problem";
import { checkRolling } from "./config-rolling";
import { knownKeys, type Parsed, schema } from "./config-schema";
import { checkStages, listedStages } from "./config-stages";
import { versionOf } from "./config-version";
import { dnsNames } from "./dns-names";
import type { SchemaArgs } from "./migration-files";
import type { RollingArgs } from "./rolling-args";

/** The namespace of every key. It is always written out: in somebody else's project the default one is theirs. */
const NAMESPACE = "crossfade";

/** One color's version, the service's defaults filled in. Durations are in seconds, memory in MiB, CPU in units of 1/1024. */
export interface EnvironmentConfig {
  image: string;
  command?: string[];
  env: Record<string, string>;
  secrets: Record<string, string>;
  port: number;
  protocol: "HTTP1" | "HTTP2" | "GRPC";
  health: string;
  healthInterval: number;
  grace: number;
  /** Not there on Kubernetes with `scaling`, where the number is the autoscaler's from the start. */
  replicas?: number;
  scaling?: { min: number; max: number; cpu?: number };
  /** Not there on instances: their type has them. */
  cpu?: number;
  /** Not there on instances. */
  memory?: number;
  /** Of instances: the AMI that runs the version's container. */
  ami?: string;
  /** There on instances, and only there. */
  instanceType?: string;
  userData?: string;
  drain: number;
  stop: number;
  /** The schemas of the database that it works on: `>=6 <=7`. */
  schema?: string;
  /** The connections to it that one task holds at most. */
  connections?: number;
  /** The versions of its contract that it serves: `>=3 <=4`. */
  contract?: string;
  requires?: Requirement[];
  sidecars: Record<string, { image: string; command?: string[]; env?: Record<string, string>; essential?: boolean }>;
  /** What works unasked, by name: tasks that are always there, as long as the version is stable. */
  workers?: Record<string, UnaskedConfig & { replicas?: number; exclusive?: boolean }>;
  /** By name, too: tasks that the clock starts. */
  schedules?: Record<string, UnaskedConfig & { at: string; zone?: string }>;
  /** Whether its tasks are told their role. */
  signal?: boolean;
}

/** What of it is not as in the version's service. */
interface UnaskedConfig {
  command?: string[];
  cpu?: number;
  memory?: number;
}

/** A stack that has `vpcId`, `publicSubnetIds` and `privateSubnetIds` among its outputs, or the ids themselves. */
export type NetworkConfig = { stack: string } | { vpcId: string; subnetIds: string[]; taskSubnetIds?: string[] };

/** What the balancer is, the one or a color's. */
export interface EdgeConfig {
  certificate?: string;
  /** Whether the balancer is reachable from inside the network only. */
  internal: boolean;
  /** Seconds that a client may keep its connection; AWS's own 3600 where it is not there. */
  clientKeepAlive?: number;
  network: NetworkConfig;
}

/** The zone of the host, for an edge of each color and weighted records between them. */
export interface DnsConfig {
  /** The hosted zone's id. */
  zone: string;
  /** The zone's name. */
  domain: string;
  /** What the record of weight 0 does when the other one is unhealthy. */
  failover: "none" | "to-idle";
  /** The host at which each color alone is reached. */
  previewHosts: Record<Color, string>;
}

/** Where an environment on Kubernetes is. */
export interface KubernetesConfig {
  namespace: string;
  /** The route is one of a Gateway; without it both colors are behind one balancer. */
  gateway?: { name: string; namespace: string };
  /** Whether the candidate gets a copy of stable's requests at `idle`. */
  mirror: boolean;
}

/** What the instances of both colors have. */
export interface AutoScalingConfig {
  /** The ARN of their instance profile; one of its own for each color, where it is not there. */
  instanceProfile?: string;
  /** Seconds from an instance's launch until its service starts, at most. */
  startup?: number;
}

/** What the database is brought to, and by what job. */
export interface MigrationConfig extends SchemaArgs {
  /** Seconds that the job may take. */
  patience?: number;
}

/**
 * The stack config, read and found good. These types are written out and not inferred from the schema: zod's own types would
 * be in the package's, and do not compile with the compiler options of Pulumi's templates.
 */
export interface Config extends Omit<EdgeConfig, "network"> {
  /** What the environments run on. */
  compute: "fargate" | "kubernetes" | "autoscaling";
  /** There with compute `kubernetes`, and only then. */
  kubernetes?: KubernetesConfig;
  /** There with compute `autoscaling`, and only then. */
  autoscaling?: AutoScalingConfig;
  /** How a new version comes to the one environment that is there; without it by stages, between two. */
  rolling?: RollingArgs;
  migration?: MigrationConfig;
  /** The stacks whose versions may need a contract of this one's. */
  requiredBy: readonly string[];
  /** The stack that is to have released an image before it gets weight here. */
  releasedFirst?: string;
  /** Not there behind a Gateway. */
  network?: NetworkConfig;
  rollout: RolloutPlan;
  /** The versions that get no weight any more. */
  rejected: readonly Rejection[];
  environments: Partial<Record<Color, EnvironmentConfig>>;
  host: string;
  previewSecret?: string;
  /** Seconds that a client stays with its environment at canary stages; 0 behind a Gateway, which keeps none. */
  sticky: number;
  /** The route is one of DNS, and each color has an edge of its own. */
  dns?: DnsConfig;
  /** The edge of each color that is there; without `dns` they are all the one. Behind a Gateway there is none. */
  edges: Partial<Record<Color, EdgeConfig>>;
  /** What the candidate is judged by; not there behind a Gateway without `crossfade:analysis`, where nobody is known who counts. */
  analysis?: AnalysisConfig;
  /** Marks a stack of the local cloud: which command stands for which image, and how fast the times of DNS run there. */
  local?: { images: Record<string, { run: string; env?: Record<string, string> }>; dnsSpeed?: number };
}

/**
 * Reads `crossfade:*` of the current stack.
 *
 * @throws ConfigError with every error at once, before any resource is registered.
 */
export function readConfig(): Config {
  const prefix = `${NAMESPACE}:`;
  const given = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  const texts = Object.fromEntries(given.map(([key, text]) => [key.slice(prefix.length), text]));
  return parseConfig(pulumi.getStack(), texts, process.env.CROSSFADE_LOCAL !== undefined);
}

/** As the engine gives it: a scalar as its text, anything else as JSON. */
export function parseConfig(stack: string, texts: Record<string, string>, insideLocalCloud: boolean): Config {
  const problems: Problem[] = [];
  const report = (path: string, message: string) => problems.push({ path: `${NAMESPACE}:${path}`, message });
  const given = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, fromText(key, text)]));
  const local = given.local !== undefined;
  if (local !== insideLocalCloud) {
    const where = local
      ? "marks a stack of the local cloud, and this is not one. Run it by: npx crossfade local -- pulumi ..."
      : "is not set, and this is the local cloud. Run this stack outside of it, where AWS is";
    throw new ConfigError(stack, [{ path: `${NAMESPACE}:local`, message: where }]);
  }
  const data = parseKeys(given, report);
  checkTogether(given, data, report);
  if (problems.length > 0) throw new ConfigError(stack, problems);
  const parsed = data as Parsed;
  return { ...assemble(parsed), analysis: analysisOf(parsed) };
}

function fromText(key: string, text: string): unknown {
  const value = /^[[{]/.test(text) ? fromJson(text) : text;
  const isImage = (key === "blue" || key === "green") && typeof value === "string";
  return isImage ? { image: value } : value;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Key by key, so that an error in one does not hide those in the others. */
function parseKeys(given: Record<string, unknown>, report: Report): Partial<Parsed> {
  const known = knownKeys([]);
  for (const key of Object.keys(given).filter((key) => !known.includes(key))) reportUnknown([], key, report);
  const data: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(schema.shape)) {
    const parsed = field.safeParse(given[key]);
    if (parsed.success) data[key] = parsed.data;
    for (const issue of parsed.error?.issues ?? []) {
      describe({ ...issue, path: [key, ...issue.path] }, given, report);
    }
  }
  return data;
}

function describe(issue: z.core.$ZodIssue, given: unknown, report: Report): void {
  const path = dotted(issue.path);
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) reportUnknown(issue.path, key, report);
    return;
  }
  const found = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], given);
  if (found === undefined) return void report(path, "is missing");
  const value = JSON.stringify(found);
  if (issue.code === "invalid_value") {
    const hint = didYouMean(String(found), issue.values.map(String));
    return void report(path, `${value} is none of ${issue.values.join(", ")}.${hint}`);
  }
  if (issue.code === "invalid_key") {
    return void report(path, `is no name here: ${issue.issues.map(({ message }) => message).join(", ")}`);
  }
  report(path, `${value}: ${issue.message}`);
}

function reportUnknown(path: readonly PropertyKey[], key: string, report: Report): void {
  const known = knownKeys(path);
  report(dotted([...path, key]), `is no key here.${didYouMean(key, known)} Known: ${known.join(", ")}`);
}

/** What a single key cannot tell: the colors, stages and sizes together, of those that could be read. */
function checkTogether(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  const { stable, stage = IDLE } = data;
  const names = checkStages(given, data, report);
  checkCompute(given, data, report);
  checkRolling(given, data, report);
  checkMigration(given, data, report);
  checkBackground(data, report);
  checkEdges(data, report);
  checkAnalysis(given, data, report);
  if (!stable) return;
  const candidate = otherColor(stable);
  if (!given[stable]) {
    const why = `is missing: ${stable} is stable, and its line holds the image that carries the requests`;
    report(stable, given[candidate] ? `${why}. To make ${candidate} stable: stable: ${candidate}` : why);
  } else if (names.includes(stage) && stage !== IDLE && !given[candidate]) {
    report(candidate, `is missing: stage "${stage}" needs a candidate`);
  }
}

function assemble({ stable, stage = IDLE, rejected = [], network, local, compute, ...rest }: Parsed): Config {
  const { host, certificate, internal = false, clientKeepAlive, ...ofService } = rest.service;
  const kubernetes = rest.kubernetes && { mirror: false, ...rest.kubernetes };
  const { previewSecret, sticky = kubernetes?.gateway ? 0 : 3600, ...defaults } = ofService;
  const edge = { certificate, internal, clientKeepAlive };
  const environments: Config["environments"] = {};
  const edges: Config["edges"] = {};
  for (const color of COLORS) {
    if (!rest[color]) continue;
    const { certificate, internal, network: ownNetwork = network, ...own } = rest[color];
    const ownEdge = Object.entries({ certificate, internal }).filter(([, value]) => value !== undefined);
    if (ownNetwork) edges[color] = { ...edge, ...Object.fromEntries(ownEdge), network: ownNetwork };
    environments[color] = versionOf(own, defaults, {
      compute,
      autoscaling: rest.autoscaling,
      requires: rest.requires,
    });
  }
  const autoscaling = rest.autoscaling && {
    instanceProfile: rest.autoscaling.instanceProfile,
    startup: rest.autoscaling.startup,
  };
  const rollout = { stable, stage, stages: wholeWay(listedStages(rest)) };
  const dns = rest.dns && dnsOf(host, rest.dns);
  const where = {
    compute,
    kubernetes,
    autoscaling,
    rolling: rest.rolling,
    migration: rest.migration,
    requiredBy: rest.requiredBy ?? [],
    releasedFirst: rest.releasedFirst,
    ...edge,
    network,
  };
  return { ...where, rollout, rejected, environments, host, previewSecret, sticky, dns, edges, local };
}

function dnsOf(host: string, given: NonNullable<Parsed["dns"]>): DnsConfig {
  const { domain, previewHosts } = dnsNames({ host, ...given });
  return { zone: given.zone, domain, failover: given.failover ?? "none", previewHosts };
}

function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}
