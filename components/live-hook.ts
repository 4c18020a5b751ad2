import * as pulumi from "@pulumi/pulumi";
import { AwsClients } from "../live/aws-clients";
import { providerSettings } from "../live/provider-settings";

/**
 * A hook that asks AWS with what the stack's AWS provider has; undefined where the program runs without an engine, as in unit tests
 * with mocks. It is no gate: what it does is a part of the update, and is not turned off with the gates.
 */
export function liveHook(
  name: string,
  callback: (args: pulumi.ResourceHookArgs, clients: AwsClients) => Promise<void>,
): pulumi.ResourceHook | undefined {
  if (typeof pulumi.runtime.getMonitor()?.registerResourceHook !== "function") return undefined;
  const config = new pulumi.Config("aws");
  const settings = providerSettings((key) => config.get(key));
  return new pulumi.ResourceHook(name, (args) => callback(args, new AwsClients(settings)));
}
