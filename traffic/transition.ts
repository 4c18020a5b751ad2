import {
  type Color,
  currentStage,
  desiredShares,
  IDLE,
  otherColor,
  type RolloutPlan,
  type Shares,
  type Stage,
} from "./rollout";

/** What an edit of the rollout means for the requests, or why it must not be made. */
export type Transition =
  | { kind: "install" | "stay" | "promote" | "rollback" | "finish" | "return" }
  | { kind: "refused"; reason: string; legal: string };

export interface TransitionInput {
  /** The shares on the wire before the update, as the route's weights say; undefined where no route was. */
  wire: Shares | undefined;
  /** The plan that the components recorded before; it says who was stable and which stages there were, never the shares. */
  recorded: Pick<RolloutPlan, "stable" | "stages"> | undefined;
  /** The plan that is asked for. */
  asked: RolloutPlan;
  /** The color whose version is the older one, where that can be seen: the only one that can be returned to at once. */
  older: Color | undefined;
}

/**
 * Judges an edit by the weights on the wire. After a failed update they differ from the stage that the components recorded,
 * and it is the wire that users see.
 */
export function judgeTransition({ wire, recorded, asked, older }: TransitionInput): Transition {
  const stage = currentStage(asked);
  if (!wire) {
    if (stage.weight === 0) return { kind: "install" };
    const reason = `nothing is deployed yet, and stage "${stage.name}" would be its first`;
    return refused(reason, `stage: ${IDLE}`);
  }
  const candidate = otherColor(asked.stable);
  const share = wire[candidate] ?? 0;
  const flipped = recorded !== undefined && recorded.stable !== asked.stable;
  if (flipped) return judgeFlip(asked, share, older);
  const edited = recorded !== undefined && !sameStages(recorded.stages, asked.stages);
  // All weight to stable is the way out of anything; a canary stage means something only if its list still holds.
  if (edited && share > 0 && share < 100 && stage.weight > 0) {
    const reason = `the stages were edited, or another plan was chosen, while ${candidate} has ${share} %`;
    return refused(reason, `the former stages, or stage: ${IDLE}`);
  }
  if (stage.weight === share) return { kind: "stay" };
  if (stage.weight < share) return { kind: "rollback" };
  return judgePromotion(asked, stage, wire);
}

function judgeFlip(asked: RolloutPlan, share: number, older: Color | undefined): Transition {
  const { stable } = asked;
  const before = otherColor(stable);
  const moved = Math.abs(desiredShares(asked)[stable] - (100 - share));
  if (moved === 0 && share === 0) return { kind: "finish" };
  if (moved === 0 && share < 100) {
    const reason = `stable cannot change hands while both environments have weight (${before} ${share} %)`;
    return refused(reason, `stable: ${before}`);
  }
  // A finish taken back. It moves nothing, but a way back is never refused, and from here that is all requests to stable at once.
  if (moved === 0 && older === stable) return { kind: "finish" };
  if (moved === 100 && share === 100 && older === stable) return { kind: "return" };
  const move = `stable: ${stable} with stage: ${asked.stage}`;
  const all =
    moved === 0 ? `${move} lets all requests go back` : moved === 100 && `stable: ${stable} moves all requests`;
  const reason = all
    ? `${all} to ${stable} at once, and ${stable} is not the version that carried them before`
    : `${move} moves ${moved} % of the requests at once`;
  return refused(reason, `stable: ${before}, and one stage after the other`);
}

function judgePromotion(asked: RolloutPlan, stage: Stage, wire: Shares): Transition {
  const candidate = otherColor(asked.stable);
  const share = wire[candidate] ?? 0;
  if (wire[candidate] === undefined) {
    const reason = `${candidate} is not deployed yet, so nobody has seen it run`;
    return refused(reason, `stage: ${IDLE} with ${candidate}'s line first`);
  }
  const at = asked.stages.findIndex((s) => s.weight === share);
  if (at < 0) {
    const lower = asked.stages.filter((s) => s.weight < share).at(-1);
    const reason = `${candidate} has ${share} % on the wire, which is no stage: an update stopped half way, or someone else moved it`;
    return refused(reason, `stage: ${lower?.name ?? IDLE}`);
  }
  const next = asked.stages[at + 1];
  if (next?.name === stage.name) return { kind: "promote" };
  const here = asked.stages[at]?.name;
  const reason = `from "${here}" (${share} % on the wire) to "${stage.name}" (${stage.weight} %) skips "${next?.name}"`;
  return refused(reason, `stage: ${next?.name}`);
}

function sameStages(before: readonly Stage[], after: readonly Stage[]): boolean {
  const key = (stages: readonly Stage[]) => stages.map((s) => `${s.name}=${s.weight}`).join();
  return key(before) === key(after);
}

function refused(reason: string, legal: string): Transition {
  return { kind: "refused", reason, legal };
}
