import { AwsCallError } from "../../live/asked";
import type { AwsClients } from "../../live/aws-clients";
import { latestRefresh } from "../../live/scaling-group";
import { readTargets } from "../../live/target-health";
import { planOf } from "../../policies/plan";
import { membersOf } from "../../policies/reading/members";
import { endOf } from "../../policies/reading/rollouts";
import { stateOf } from "../../policies/reading/state";
import { SCALING_GROUP } from "../../policies/reading/types";
import { digestsOf } from "../../policies/reading/versions";
import {
  type Color,
  isRunning,
  type LiveRefresh,
  nameOf,
  type Rejection,
  type Resource,
  type Shares,
  text,
} from "../../traffic";
import { parseState } from "../../traffic/sources/state";
import { judgeStage } from "../analysis/judge-stage";
import type { StageJudged } from "../analysis/stage-verdict";
import { Failure } from "../failure";
import { findProject, findStackFile } from "../find-stack-file";
import { liveShares } from "../live-shares";
import { countedVersions } from "../metrics/counted-versions";
import { metricSource } from "../metrics/metric-source";
import { outlook, type RolloutOutlook } from "../outlook";
import { findLock } from "../rollback/update-lock";
import { type RouteNow, routesNow } from "../rollout-now";
import { exportStack } from "../stack";
import { clientsInAnyCase } from "../stack-clients";
import { StackFile } from "../stack-file";
import { inZones, type ZoneHealth } from "./zone-health";

/** How a stack stands: what its state has, what its file asks for, and what is live. */
export interface StackStatus {
  stack: string;
  at: Date;
  /** Who updates it. */
  update?: { process: number; user: string; host: string; since: Date; isDead: boolean };
  routes: RouteStatus[];
  /** What was asked for and could not be seen, a sentence each. */
  unseen: string[];
}

export interface RouteStatus {
  route: RouteNow;
  name: string;
  environments: EnvironmentStatus[];
  /** As the stack file asks; undefined where it cannot be read. */
  asked: { stable: Color; stage: string; inBatches: boolean } | undefined;
  /** The share of each color as AWS says it. Undefined where it was not seen, and behind a Gateway. */
  live: Shares | undefined;
  /** What an update of nothing would mean: the time left, and the way back. Undefined without a candidate. */
  rollout: RolloutOutlook | undefined;
  /** What is counted so far at a canary stage. */
  evidence: StageJudged | undefined;
}

export interface EnvironmentStatus {
  color: Color;
  role: "stable" | "candidate";
  digests: string[];
  rejected: Rejection | undefined;
  /** Undefined where it was not seen, or its targets are none of AWS's. */
  zones: ZoneHealth[] | undefined;
  /** What exchanges its instances now; undefined where nothing does, it was not seen, or it has none. */
  refresh: LiveRefresh | undefined;
}

export interface StatusOptions {
  configFile?: string;
  /** A folder of the project. @default the working directory */
  folder?: string;
  now?: Date;
}

/** So often AWS is asked: who looks at a status does not wait for long. */
const TRIES = 2;

/**
 * Looks at a stack. What AWS or a source of metrics does not tell is said, and the rest is shown.
 * @throws Failure where the state cannot be read
 */
