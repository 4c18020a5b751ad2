import { expect, it } from "vitest";
import type { Action } from "../../local/dataplane";
import {
  type Answer,
  ask,
  desire,
  forwardTo,
  group,
  onlyTarget,
  service,
  startDataPlane,
  states,
  until,
} from "./local-cloud";

// The quotes are of https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
// where no other page is named.

const rules = [forwardTo({ shop: 1 })];
const none = [service("shop", {}, { desiredCount: 0 })];

async function start(deregistrationDelay: number) {
  const { plane, log } = startDataPlane();
  const groups = [group("shop", { deregistrationDelay })];
  await plane.apply(desire(rules, [service("shop")], { groups }));
  await plane.steady("shop");
  const [node] = plane.addresses("alb", 80);
  const { id } = onlyTarget(plane, "shop");
  return { plane, log, groups, node, id };
}

/** Asks, and waits until the target has the request. */
async function underWay(node: string | undefined, id: string, path: string): Promise<Promise<Answer>[]> {
  const answer = ask(node, path);
  await until(async () => (await ask(id, "/attempts")).body === "1");
  return [answer]; // in a list, or the caller's await would wait for the answer
}

// "Elastic Load Balancing stops sending requests to targets that are deregistering. By default, Elastic Load Balancing waits
// 300 seconds before completing the deregistration process, which can help in-flight requests to the target to complete."
// "The initial state of a deregistering target is draining."
it("lets a request in flight end within the delay, and sends no new one", async () => {
  const { plane, log, groups, node, id } = await start(30);
  const [slow] = await underWay(node, id, "/?delay=1500");
  await plane.apply(desire(rules, none, { groups }));
  await until(() => states(plane, "shop").includes("draining"));
  await plane.settled();
  expect(onlyTarget(plane, "shop")).toMatchObject({ id, state: "draining", reason: "Target.DeregistrationInProgress" });
  expect((await ask(node)).status).toBe(503);
  expect((await ask(id, "/attempts")).body).toBe("1");
  expect(log).not.toContainEqual(expect.stringContaining("got SIGTERM"));
  expect(await slow).toMatchObject({ status: 200, body: "shop" });
  await until(() => states(plane, "shop").length === 0);
});

// "The deregistration delay period elapsed for a request being handled by a target that was deregistered." (HTTP 502)
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
it("cuts a request that outlives the delay: 502", async () => {
  const { plane, groups, node, id } = await start(1);
  const [slow] = await underWay(node, id, "/?delay=20000");
  await plane.apply(desire(rules, none, { groups }));
  const answer = await slow;
  expect([answer?.status, answer?.headers.server]).toEqual([502, "awselb/2.0"]);
});

// Not stated: what a client sees whose answer has already begun. The status is gone out, so only the connection can be cut.
it("cuts the connection of a client in the middle of a body that outlives the delay", async () => {
  const { plane, groups, node, id } = await start(1);
  const [stream] = await underWay(node, id, "/?parts=1000&every=100");
  await plane.apply(desire(rules, none, { groups }));
  expect(await stream).toMatchObject({ status: 200, cut: true });
});

// "If a deregistering target has no in-flight requests and no active connections, Elastic Load Balancing immediately completes
// the deregistration process, without waiting for the deregistration delay to elapse." AWS goes on to *show* the target as
// draining until then; here it is gone from the list, and its task is stopped.
it("does not wait for the delay when nothing is in flight", async () => {
  const { plane, log, groups, node } = await start(3600);
  expect((await ask(node)).status).toBe(200);
  await plane.apply(desire(rules, none, { groups }));
  await until(() => log.some((line) => line.includes("got SIGTERM")));
  expect(states(plane, "shop")).toEqual([]);
});

// "If a deregistering target terminates the connection before the deregistration delay elapses, the client receives a
// 500-level error response."
it("answers 502 when a draining target ends its request", async () => {
  const { plane, groups, node, id } = await start(30);
  const [slow] = await underWay(node, id, "/?delay=1000&reset");
  await plane.apply(desire(rules, none, { groups }));
  await plane.settled();
  expect((await slow)?.status).toBe(502);
});

// Not stated: the deregistration delay is of deregistered targets; nothing says that deleting the group keeps to it. Assumed:
// connections are cut at once.
it("cuts the connections at once when the group itself goes", async () => {
  const { plane, node, id } = await start(3600);
  const [slow] = await underWay(node, id, "/?delay=20000");
  const closed: Action = { kind: "fixed", status: 200, contentType: "text/plain", body: "closed" };
  await plane.apply(desire([closed], [], { groups: [] }));
  expect((await slow)?.status).toBe(502);
  expect((await ask(node)).body).toBe("closed");
});

// No fact of AWS: the end of the local cloud.
it("ends requests in flight before it stops", async () => {
  const { plane, node, id } = await start(3600);
  const [slow] = await underWay(node, id, "/?delay=500");
  await plane.stop();
  expect(await slow).toMatchObject({ status: 200, body: "shop" });
  await expect(ask(node)).rejects.toThrow("ECONNREFUSED");
});
