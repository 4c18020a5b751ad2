import * as pulumi from "@pulumi/pulumi";
import { AwsClients } from "../live/aws-clients";
import type { GateArgs } from "./gates";
import { liveSettings } from "./live-settings";
import { programHooks } from "./program-hooks";

/**
 * A hook that asks AWS with what the provider of a component's resources has; undefined where the program runs without an engine, as
 * in unit tests with mocks. It is no gate: what it does is a part of the update, and is not turned off with the gates.
 */
export function liveHook(
  name: string,
  component: pulumi.ComponentResource,
  callback: (args: pulumi.ResourceHookArgs, clients: AwsClients) => Promise<void>,
  args?: GateArgs,
): pulumi.ResourceHook | undefined {
  if (!programHooks()) return undefined;
  const settings = liveSettings(component, args);
  return new pulumi.ResourceHook(name, (hookArgs) => callback(hookArgs, new AwsClients(settings())));
}
