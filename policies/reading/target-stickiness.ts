import { at, type Resource, text } from "../../traffic";
import { one, setting } from "./state";

/**
 * How a target group keeps a client with one of its targets: `lbcookie`, `appcookie`, `sourceip`; undefined where it does not.
 * The provider turns it on where the block does not say (`stickiness.enabled`), and its texts write `lbCookie` for `lb_cookie`.
 */
export function targetStickiness(group: Resource): string | undefined {
  const stickiness = one(setting(group, "stickiness"));
  if (stickiness === undefined || at(stickiness, "enabled") === false) return undefined;
  return text(at(stickiness, "type"))?.replaceAll("_", "").toLowerCase() ?? "unknown";
}
