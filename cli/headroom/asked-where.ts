import { type ProviderSettings, providerSettings } from "../../live/provider-settings";
import { nameOf, type Resource, text } from "../../traffic";

/** As the engine names the provider that nobody made: `default_7_48_0`. */
const DEFAULT = /^default(_\d|$)/;

/**
 * With what AWS is asked about a resource: the settings of its provider, which are the stack config's where it is the default
 * one, and the resource's own region (`region`, provider 7 and up).
 */
export function settingsFor(
  { provider, inputs }: Resource,
  resources: readonly Resource[],
  config: Readonly<Record<string, string>>,
): ProviderSettings {
  const isDefault = provider === undefined || DEFAULT.test(nameOf(provider));
  const own = isDefault ? undefined : resources.find(({ urn }) => urn === provider)?.inputs;
  const settings = providerSettings((key) => (own ? own[key] : config[`aws:${key}`]));
  const region = text(inputs.region);
  return region === undefined ? settings : { ...settings, region };
}
