import { at, list, number, parseDuration, text } from "../traffic";

/** With what the AWS provider of a stack asks AWS. */
export interface ProviderSettings {
  /** @default that of the ARN which is asked for; else AWS_REGION's, else the profile's */
  region?: string;
  /** A profile of the shared files. @default AWS_PROFILE's, else `default` */
  profile?: string;
  /** A static key; `secretKey` stands beside it. @default none: the SDK's chain of environment, files, SSO, container, instance */
  accessKey?: string;
  secretKey?: string;
  /** Of temporary credentials. @default none */
  token?: string;
  /** Roles that are assumed, each by the one before it. @default none */
  assumeRoles?: readonly AssumedRole[];
  /** A URL that answers for all services. @default AWS_ENDPOINT_URL and its like, else AWS's own */
  endpoint?: string;
}

/** A role that the provider assumes. */
export interface AssumedRole {
  roleArn: string;
  /** @default "crossfade" */
  sessionName?: string;
  externalId?: string;
  /** Seconds, 900 to 43,200 (STS, AssumeRole). @default 3600 */
  durationSeconds?: number;
}

/**
 * The settings of the stack's default AWS provider, from the keys of its config: `aws:region`, `aws:profile`, `aws:accessKey`,
 * `aws:secretKey`, `aws:token` and `aws:assumeRoles`.
 *
 * Not covered: `aws:assumeRoleWithWebIdentity` (in its place the SDK reads AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN),
 * `aws:sharedConfigFiles` and `aws:sharedCredentialsFiles` (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE), `aws:endpoints`
 * (AWS_ENDPOINT_URL), session policies and tags of a role, and what an `aws.Provider` of the program has of its own.
 *
 * @param read the value of a key without its namespace, as it is written: a string, or what a string of JSON stands for
 */
export function providerSettings(read: (key: string) => unknown): ProviderSettings {
  const given = {
    region: text(read("region")),
    profile: text(read("profile")),
    accessKey: text(read("accessKey")),
    secretKey: text(read("secretKey")),
    token: text(read("token")),
  };
  const roles = list(parsed(read("assumeRoles"))).flatMap((role): AssumedRole[] => {
    const roleArn = text(at(role, "roleArn"));
    if (roleArn === undefined) return [];
    const [sessionName, externalId] = [text(at(role, "sessionName")), text(at(role, "externalId"))];
    const duration = text(at(role, "duration"));
    const durationSeconds = number(duration && parseDuration(duration));
    return [{ roleArn, ...defined({ sessionName, externalId, durationSeconds }) }];
  });
  return { ...defined(given), ...(roles.length > 0 && { assumeRoles: roles }) };
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function defined<T extends object>(properties: T): Partial<T> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as Partial<T>;
}
