import { setTimeout as sleep } from "node:timers/promises";
import { AwsClients } from "../../live/aws-clients";

/** Milliseconds between two questions: short beside what an instance takes to start. */
const ASK_EVERY = 200;

/** Is told where a release in batches is. */
export interface BatchListener {
  /** Instances are exchanged until so many percent of them are new. */
  goesTo(percent: number): void;
  /** They are, and nothing more is exchanged until the pause is over. */
  pausesAt(percent: number): void;
}

/**
 * Follows the next instance refresh of the cloud's one group to its end, or until it is not to be followed any more. At a checkpoint
 * AWS gives it no status of its own (`DescribeInstanceRefreshes`), so that the end of a pause is told by the clock.
 *
 * @param env leads to the cloud
 * @param rolling percent of the instances at each checkpoint, and the seconds that it stands there
 */
export async function followBatches(
  env: Record<string, string>,
  { batches, pause }: { batches: readonly number[]; pause: number },
  listener: BatchListener,
  signal: AbortSignal,
): Promise<void> {
  const client = await clientsOf(env).autoScaling();
  const { AutoScalingGroups: [group] = [] } = await client.describeAutoScalingGroups({});
  const size = group?.DesiredCapacity ?? 0;
  const asked = { AutoScalingGroupName: group?.AutoScalingGroupName, MaxRecords: 1 };
  const latest = async () => (await client.describeInstanceRefreshes(asked)).InstanceRefreshes?.[0];
  const before = await latest();
  const goals = [...batches];
  let goesOnAt: number | undefined = 0;
  for (; !signal.aborted; await sleep(ASK_EVERY)) {
    const now = await latest();
    if (!now || now.InstanceRefreshId === before?.InstanceRefreshId) continue;
    if (now.EndTime) return;
    const [goal = 100] = goals;
    if (goesOnAt !== undefined) {
      if (Date.now() < goesOnAt) continue;
      goesOnAt = undefined;
      listener.goesTo(goal);
    }
    const isNew = size - (now.InstancesToUpdate ?? size);
    if (goal === 100 || isNew < Math.ceil((size * goal) / 100)) continue;
    listener.pausesAt(goal);
    goals.shift();
    goesOnAt = Date.now() + pause * 1000;
  }
}

/** With what the cloud is asked that an environment leads to. */
export function clientsOf(env: Record<string, string>): AwsClients {
  return new AwsClients({
    endpoint: env.AWS_ENDPOINT_URL,
    region: env.AWS_REGION,
    accessKey: env.AWS_ACCESS_KEY_ID,
    secretKey: env.AWS_SECRET_ACCESS_KEY,
  });
}
