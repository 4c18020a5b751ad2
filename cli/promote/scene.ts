import type { Progress } from "../../load/progress";
import type { ProjectStack } from "../stack";
import type { Verdict } from "../verdict";
import type { Edit } from "./next-move";

/** What a release is made with. */
export interface Scene {
  stack: ProjectStack;
  progress: Progress;
  /** Aborted by Ctrl-C: what runs is ended in order. */
  signal: AbortSignal;
  /** Settings of the policies, by policy. */
  settings: Record<string, unknown>;
  /** A lock of another machine counts as left behind. */
  force: boolean;
  /** Shows what an update means for users, as `check` does. */
  show(verdict: Verdict, edit: Edit): void;
  /**
   * Asks once, before the first update, whether all of it is wanted.
   * @throws Failure where it is not
   */
  confirm(to: string): Promise<void>;
}
