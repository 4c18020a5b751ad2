/** Why a call was not answered as it should be. */
export type Unanswered = "credentials" | "denied" | "throttled" | "not found" | "unreachable" | "refused";

/** A call to AWS that failed: its message is one sentence for the user, with AWS's code and what to do. */
export class AwsCallError extends Error {
  override readonly name = "AwsCallError";

  constructor(
    /** Such as `DescribeRules`. */
    readonly operation: string,
    readonly kind: Unanswered,
    /** AWS's code, or the system's. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A call: what it is named, and what it is about. */
interface Call {
  /** With its service, as IAM writes it: `elasticloadbalancing:DescribeRules`. */
  action: string;
  /** What is asked for, such as a rule's ARN. */
  of: string;
}

/** What AWS answers. @throws AwsCallError after the SDK's last try. */
export async function asked<T>({ action, of }: Call, answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    const operation = action.split(":")[1] ?? action;
    const code = codeOf(error);
    const kind = kindOf(code, error);
    const told = firstLine((error as Error).message);
    const message = `AWS did not answer ${operation} for ${of}: ${told && told !== code ? `${code} (${told})` : code}. ${ADVICE[kind](action)}`;
    throw new AwsCallError(operation, kind, code, message);
  }
}

const ADVICE: Record<Unanswered, (action: string) => string> = {
  credentials: () =>
    "The credentials were not found, or are over: see aws:profile, aws:assumeRoles and the AWS_ variables, and log in again",
  denied: (action) => `The credentials may not: allow ${action} for them in IAM`,
  throttled: () => "Too many calls are made in this account and region, and waiting did not help: run it again later",
  "not found": () =>
    "It is not there in this account and region: another one than the provider's is asked, or somebody has deleted it; `pulumi refresh` brings the state up to date",
  unreachable: () => "Its address was not reached: see the network, the region and AWS_ENDPOINT_URL, and run it again",
  refused: (action) => `See ${action} in AWS's API reference for the code`,
};

const CREDENTIALS =
  /Credentials|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|Signature|MissingAuthenticationToken|SSOToken|TokenProviderError/;
const NETWORK = /^(E[A-Z_]{4,}|TimeoutError|NetworkingError)$/;

function kindOf(code: string, error: unknown): Unanswered {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (CREDENTIALS.test(code)) return "credentials";
  if (/Denied|Unauthorized|NotAuthorized|OptInRequired/.test(code)) return "denied";
  if (/Throttl|TooManyRequests|LimitExceeded|PriorRequestNotComplete|SlowDown/.test(code) || status === 429) {
    return "throttled";
  }
  if (/NotFound|NoSuch|MISSING/.test(code)) return "not found";
  if (NETWORK.test(code) || (status ?? 0) >= 500) return "unreachable";
  return status === 403 ? "denied" : "refused";
}

/** AWS's code: the SDK has it as the error's name, the system beside it. */
function codeOf(error: unknown): string {
  const { name, Code, code } = error as { name?: string; Code?: string; code?: string };
  const system = code !== undefined && NETWORK.test(code) ? code : undefined;
  return system ?? Code ?? (name && name !== "Error" && name !== "AggregateError" ? name : (code ?? "UnknownError"));
}

function firstLine(message: string): string {
  return message.split("\n")[0]?.trim().replace(/\.$/, "") ?? "";
}
