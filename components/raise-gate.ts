import { setTimeout as sleep } from "node:timers/promises";
import { AwsCallError } from "../live/asked";
import type { AwsClients } from "../live/aws-clients";
import { readService } from "../live/service";
import { readTargets } from "../live/target-health";
import {
  divideAlike,
  type Judged,
  judgeDeployment,
  judgeHealth,
  judgeWayBack,
  type LiveTarget,
  shareOf,
  spokenDuration,
  type Weights,
  weightsInWords,
} from "../traffic";
import type { Gates } from "./gates";
import type { NotedTarget } from "./noted-target";

/** What a step does to the weights of a route. Whoever has a weight is known by a key: a group's ARN, or a color. */
export interface WeightsMove {
  /** A phrase for the route: `"shop"`. */
  route: string;
  step: "create" | "update";
  /** Who gets a larger share by it. */
  raised: readonly string[];
  /** The key of stable. */
  stable: string | undefined;
  /** What a key is to the user: `green`. */
  nameOf(key: string): string;
  /** What answers behind a key; none where that is not known. */
  behind(key: string): readonly NotedTarget[];
  /** The weights as they are now, as the state has them, and as the program asks for them. */
  read(clients: AwsClients): Promise<Moved>;
}

interface Moved {
  live: Weights;
  recorded: Weights;
  asked: Weights;
}

/** How often a call is made where nobody must wait for AWS. */
const FEW_TRIES = 3;

/**
 * Before a step that moves weights: whether who gets more can carry it, by AWS's own word.
 *
 * A raise of the candidate waits for its targets, as long as `GateArgs.wait` says, and is refused then. It is refused as well
 * where the live weights are not those of the state, before the wait and once more after it, so that a rollback made meanwhile is
 * not overwritten. The way back to stable asks for no deployment, no alarm and no other writer; it is refused only where stable has
 * no target at all, so that each request would be lost. Where AWS cannot be asked the candidate gets nothing more; a way back and a
 * new route, which has no users yet, go on, and that is told.
 *
 * @throws Error: the weights are as they were then.
 */
export async function gateWeights(move: WeightsMove, gates: Gates): Promise<void> {
  if (move.raised.length === 0) return;
  const isRaise = move.step === "update" && move.raised.some((key) => key !== move.stable);
  const clients = gates.clients(isRaise ? undefined : FEW_TRIES);
  try {
    const weights = await move.read(clients);
    if (isRaise) refuseOtherWriter(weights, move);
    for (const key of move.raised) await waitUntilReady(key, weights, move, gates, clients);
    if (isRaise) refuseOtherWriter(await move.read(clients), move);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const who = move.raised.map(move.nameOf).join(" and ");
    const told = `Whether ${who} can carry its share of ${move.route} cannot be told. ${error.message}`;
    if (isRaise) {
      throw new Error(
        `${told}. What cannot be told gets no more requests: the weights are as they were. To go on without asking: crossfade:gates: false in the stack config`,
      );
    }
    gates.warn(
      `${told}. It gets it all the same; a raise would be refused. \`gates\` of the component says with what AWS is asked`,
    );
  }
}

function refuseOtherWriter({ live, recorded, asked }: Moved, { route, raised, nameOf }: WeightsMove): void {
  // Where they are already what is asked for, the step only lets the state know.
  if (divideAlike(live, recorded) || divideAlike(live, asked)) return;
  throw new Error(
    `The weights of ${route} are ${weightsInWords(live, nameOf)} on the wire, and in Pulumi's state ${weightsInWords(recorded, nameOf)}: somebody has moved them beside Pulumi since, by \`crossfade rollback\`, the console or another program; AWS does not tell who. A raise of ${raised.map(nameOf).join(", ")} would undo that, so the weights are as they were. See \`crossfade status\`; \`pulumi refresh\` brings what is live into the state, and the next stage goes on from there`,
  );
}

async function waitUntilReady(
  key: string,
  weights: Moved,
  move: WeightsMove,
  gates: Gates,
  clients: AwsClients,
): Promise<void> {
  const share = shareOf(key, weights.asked);
  const raise = `${move.nameOf(key)}, which is to get ${percent(share)} of ${move.route}`;
  const patience = gates.waitSeconds(move.step);
  const end = performance.now() + patience * 1000;
  for (let round = 1, said = ""; ; round++) {
    const judged = await judge(key, weights, move, gates, clients);
    const left = end - performance.now();
    if (judged.stands === "ready") {
      if (said !== "") gates.say(`${raise}, is ready: ${judged.words}`);
      return;
    }
    // The first route of a group is what attaches it.
    if (judged.stands === "few" || (judged.stands === "unattached" && move.step === "create")) {
      gates.warn(`${raise}, gets it and may not carry it: ${judged.words}`);
      return;
    }
    if (judged.stands !== "waits" || left <= 0) {
      const after = judged.stands === "waits" ? ` after ${spokenDuration(patience)}` : "";
      throw new Error(
        `${raise}, cannot carry it${after}: ${judged.words}. Requests would be lost, so the weights are as they were. Mend ${move.nameOf(key)} and run it again, or leave it at its stage; \`gates.wait\` gives it longer`,
      );
    }
    if (judged.words !== said) gates.say(`waiting for ${raise}: ${judged.words}; ${spokenDuration(left / 1000)} left`);
    said = judged.words;
    await sleep(Math.min(1000 * round, 5000, left));
  }
}

async function judge(
  key: string,
  { live, asked }: Moved,
  move: WeightsMove,
  { headroom }: Gates,
  clients: AwsClients,
): Promise<Judged> {
  const isBack = move.step === "update" && key === move.stable;
  const behind = move.behind(key);
  for (const { service } of isBack ? [] : behind) {
    const [cluster, name, revision] = [service?.cluster.value, service?.name.value, service?.revision.value];
    if (cluster === undefined || name === undefined || revision === undefined) continue;
    const judged = judgeDeployment(await readService(clients, { cluster, service: name }), revision);
    if (judged.stands !== "ready") return judged;
  }
  if (behind.length === 0) return { stands: "ready", words: "what answers behind it is not known" };
  // Who is new has no share yet, and is taken to have what is asked for.
  const now = move.step === "create" ? asked : live;
  const others = await Promise.all(
    asked
      .filter(({ arn }) => arn !== key)
      .map(async ({ arn }) => ({ targets: await targetsBehind(move.behind(arn), clients), share: shareOf(arn, now) })),
  );
  const targets = await targetsBehind(behind, clients);
  const question = { share: shareOf(key, asked), had: shareOf(key, live), targets, others, headroom };
  return isBack ? judgeWayBack(question) : judgeHealth(question);
}

async function targetsBehind(behind: readonly NotedTarget[], clients: AwsClients): Promise<LiveTarget[]> {
  const groups = behind.flatMap(({ group }) => group.value ?? []);
  return (await Promise.all(groups.map((group) => readTargets(clients, group)))).flat();
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
