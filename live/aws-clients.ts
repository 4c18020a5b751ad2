import type { AssumedRole, ProviderSettings } from "./provider-settings";

// That versions of the SDK to come want another Node.js is for whoever updates it, and not for whoever runs `pulumi up`.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/**
 * The SDK's clients with the credentials and the region of the stack's AWS provider.
 *
 * Each is made when it is first asked for, and the SDK is loaded then: it takes a third of a second, which a preview has no use
 * for. `AWS_ENDPOINT_URL` and its like hold, as everywhere.
 *
 * A call that is throttled, or that AWS fails, is made again by the SDK, up to ten times in all, with its backoff: half a second
 * to 20 s (SDK, "standard" mode). One that is not answered within 10 s counts as failed.
 */
export class AwsClients {
  constructor(
    private readonly settings: ProviderSettings = {},
    private readonly tries = 10,
  ) {}

  readonly elb = once(
    async () =>
      new (await import("@aws-sdk/client-elastic-load-balancing-v2")).ElasticLoadBalancingV2(await this.shared()),
  );

  readonly ecs = once(async () => new (await import("@aws-sdk/client-ecs")).ECS(await this.shared()));

  readonly autoScaling = once(
    async () => new (await import("@aws-sdk/client-auto-scaling")).AutoScaling(await this.shared()),
  );

  readonly route53 = once(async () => {
    const { Route53 } = await import("@aws-sdk/client-route-53");
    const shared = await this.shared();
    // It is one for all regions, and signs for one of them.
    return new Route53({ ...shared, region: shared.region ?? "us-east-1" });
  });

  readonly ec2 = once(async () => new (await import("@aws-sdk/client-ec2")).EC2(await this.shared()));

  readonly serviceQuotas = once(
    async () => new (await import("@aws-sdk/client-service-quotas")).ServiceQuotas(await this.shared()),
  );

  readonly cloudWatch = once(
    async () => new (await import("@aws-sdk/client-cloudwatch")).CloudWatch(await this.shared()),
  );

  /** What all clients have; also for those of others, such as the source of metrics' own. */
  readonly shared = once(async () => {
    const { region, profile, endpoint } = this.settings;
    return {
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined && { region }),
      ...(profile !== undefined && { profile }),
      ...(await credentialsOf(this.settings)),
      maxAttempts: this.tries,
      retryMode: "standard",
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    };
  });

  /** The same credentials in the region that an ARN names: of what is read it says best where it is. */
  at(arn: string): AwsClients {
    const region = arn.split(":")[3] || this.settings.region;
    if (region === undefined || region === this.settings.region) return this;
    const known = this.elsewhere.get(region) ?? new AwsClients({ ...this.settings, region }, this.tries);
    this.elsewhere.set(region, known);
    return known;
  }

  /** Of each region once: every client has connections, and may have assumed a role. */
  private readonly elsewhere = new Map<string, AwsClients>();
}

/** Static keys, or the roles one after the other; else nothing, and the SDK looks where it always does. */
async function credentialsOf({ accessKey, secretKey, token, assumeRoles = [], region, profile }: ProviderSettings) {
  const keys = accessKey !== undefined && secretKey !== undefined;
  const own = keys ? { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken: token } : undefined;
  if (assumeRoles.length === 0) return own && { credentials: own };
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
  type Credentials = ReturnType<typeof fromTemporaryCredentials>;
  const first: Credentials = own ? async () => own : fromNodeProviderChain({ profile });
  const assume = (masterCredentials: Credentials, role: AssumedRole) =>
    fromTemporaryCredentials({
      masterCredentials,
      params: {
        RoleArn: role.roleArn,
        RoleSessionName: role.sessionName ?? "crossfade",
        ExternalId: role.externalId,
        DurationSeconds: role.durationSeconds,
      },
      clientConfig: { region: region ?? "us-east-1" },
    });
  return { credentials: assumeRoles.reduce(assume, first) };
}

/** The value of the first call, for all calls. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
