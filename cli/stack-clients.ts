import { AwsClients } from "../live/aws-clients";
import { providerSettings } from "../live/provider-settings";
import { Failure } from "./failure";
import type { StackFile } from "./stack-file";

/** AWS's clients as the provider of a stack's config would have them. @throws Failure where the file cannot be read */
export function clientsBy(file: StackFile, tries?: number): AwsClients {
  return new AwsClients(
    providerSettings((key) => file.get(key, "aws")),
    tries,
  );
}

/**
 * The same; and where the file cannot be read, as one with the marks of a merge, with what the environment says alone. The region is
 * in the ARNs of what is asked for.
 */
export function clientsInAnyCase(file: StackFile, onUnreadable: (error: Failure) => void, tries?: number): AwsClients {
  try {
    return clientsBy(file, tries);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    onUnreadable(error);
    return new AwsClients({}, tries);
  }
}
