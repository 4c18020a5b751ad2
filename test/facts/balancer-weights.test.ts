import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Desired } from "../../local/dataplane";
import { ask, desire, forwardTo, seeded, service, startDataPlane, states, until } from "./local-cloud";

const blueAndGreen = [service("blue"), service("green")];

async function start(desired: Desired, random = seeded(1)) {
  const { plane } = startDataPlane({ random });
  await plane.apply(desired);
  for (const { arn } of desired.services) await plane.steady(arn);
  const [node] = plane.addresses("alb", 80);
  return { plane, node };
}

/** How often each version answered. */
async function count(node: string | undefined, requests: number): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const answers = await Promise.all(Array.from({ length: requests }, () => ask(node, "/", { agent })));
  agent.destroy();
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) counts[`${status} ${body}`] = (counts[`${status} ${body}`] ?? 0) + 1;
  return counts;
}

// "Requests that match a listener rule with weighted target groups are distributed to these target groups based on their
// weights." https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
it("spreads 10,000 requests by the weights", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const { node } = await start(desire([forwardTo({ blue: 95, green: 5 })], blueAndGreen), seeded(seed));
  const counts = await count(node, 10_000);
  expect(Object.keys(counts).sort()).toEqual(["200 blue", "200 green"]);
  const sigma = Math.sqrt(10_000 * 0.05 * 0.95); // 21.8 requests
  expect(Math.abs((counts["200 green"] ?? 0) - 500)).toBeLessThan(5 * sigma);
});

// "Each target group weight is a value from 0 to 999." (same page) That 0 gets nothing is how everybody reads it.
it("sends nothing to a group of weight 0, wherever it stands in the list", async () => {
  const services = ["first", "middle", "last"].map((arn) => service(arn));
  const { node } = await start(desire([forwardTo({ first: 0, middle: 1, last: 0 })], services));
  expect(await count(node, 1000)).toEqual({ "200 middle": 1000 });
});

// Assumption: AWS does not say what a forward does whose weights are all 0.
it("answers 503 where all weights are 0", async () => {
  const { node } = await start(desire([forwardTo({ blue: 0, green: 0 })], blueAndGreen));
  const answer = await ask(node);
  expect([answer.status, answer.headers.server]).toEqual([503, "awselb/2.0"]);
});

// "When the load balancer first routes a request to a weighted target group, it generates a cookie named AWSALBTG that
// encodes information about the selected target group … When the load balancer receives a request that matches a rule with
// target group stickiness enabled and contains the cookie, the request is routed to the target group specified in the
// cookie." https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
it("binds a client to a group by a cookie that outranks the weights, even weight 0", async () => {
  const { plane, node } = await start(desire([forwardTo({ blue: 0, green: 1 }, 60)], blueAndGreen));
  const first = await ask(node);
  expect(first.body).toBe("green");
  const cookie = first.headers["set-cookie"]?.[0] ?? "";
  expect(cookie).toMatch(/^AWSALBTG=[\w-]+; Expires=\w{3}, [\w :]+ GMT; Path=\/$/);
  const bound = { cookie: `theme=dark; ${cookie.split(";")[0]}` };

  await plane.apply(desire([forwardTo({ blue: 1, green: 0 }, 60)], blueAndGreen));
  await plane.settled();
  expect((await ask(node)).body).toBe("blue");
  for (let i = 0; i < 20; i++) expect((await ask(node, "/", { headers: bound })).body).toBe("green");

  // Assumption: a cookie for a group that is no longer in the rule is as none.
  await plane.apply(desire([forwardTo({ blue: 1 }, 60)], blueAndGreen));
  await plane.settled();
  expect((await ask(node, "/", { headers: bound })).body).toBe("blue");
});

// "By default, configuring a rule to distribute traffic between weighted target groups does not guarantee that sticky
// sessions are honored." (same page)
it("neither sets nor follows the cookie where group stickiness is off", async () => {
  const { plane, node } = await start(desire([forwardTo({ blue: 0, green: 1 }, 60)], blueAndGreen));
  const cookie = (await ask(node)).headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  await plane.apply(desire([forwardTo({ blue: 1, green: 0 })], blueAndGreen));
  await plane.settled();
  const answer = await ask(node, "/", { headers: { cookie } });
  expect(answer.body).toBe("blue");
  expect(answer.headers["set-cookie"]).toBeUndefined();
});

// "… the Application Load Balancer resets the expiry of the cookies it generates after every request. If a cookie expires, the
// session is no longer sticky" https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html
// (said of the target cookies; assumed of AWSALBTG). Assumption: the balancer itself knows when a cookie has expired.
it("renews the cookie with each answer, and lets go of a client whose cookie has expired", async () => {
  const { plane, node } = await start(desire([forwardTo({ blue: 0, green: 1 }, 2)], blueAndGreen));
  let cookie = (await ask(node)).headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  await plane.apply(desire([forwardTo({ blue: 1, green: 0 }, 2)], blueAndGreen));
  await plane.settled();
  for (let i = 0; i < 5; i++) {
    await sleep(500);
    const answer = await ask(node, "/", { headers: { cookie } });
    expect(answer.body).toBe("green");
    cookie = answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  }
  await sleep(2100);
  expect((await ask(node, "/", { headers: { cookie } })).body).toBe("blue");
});

// "The target groups for the load balancer have no registered targets." (HTTP 503)
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
it("keeps a bound client's requests on its group when that has lost its targets", async () => {
  const { plane, node } = await start(desire([forwardTo({ blue: 0, green: 1 }, 60)], blueAndGreen));
  const cookie = (await ask(node)).headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const services = [service("blue"), service("green", {}, { desiredCount: 0 })];
  await plane.apply(desire([forwardTo({ blue: 1, green: 0 }, 60)], services));
  await until(() => states(plane, "green").length === 0);
  expect((await ask(node, "/", { headers: { cookie } })).status).toBe(503);
  expect((await ask(node)).body).toBe("blue");
});
