import { at, type Resource } from "../../traffic";
import { one, type State, setting } from "./state";
import { LAUNCH_TEMPLATE } from "./types";

/** The launch template of an Auto Scaling group, where this stack has it; more where which is meant cannot be told yet. */
export function templatesOf(group: Resource, state: State): Resource[] {
  const template = one(setting(group, "launchTemplate"));
  const named = [at(template, "id"), at(template, "name")].flatMap((value) =>
    state.referred(group, "launchTemplate", value, LAUNCH_TEMPLATE),
  );
  return [...new Set(named)];
}
