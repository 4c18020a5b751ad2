import type { Context } from "./context";
import type { View } from "./node";
import { type Live, numberOf } from "./resources";

/** A target group's health check settings; where the state has none, the provider's defaults. */
interface Settings {
  readonly interval: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

function settingsOf(group: Live): Settings {
  const [check = {}] = group.objects("healthCheck");
  return {
    interval: Math.max(1, numberOf(check.interval, 30)),
    healthyThreshold: numberOf(check.healthyThreshold, 3),
    unhealthyThreshold: numberOf(check.unhealthyThreshold, 3),
  };
}

/**
 * Starts a node's checks of a target, the first one somewhere in the first interval. Of a cloud that is steady already, the
 * results are known from the start.
 */
export function startChecks(context: Context, group: Live, view: View, steady: boolean): void {
  const { clock, random } = context;
  view.streak = 0;
  view.state = "initial";
  if (steady) view.state = view.target.passesCheck(clock.now) ? "healthy" : "unhealthy";
  // A Lambda target is not checked unless its group asks for that.
  if (group.text("targetType") === "lambda") view.state = "healthy";
  else {
    const sequence = ++view.checks;
    const next = () => {
      if (view.checks !== sequence) return;
      checkHealth(view, settingsOf(group), view.target.passesCheck(clock.now));
      clock.after(settingsOf(group).interval, next);
    };
    clock.after(random.next() * settingsOf(group).interval, next);
  }
}

export function stopChecks(view: View): void {
  view.checks++;
  view.state = "unused";
}

/** Rules `one-check-to-be-healthy` and `unhealthy-threshold`. */
function checkHealth(view: View, settings: Settings, passed: boolean): void {
  view.streak = passed ? Math.max(view.streak, 0) + 1 : Math.min(view.streak, 0) - 1;
  if (view.streak <= -settings.unhealthyThreshold) view.state = "unhealthy";
  else if (passed && view.state === "initial") view.state = "healthy";
  else if (view.streak >= settings.healthyThreshold) view.state = "healthy";
}