export async function stackStatus(stack: string, options: StatusOptions = {}): Promise<StackStatus> {
  const { folder = process.cwd(), now: at = new Date() } = options;
  const file = new StackFile(options.configFile ?? findStackFile(folder, stack));
  const { resources } = parseState(await exportStack(stack, findProject(folder, stack)));
  const unseen = new Unseen();
  const see = async <T>(what: () => Promise<T> | T): Promise<T | undefined> => {
    try {
      return await what();
    } catch (error) {
      if (!(error instanceof AwsCallError || error instanceof Failure || (error as Error).name === "RunError"))
        throw error;
      unseen.add(error as Error);
      return undefined;
    }
  };
  const config = await see(() => file.config(process.env.CROSSFADE_LOCAL !== undefined));
  const clients = clientsInAnyCase(file, (error) => unseen.add(error), TRIES);
  const plan = planOf(resources, resources, at);
  const meanings = outlook(plan);
  const routes = routesNow(resources).map(async (route): Promise<RouteStatus> => {
    const { stable } = route.recorded;
    const [live, environments, evidence] = await Promise.all([
      see(() => liveShares(route, clients)),
      Promise.all(
        route.colors.map((color) => environmentStatus(route, color, resources, config?.rejected ?? [], clients, see)),
      ),
      see(() => evidenceOf(route, config, clients, at)),
    ]);
    const asked = config && {
      stable: config.rollout.stable,
      stage: config.rollout.stage,
      inBatches: config.rolling !== undefined,
    };
    const rollout = meanings.find(({ urn }) => urn === route.urn)?.rollout;
    environments.sort((one) => (one.color === stable ? -1 : 1));
    return { route, name: nameOf(route.urn), environments, asked, live, rollout, evidence };
  });
  const lock = findLock(folder, stack);
  const { holder } = lock ?? {};
  const update = holder && { process: holder.pid, ...holder, isDead: lock?.isStale === true };
  return { stack, at, ...(update && { update }), routes: await Promise.all(routes), unseen: unseen.sentences() };
}

/** What could not be seen. Calls that all fail for one reason are one sentence. */
class Unseen {
  private readonly byReason = new Map<string, { sentence: string; more: number }>();

  add(error: Error): void {
    const reason = error instanceof AwsCallError ? `${error.kind} ${error.code}` : error.message;
    const known = this.byReason.get(reason);
    if (known) known.more++;
    else this.byReason.set(reason, { sentence: error.message, more: 0 });
  }

  sentences(): string[] {
    const all = [...this.byReason.values()];
    return all.map(({ sentence, more }) => (more > 0 ? `${sentence}. So do ${more} more calls` : sentence));
  }
}

type See = <T>(what: () => Promise<T> | T) => Promise<T | undefined>;

async function environmentStatus(
  { urn, recorded, targetGroups }: RouteNow,
  color: Color,
  resources: readonly Resource[],
  rejections: readonly Rejection[],
  clients: AwsClients,
  see: See,
): Promise<EnvironmentStatus> {
  const route = resources.find((one) => one.urn === urn);
  const digests = route ? [...digestsOf(route, color, resources)] : [];
  const group = targetGroups[color];
  const [targets, refresh] =
    group === undefined
      ? []
      : await Promise.all([
          see(() => readTargets(clients, group)),
          see(() => runningRefresh(route && endOf(route, color, resources), resources, clients)),
        ]);
  return {
    color,
    role: color === recorded.stable ? "stable" : "candidate",
    digests,
    rejected: rejections.find(({ digest }) => digests.includes(digest)),
    zones: targets && inZones(targets),
    refresh,
  };
}

/** What exchanges the instances of the Auto Scaling group behind a target group. */
async function runningRefresh(
  end: Resource | undefined,
  resources: readonly Resource[],
  clients: AwsClients,
): Promise<LiveRefresh | undefined> {
  const group = end && membersOf(end, stateOf(resources)).find(({ type }) => type === SCALING_GROUP);
  const name = text(group?.outputs.name);
  const latest = name === undefined ? undefined : await latestRefresh(clients, name);
  return latest && isRunning(latest) ? latest : undefined;
}

/** At a canary stage, where the stack says who counts. */
async function evidenceOf(
  route: RouteNow,
  config: ReturnType<StackFile["config"]> | undefined,
  clients: AwsClients,
  now: Date,
): Promise<StageJudged | undefined> {
  const { stage, since: from, recorded } = route;
  const analysis = config?.analysis;
  if (!analysis || !stage || !from || stage.weight === 0 || stage.weight === 100) return undefined;
  const source = await metricSource(analysis, countedVersions(route, analysis.prometheus?.baseline), clients);
  const bake = recorded.stages.find(({ name }) => name === stage.name)?.bake ?? stage.bake;
  const { metrics, deadline, unanswered } = analysis;
  return judgeStage(source, metrics, { from, now, bake, deadline, unanswered });
}
