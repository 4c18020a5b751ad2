import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type ProviderSettings, providerSettings } from "../live/provider-settings";
import type { GateArgs } from "./gates";
import { Noted } from "./noted";

/** What the provider of a component's resources is set to; of one in the program as far as its outputs tell. */
export function liveSettings(
  component: pulumi.ComponentResource,
  { profile, assumeRoles }: Pick<GateArgs, "profile" | "assumeRoles"> = {},
): () => ProviderSettings {
  const own = { ...(profile !== undefined && { profile }), ...(assumeRoles && { assumeRoles }) };
  const provider = component.getProvider("aws:lb/listenerRule:ListenerRule");
  if (provider && aws.Provider.isInstance(provider)) {
    const { region, accessKey, secretKey, token } = provider;
    const told = new Noted(pulumi.all({ region, profile: provider.profile, accessKey, secretKey, token }));
    return () => ({ ...told.value, ...own });
  }
  const config = new pulumi.Config("aws");
  return () => ({ ...providerSettings((key) => config.get(key)), ...own });
}
