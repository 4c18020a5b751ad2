import type { Clock } from "./clock";
import type { Inventory } from "./inventory";
import type { Random } from "./random";
import type { SwitchableRule } from "./rules";

/** How long AWS takes for what it gives no time for, in seconds, each a range. All are assumptions. */
export interface Timing {
  /** From an API call until a balancer node acts on it. */
  readonly adoption: readonly [number, number];
  /** From ECS starting a task until its containers run. */
  readonly taskStart: readonly [number, number];
  /** From an Auto Scaling group launching an instance until its server starts. */
  readonly instanceStart: readonly [number, number];
  /** From a record's change until a resolver's name server has it ("generally within 60 seconds"). */
  readonly dnsPropagation: readonly [number, number];
}

export const TIMING: Timing = {
  adoption: [0, 5],
  taskStart: [10, 30],
  instanceStart: [30, 90],
  dnsPropagation: [0, 60],
};

/** What every part of the simulated cloud works with. */
export interface Context {
  readonly clock: Clock;
  readonly random: Random;
  readonly inventory: Inventory;
  readonly timing: Timing;
  /** Whether a rule is in force: a test switches one off to see that it matters. */
  holds(rule: SwitchableRule): boolean;
}
