import { at, list, number } from "../resource";

/** What a rule or a listener does with a request. */
export type Handling =
  | {
      does: "forward";
      /** Written with weights; without, one group gets all. */
      weighted: boolean;
      /**
       * Group stickiness outranks the weights: a client with a cookie stays with a group of weight 0
       * (ELB guide, "Sticky sessions for your Application Load Balancer").
       */
      sticky: boolean;
      groups: { arn: unknown; weight: number | undefined }[];
    }
  /** The balancer answers by itself: with a redirect, or with a fixed response. */
  | { does: "answer"; status: number }
  | { does: "unknown" };

/** A weight is undefined where it is not known. The provider's default is 1, not 0. */
export function handling(actions: unknown): Handling {
  for (const action of list(actions)) {
    const type = at(action, "type");
    const weighted = list(at(action, "forward", "targetGroups"));
    if (weighted.length > 0) {
      const groups = weighted.map((group) => ({ arn: at(group, "arn"), weight: weightOf(at(group, "weight")) }));
      return {
        does: "forward",
        weighted: true,
        sticky: at(action, "forward", "stickiness", "enabled") === true,
        groups,
      };
    }
    const arn = at(action, "targetGroupArn");
    if (arn !== undefined && arn !== null && arn !== "") {
      return { does: "forward", weighted: false, sticky: false, groups: [{ arn, weight: 1 }] };
    }
    if (type === "redirect") return { does: "answer", status: 302 };
    if (type === "fixed-response") {
      const status = number(at(action, "fixedResponse", "statusCode"));
      return status === undefined ? { does: "unknown" } : { does: "answer", status };
    }
    // Others, such as authenticate-oidc, let the request through to the next action.
  }
  return { does: "unknown" };
}

function weightOf(weight: unknown): number | undefined {
  return weight === undefined || weight === null ? 1 : number(weight);
}
