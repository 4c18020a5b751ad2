import { at, list, number, type Resource } from "../../traffic";
import { leavesOut, oncePerState, one, setting } from "./state";
import { GROUP, LISTENER, RULE } from "./types";

/** A forward to target groups with weights, as a rule or a listener writes it. */
export interface Split {
  /** The rule or the listener. */
  from: Resource;
  targets: readonly {
    /** The groups of this stack that it can mean. */
    groups: readonly Resource[];
    /** Undefined where it is not known; 1 where it is left out, which is the provider's default. */
    weight: number | undefined;
    isLeftOut: boolean;
  }[];
  /** Group stickiness: a client stays with its group, whatever the weights are. */
  sticky: { isOn: boolean; seconds: number | undefined };
}

/** All forwards of a state that are written with weights. */
export const splits = oncePerState((state): Split[] => {
  return state.ofType(LISTENER, RULE).flatMap((from) =>
    actionsOf(from).flatMap((action) => {
      const targets = list(at(action, "forward", "targetGroups"));
      if (targets.length === 0) return [];
      const stickiness = one(at(action, "forward", "stickiness"));
      return {
        from,
        targets: targets.map((target) => {
          const isLeftOut = leavesOut(target, "weight");
          return {
            groups: state.referred(from, actionsProperty(from), at(target, "arn"), GROUP),
            weight: isLeftOut ? 1 : number(at(target, "weight")),
            isLeftOut,
          };
        }),
        sticky: { isOn: at(stickiness, "enabled") === true, seconds: number(at(stickiness, "duration")) },
      };
    }),
  );
});

/** Where its actions are written: a listener has default ones. */
export function actionsProperty({ type }: Resource): "actions" | "defaultActions" {
  return type === RULE ? "actions" : "defaultActions";
}

export function actionsOf(from: Resource): unknown[] {
  return list(setting(from, actionsProperty(from)));
}
