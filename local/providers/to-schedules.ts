import type { DesiredSchedule } from "../dataplane/schedules";
import type { Images } from "./image";
import type { Properties, Records } from "./record";
import { toJob } from "./to-desired";

const SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** What EventBridge Scheduler starts on ECS at a rate; a time of day is kept, and nothing is started at it. */
export function toSchedules(records: Records, images: Images): DesiredSchedule[] {
  return records.ofType("aws:scheduler/schedule:Schedule").flatMap(({ id, inputs }) => {
    const [, count, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(String(inputs.scheduleExpression)) ?? [];
    const { ecsParameters } = inputs.target as Properties;
    const revision = (ecsParameters as Properties | undefined)?.taskDefinitionArn;
    const every = Number(count) * (SECONDS[unit] ?? 0);
    if (typeof revision !== "string" || !(every > 0)) return [];
    return { arn: id, every, revision, task: toJob(revision, records, images) };
  });
}
