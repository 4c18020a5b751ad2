import { setTimeout as sleep } from "node:timers/promises";
import type { Refused } from "../../load/report";
import type { RehearsedDatabase } from "./database";
import { SETTLE } from "./edge-release";
import { tryRefusal } from "./refusals";
import type { Played } from "./release";
import { decidedBack } from "./roll-backs";
import { edit, hold, type Scene, type Step, take } from "./step";

/**
 * A release that changes the database's schema, with workers and a schedule: an expand with the candidate, which comes and is taken back
 * once from its first stage with weight, and goes on to the finish; when the version before is gone, a contract. What would lose
 * requests by the way is refused.
 */
export async function databaseRelease(scene: Scene, database: RehearsedDatabase): Promise<Played> {
  const { stack, progress, signal } = scene;
  const { image, version: candidate } = stack.candidate();
  const refused: Refused[] = [];
  const tooEarly = async () => {
    const change = "the contract while the version before is there";
    refused.push(await tryRefusal({ change, policy: "migration-order", edit: database.to("contract", 3) }, scene));
  };
  const step = (stage: string, weight: number, lines: Record<string, unknown>): Step => {
    return { stage, weight, candidate, edit: lines };
  };
  const stages = stack.file.config().rollout.stages.filter(({ weight }) => weight > 0);

  const locking = { change: "an index that is built under lock", policy: "migration-locks", edit: database.toLocked() };
  refused.push(await tryRefusal(locking, scene));
  const change = "an expand to a schema that stable does not work on";
  const narrow = { change, policy: "migration-order", edit: database.withNarrowRange() };
  refused.push(await tryRefusal(narrow, scene));

  const expand = { ...database.to("expand", 2), green: { image, schema: ">=2" } };
  await take(step("idle", 0, expand), scene, tooEarly);
  const [first] = stages as [(typeof stages)[number]];
  await take(step(first.name, first.weight, { stage: first.name }), scene);
  const what = `back from ${first.name}, with sessions of ${candidate} on the version before`;
  const back = await decidedBack(what, candidate, scene, () => take(step("back", 0, { stage: "idle" }), scene));
  for (const { name, weight } of stages) await take(step(name, weight, { stage: name }), scene);

  await database.note("finishBegins");
  await edit(step("finish", 100, { stable: "green", stage: "idle" }), scene);
  await database.note("finished");
  await hold(scene, tooEarly);
  const { drain } = stack.file.config().environments.blue ?? { drain: 0 };
  progress.event("the old environment is kept for its hold time");
  await sleep((drain + SETTLE) * 1000, undefined, { signal });
  await take(step("removed", 100, { blue: undefined }), scene);
  await take(step("contract", 100, database.to("contract", 3)), scene);
  return { refused, rollBacks: [back] };
}
