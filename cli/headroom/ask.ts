import { AwsCallError } from "../../live/asked";
import type { AwsClients } from "../../live/aws-clients";
import { readQuota } from "../../live/quota";
import { readSubnets } from "../../live/subnets";
import { readUsage } from "../../live/usage";
import type { Addition } from "./addition";
import { addressProblems, addressRooms } from "./addresses";
import { type Answer, NOTHING, together } from "./answer";
import { FARGATE_QUOTAS, type FargateKind } from "./fargate-kinds";
import { isPlaced } from "./places";
import { vcpuProblem, vcpusAdded } from "./vcpus";

const KINDS: readonly FargateKind[] = ["FARGATE", "FARGATE_SPOT"];

/** What one account and region says to all that is added in it. A call that fails is an unknown, and no error. */
export async function askAws(additions: readonly Addition[], clients: AwsClients, now: Date): Promise<Answer> {
  const kinds = KINDS.filter((kind) => vcpusAdded(additions, kind) > 0);
  const questions = [askSubnets(additions, clients), ...kinds.map((kind) => askQuota(kind, additions, clients, now))];
  return together(await Promise.all(questions.map((answer) => answer.catch(unknownBy))));
}

async function askSubnets(additions: readonly Addition[], clients: AwsClients): Promise<Answer> {
  const placed = additions.filter(isPlaced);
  if (placed.length === 0) return NOTHING;
  const live = await readSubnets(clients, [...new Set(placed.flatMap(({ subnets }) => subnets))].sort());
  return { ...NOTHING, addresses: addressRooms(placed, live), problems: addressProblems(placed, live) };
}

async function askQuota(
  kind: FargateKind,
  additions: readonly Addition[],
  clients: AwsClients,
  now: Date,
): Promise<Answer> {
  const { limit, metric } = await readQuota(clients, FARGATE_QUOTAS[kind]);
  const uses = metric ? await readUsage(clients, metric, now).catch(unknownBy) : undefined;
  const used = typeof uses === "number" ? uses : undefined;
  const room = { kind, quota: FARGATE_QUOTAS[kind].code, added: vcpusAdded(additions, kind), limit, used };
  const problem = vcpuProblem(room, additions);
  const unknown = used === undefined && !problem ? (typeof uses === "object" ? uses.unknown : [unused(kind)]) : [];
  return { ...NOTHING, vcpus: [room], unknown, problems: problem ? [problem] : [] };
}

function unused(kind: FargateKind): string {
  const { name, code } = FARGATE_QUOTAS[kind];
  return `how much of the quota "${name}" (${code}) is in use: CloudWatch has no point of it in the last hour`;
}

function unknownBy(error: unknown): Answer {
  if (!(error instanceof AwsCallError)) throw error;
  return { ...NOTHING, unknown: [error.message] };
}
