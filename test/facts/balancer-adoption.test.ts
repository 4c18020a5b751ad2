import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Action } from "../../local/dataplane";
import { ask, desire, forwardTo, onlyTarget, PORT, service, startDataPlane, states, until } from "./local-cloud";

// AWS documents no bound for how long an ALB's nodes take to adopt a change, and that it is not all at once is seen in
// operation (argo-rollouts #3333 was an outage of that kind). Assumed: each node for itself, 0 to 5 s, in order.

const fixed = (body: string): Action => ({ kind: "fixed", status: 200, contentType: "text/plain", body });

/** Random numbers in this order, then zeros. */
const numbers = (...list: number[]) => {
  const left = [...list];
  return () => left.shift() ?? 0;
};

it("lets two nodes answer differently for a while", async () => {
  const { plane } = startDataPlane({ adoptionDelay: [0, 1500], random: numbers(0, 0, 0, 0.99) });
  await plane.apply(desire([fixed("old")], []));
  await plane.settled();
  const [a, b] = plane.addresses("alb", 80);
  expect([(await ask(a)).body, (await ask(b)).body]).toEqual(["old", "old"]);

  await plane.apply(desire([fixed("new")], []));
  await until(async () => (await ask(a)).body === "new");
  expect((await ask(b)).body).toBe("old");
  await plane.settled();
  expect((await ask(b)).body).toBe("new");
});

it("never puts an older change over a newer one", async () => {
  const { plane } = startDataPlane({ nodes: 1, adoptionDelay: [0, 500], random: numbers(0, 0.99, 0, 0.5, 0) });
  const [first, ...later] = ["0", "1", "2", "3", "4"].map((body) => desire([fixed(body)], []));
  if (first) await plane.apply(first);
  for (const desired of later) await plane.apply(desired);
  const [node] = plane.addresses("alb", 80);
  const seen: string[] = [];
  await until(async () => {
    seen.push((await ask(node)).body);
    return seen.at(-1) === "4";
  });
  await sleep(600); // the longest delay: an older change would come now
  expect((await ask(node)).body).toBe("4");
  expect(seen).toEqual([...seen].sort());
});

it("adopts registrations with the same delay: a target is healthy once every node says so", async () => {
  const { plane, log } = startDataPlane({ adoptionDelay: [0, 1500], random: numbers(0, 0, 0, 0.99) });
  await plane.apply(desire([forwardTo({ shop: 1 })], [service("shop")]));
  const [a, b] = plane.addresses("alb", 80);
  await until(() => log.some((line) => line.includes("shop listens"))); // registered: each node has its delay
  await until(async () => (await ask(a)).status === 200);
  expect((await ask(b)).status).toBe(503);
  expect(onlyTarget(plane, "shop").state).not.toBe("healthy");
  await until(() => states(plane, "shop").includes("healthy"));
  expect((await ask(b)).status).toBe(200);
});

it("keeps its addresses over a restart, one for each node", async () => {
  const desired = desire([fixed("here")], []);
  const first = startDataPlane().plane;
  await first.apply(desired);
  const addresses = first.addresses("alb", 80);
  expect(addresses).toEqual([`127.0.0.1:${PORT}`, `127.0.0.2:${PORT}`]);
  await first.stop();
  const second = startDataPlane().plane;
  await second.apply(desired);
  expect(second.addresses("alb", 80)).toEqual(addresses);
  for (const address of addresses) expect((await ask(address)).body).toBe("here");
});

it("names the port that another program has, and what to do", async () => {
  await startDataPlane().plane.apply(desire([fixed("first")], []));
  const second = startDataPlane().plane;
  await expect(second.apply(desire([fixed("second")], []))).rejects.toThrow(
    new RegExp(
      `^Port ${PORT} of 127\\.0\\.0\\.1, for listener 80 of alb, is in use: stop .*lsof.* or choose another base port\\.$`,
    ),
  );
});
