import type { EngineEvent } from "@pulumi/pulumi/automation";
import { readPlanned } from "../../traffic/sources";
import { Locked } from "../engine-failure";
import { Failure } from "../failure";
import type { StackPreview } from "../stack";
import { type Verdict, verdictOf } from "../verdict";
import { withHeadroom } from "../verdict-headroom";
import type { Edit } from "./next-move";
import type { Scene } from "./scene";
import { tookOver } from "./take-over";

type Previewed = Pick<StackPreview, "plan" | "isEmpty"> & { verdict: Verdict };

export type Updated =
  | "updated"
  | "nothing to do"
  | "lock taken over"
  /** What was judged before the question is old by the answer. */
  | "answered late";

/** In milliseconds: so long what was previewed and judged may wait for an answer. */
const FRESH = 60_000;

/**
 * One edit of the stack file and the update that it asks for, as a person would do it: a preview with the policies, what it means,
 * a question, and an update held to the plan of that preview.
 *
 * @param isUnmoved whether the weights are as they were; then the file is too
 * @throws Failure where it is refused, not wanted, or fails
 */
export async function updateStack(
  scene: Scene,
  { edit, to }: { edit: Edit; to: string },
  isUnmoved: () => Promise<boolean>,
): Promise<Updated> {
  const { stack, progress, signal } = scene;
  const undo = stack.file.edit(edit);
  let began = false;
  try {
    progress.status("preview");
    const { verdict, plan, isEmpty } = await preview(scene);
    if (isEmpty && verdict.result === "passes") return "nothing to do";
    scene.show(verdict, edit);
    if (verdict.result !== "passes") throw new Failure(`${to} is refused; nothing was changed`);
    const asked = Date.now();
    await scene.confirm(to);
    if (Date.now() - asked > FRESH) {
      undo();
      return "answered late";
    }
    began = true;
    const steps = counted((line) => progress.status(line), verdict.changes.length);
    await stack.update(plan, `crossfade promote: ${to}`, { signal, onEvent: steps });
    return "updated";
  } catch (error) {
    if (error instanceof Locked) {
      undo();
      if (await tookOver(error, scene)) return "lock taken over";
      throw error;
    }
    // Where it cannot be told they may have moved; what went wrong first is what is said.
    if (began && !(await isUnmoved().catch(() => false))) throw error;
    const isUndone = undo();
    if (!began || !(error instanceof Failure)) throw error;
    const file = isUndone ? "is as it was before" : "was edited by somebody meanwhile, and is left so";
    throw new Failure(`${error.message}\nNo weight has moved, and the stack file ${file}`, error.exitCode);
  }
}

/**
 * By the pack in the engine, as `pulumi up` would be, and by the plan, which shows more, with the room that AWS has for it. What one
 * refuses is refused.
 */
async function preview({ stack, signal, settings, progress }: Scene): Promise<Previewed> {
  const onEvent = counted((line) => progress.status(line), 0);
  const judged = await stack.previewWithPack({ signal, onEvent });
  const verdictBy = ({ sources }: Pick<StackPreview, "sources">) => {
    const previewed = readPlanned(sources);
    return withHeadroom(verdictOf(previewed, { settings }), previewed, { isStack: true, settings });
  };
  if ("plan" in judged) return { ...judged, verdict: await verdictBy(judged) };
  // Of a preview that packs refuse there is no plan. Without ours there is one, and so what it would have meant.
  const whole = await stack.preview({ signal, onEvent });
  const verdict = await verdictBy(whole);
  if (verdict.result === "passes") {
    throw new Failure(`the preview is refused by a policy pack; nothing was changed:\n${judged.refusals.join("\n")}`);
  }
  return { ...whole, verdict };
}

/** Tells how far the engine is. */
function counted(tell: (line: string) => void, changes: number): (event: EngineEvent) => void {
  let done = 0;
  return ({ resOutputsEvent: output, resourcePreEvent: begun }) => {
    const name = (output ?? begun)?.metadata.urn.split("::").at(-1);
    const op = (output ?? begun)?.metadata.op;
    if (name === undefined || op === undefined || (op as string) === "same") return;
    if (output) done++;
    tell(changes > 0 ? `update: ${done} of ${changes}, ${op} ${name}` : `preview: ${op} ${name}`);
  };
}
