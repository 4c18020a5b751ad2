import { z } from "zod";
import type { Resource } from "../traffic";
import type { Plan } from "./plan";
import { type Finding, policy } from "./policy";
import { consumerGrants } from "./reading/consumer-grants";
import { type State, stateOf } from "./reading/state";
import { eventSourcesOf, type Standing, standings, unasked } from "./reading/unasked";
import { named } from "./reading/words";

export const backgroundWork = policy({
  name: "background-work",
  description: "Refuses what lets a version work on messages or by the clock before it has any weight.",
  mechanism:
    'No weight holds back what works unasked. "Amazon SQS temporarily prevents other consumers from receiving" a message that one has received (SQS guide, "Visibility timeout"), and partitions and shards are divided among those that read: a candidate that comes with consumers, a schedule or workers of its own takes its part of all messages at `idle`, with code that nobody has released, and goes on after its requests were taken back. No metric of the balancer shows it. Seen are workers and schedules that run the image of an environment without weight, event sources of its function, and rights of its role to take messages. What an environment has brought at `idle` stays its own: a finish or a way back is not held up by it.',
  safeWay:
    "Workers and schedules beside the environments, which follow stable and are exchanged at the finish: `workers` and `schedules` of a version, or `FargateWorkers`, `FargateSchedule`, `KubernetesWorkers`, `KubernetesSchedule`. Where tasks that serve must also consume, give the environment a `signal`, and let them consume only while it says that they are stable: then it is said, and not refused.",
  hazards: ["A5"],
  settings: z.strictObject({}),
  wholePlanOnly: true,
  judge: (plan: Plan) => {
    const [prior, desired] = [stateOf(plan.prior), stateOf(plan.desired)];
    // What has answered until now, and whose Service goes, is no worker.
    const answered = new Set(standings(prior).map(({ answerer }) => desired.heirOf(answerer)));
    const before = new Set(linksIn(prior).map((link) => keyOf(link, desired)));
    return linksIn(desired)
      .filter(({ by, to }) => to.isIdle && !answered.has(by))
      .map((link) => findingOf(link, before.has(keyOf(link, desired))));
  },
});

/** That something makes a version work unasked. */
interface Link {
  kind: "worker" | "event source" | "grant";
  /** What does it. */
  by: Resource;
  to: Standing;
}

function linksIn(state: State): Link[] {
  const all = standings(state);
  const released = new Set(all.filter(({ isIdle }) => !isIdle).flatMap(({ version }) => version));
  const workers = unasked(state, all).flatMap(({ runner, images }) =>
    all.flatMap((to): Link[] => {
      // Of an image that both run nobody can say whose worker it is.
      const own = to.version.some((image) => images.includes(image) && !(to.isIdle && released.has(image)));
      return own ? [{ kind: "worker", by: runner, to }] : [];
    }),
  );
  const fed = all.flatMap((to) => [
    ...eventSourcesOf(to.answerer, state).map((by): Link => ({ kind: "event source", by, to })),
    ...consumerGrants(to.answerer, state).map((by): Link => ({ kind: "grant", by, to })),
  ]);
  return [...workers, ...fed];
}

/** The same link before and after: of one version, whatever weight it has. */
function keyOf({ kind, by, to }: Link, desired: State): string {
  const urn = (resource: Resource) => desired.heirOf(resource)?.urn ?? resource.urn;
  return JSON.stringify([kind, urn(by), urn(to.answerer), to.version]);
}

const DOES = {
  worker: "runs the version of",
  "event source": "feeds events to",
  grant: "lets its tasks take messages:",
};

function findingOf({ kind, by, to }: Link, wasSo: boolean): Finding {
  const environment = named(to.home ?? to.answerer);
  const isTold = kind === "grant" && to.home?.inputs.signal !== undefined;
  return {
    urn: by.urn,
    what: `${named(by)} ${DOES[kind]} ${environment}, which has no weight and is not stable.`,
    why: "It takes its part of the messages, or of the runs, from the version that is released, and a rollback does not stop it.",
    instead: isTold
      ? "See to it that its tasks ask the signal, and consume only while they are stable."
      : "Let workers and schedules follow stable, beside the environments; where tasks that serve must also consume, give the environment a signal and let them ask it.",
    ...((wasSo || isTold) && { advisory: true }),
  };
}
