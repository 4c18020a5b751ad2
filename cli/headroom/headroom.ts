import { AwsClients } from "../../live/aws-clients";
import { groupBy } from "../../policies/reading/group-by";
import type { Previewed } from "../../traffic/sources";
import { gapsOf } from "./addition";
import { additionsOf } from "./additions";
import { type Answer, NOTHING, together } from "./answer";
import { askAws } from "./ask";
import { settingsFor } from "./asked-where";

/** Nobody waits long for an answer that only refuses where it is clear. */
const TRIES = 2;
const A_FILE = "a preview does not tell what is free in AWS: check the stack by its name, and it is asked";

export interface HeadroomOptions {
  /** Whether it is a stack, whose AWS can be asked. */
  isStack: boolean;
  /** @default the present moment */
  now?: Date;
}

/** Whether what an update adds has room, as AWS says; undefined where it adds nothing. */
export async function headroomOf(
  { changes, desired, config }: Pick<Previewed, "changes" | "desired" | "config">,
  { isStack, now = new Date() }: HeadroomOptions,
): Promise<Answer | undefined> {
  const additions = additionsOf(changes, desired);
  if (additions.length === 0) return undefined;
  if (!isStack) return { ...NOTHING, unknown: [A_FILE] };
  const groups = groupBy(additions, ({ resource }) => [JSON.stringify(settingsFor(resource, desired, config))]);
  const answers = [...groups].map(([settings, group]) =>
    askAws(group, new AwsClients(JSON.parse(settings), TRIES), now),
  );
  const gaps = { ...NOTHING, unknown: additions.flatMap(gapsOf) };
  return together([gaps, ...(await Promise.all(answers))]);
}
