import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TaskEvent } from "../local/dataplane";
import { Records } from "../local/providers";
import { toDesired } from "../local/providers/to-desired";
import { startDataPlane, until } from "./facts/local-cloud";

// `run:` of an image in crossfade:local is a line as one would type it.

/** The local cloud's records of one service without a balancer, whose image is this command; and the data plane that runs it. */
function service(run: string, desiredCount = 1) {
  const records = new Records(join(mkdtempSync(join(tmpdir(), "crossfade-")), "cloud.json"));
  const containers = [{ image: "any", stopTimeout: 5, environment: [{ name: "WORDS", value: "two words" }] }];
  records.put({
    type: "aws:ecs/taskDefinition:TaskDefinition",
    id: "task",
    inputs: { containerDefinitions: JSON.stringify(containers) },
    outputs: { arn: "task" },
  });
  records.put({
    type: "aws:ecs/service:Service",
    id: "service",
    inputs: { taskDefinition: "task", desiredCount, deploymentCircuitBreaker: { enable: true, rollback: false } },
    outputs: {},
  });
  return toDesired(records, { any: { run } });
}

async function start(run: string) {
  const tasks: TaskEvent[] = [];
  const started = startDataPlane({ onTask: (event) => tasks.push(event) });
  await started.plane.apply(service(run));
  const logs = async (text: string) => {
    await until(() => started.log.some((line) => line.includes(text)));
  };
  return { ...started, tasks, logs, end: () => started.plane.apply(service(run, 0)) };
}

const print = "console.log(process.argv.slice(1).join(`|`)); setInterval(() => {}, 1000)";

test.each([
  ["single quotes", `node -e '${print}' 'a  b' {port}`, /^a {2}b\|\d{5}$/],
  ["double quotes", `node -e "${print.replaceAll("`", "\\`")}" "a \\"b" {port}`, /^a "b\|\d{5}$/],
  ["variables", `node -e '${print}' "$WORDS" $WORDS "$PORT" {port}`, /^two words\|two\|words\|(\d{5})\|\1$/],
  ["assignments", `A=1 B='2 3' node -e 'console.log(process.env.A, process.env.B); ${print}'`, /^1 2 3$/],
  ["several commands", `cd / && node -e 'console.log(process.cwd()); ${print}'`, /^\/$/],
  ["exec", `exec node -e '${print}' "a b"`, /^a b$/],
])("%s", async (_, run, printed) => {
  const { log } = await start(run);
  await until(() => log.length > 0);
  expect(log[0]?.replace("[service] ", "")).toMatch(printed);
});

// It says that it is up once it can end well: a signal before its handler is there would end it at once.
const graceful = `process.on("SIGTERM", () => setTimeout(() => { console.log("done"); process.exit(3); }, 500)); console.log("up"); setInterval(() => {}, 1000)`;

test("SIGTERM reaches the program, and its end is the task's", async () => {
  const { logs, end, tasks } = await start(`node -e '${graceful}'`);
  await logs("up");
  await end();
  await until(() => tasks.length === 2);
  expect(tasks.map(({ what, why }) => [what, why])).toEqual([
    ["stopping", "it is no longer asked for"],
    ["ended", "exited with code 3"],
  ]);
  await logs("done");
});

test("with several commands the last one may end as it likes: a shell that is gone before it does not take it along", async () => {
  const { logs, end, tasks } = await start(`cd / && node -e '${graceful}'`);
  await logs("up");
  await end();
  await until(() => tasks.length === 2);
  await logs("done");
  expect((tasks[1]?.time ?? 0) - (tasks[0]?.time ?? 0)).toBeGreaterThan(450);
});

test.each(["no-such-server --port {port}", "cd / && no-such-server --port {port}"])(
  "a program that is not there is named: %s",
  async (run) => {
    // Not by the deployment's outcome: on a busy machine the shell runs for so long that it counts as completed before.
    const { tasks } = await start(run);
    const ended = () => tasks.find(({ what }) => what === "ended");
    await until(() => ended() !== undefined);
    const why = ended()?.why;
    expect(why).toContain("exited with code 127, by which a shell says that there is no such program: ");
    expect(why).toContain(run);
  },
);
