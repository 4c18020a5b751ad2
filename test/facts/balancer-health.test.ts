import { expect, it } from "vitest";
import { ask, desire, forwardTo, group, onlyTarget, service, startDataPlane, states, until } from "./local-cloud";

// The quotes are of https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html

// "After your target is registered, it must pass one health check to be considered healthy." "UnhealthyThresholdCount: The
// number of consecutive failed health checks required before considering a target unhealthy." "HealthyThresholdCount: The
// number of consecutive successful health checks required before considering an unhealthy target healthy."
it("goes from initial to healthy by one passed check, then by the thresholds", async () => {
  const { plane } = startDataPlane();
  const slow = service("shop", { LISTEN_AFTER: "500" });
  const patient = group("shop", {}, { interval: 0.2, healthyThreshold: 5, unhealthyThreshold: 5 });
  await plane.apply(desire([forwardTo({ shop: 1 })], [slow], { groups: [patient] }));

  const seen: string[] = [];
  const see = () => {
    const [target] = plane.targetHealth("shop");
    const line = `${target?.state} ${target?.reason ?? ""}`.trim();
    if (target && line !== seen.at(-1)) seen.push(line);
  };
  const time = async (state: string) => {
    const start = performance.now();
    await until(() => {
      see();
      return states(plane, "shop").includes(state);
    });
    return performance.now() - start;
  };

  await time("healthy");
  await ask(onlyTarget(plane, "shop").id, "/health?status=500");
  const untilUnhealthy = await time("unhealthy");
  await ask(onlyTarget(plane, "shop").id, "/health?status=200");
  const untilHealthy = await time("healthy");

  expect(seen.filter((line) => line !== "initial Elb.RegistrationInProgress")).toEqual([
    "initial Elb.InitialHealthChecking",
    "healthy",
    "unhealthy Target.ResponseCodeMismatch",
    "healthy",
  ]);
  // Five checks lie four intervals apart.
  expect(untilUnhealthy).toBeGreaterThan(700);
  expect(untilHealthy).toBeGreaterThan(700);
});

// "Target.Timeout: Request timed out"; "Target.FailedHealthChecks: The load balancer received an error while establishing a
// connection to the target or the target response was malformed."
it("says why a target is unhealthy", async () => {
  const { plane } = startDataPlane();
  const services = [service("silent"), service("closed", { LISTEN_AFTER: "60000" })];
  const groups = [group("silent", {}, { path: "/?delay=60000", timeout: 0.2 }), group("closed")];
  await plane.apply(desire([forwardTo({ silent: 1, closed: 1 })], services, { groups }));
  await until(() => [...states(plane, "silent"), ...states(plane, "closed")].join() === "unhealthy,unhealthy");
  expect(onlyTarget(plane, "silent").reason).toBe("Target.Timeout");
  expect(onlyTarget(plane, "closed").reason).toBe("Target.FailedHealthChecks");
});

// "Matcher: … You can specify values or ranges of values".
it.each(["404", "200,404", "300-499"])("takes 404 for healthy with the matcher %s", async (matcher) => {
  const { plane } = startDataPlane();
  const groups = [group("shop", {}, { matcher })];
  await plane.apply(desire([forwardTo({ shop: 1 })], [service("shop", { HEALTH: "404" })], { groups }));
  await until(() => states(plane, "shop").includes("healthy"));
});

// "unused: The target is not registered with a target group, the target group is not used in a listener rule, …"
// "Target.NotInUse". "Before the load balancer sends a health check request to a target, you must … specify its target group
// in a listener rule".
it("does not check a group that is in no rule, and begins anew once it is in one", async () => {
  const { plane, log } = startDataPlane();
  const services = [service("blue"), service("green", { HEALTH: "500" })];
  await plane.apply(desire([forwardTo({ blue: 1 })], services));
  await until(() => log.some((line) => line.includes("green listens")) && states(plane, "blue").includes("healthy"));
  expect(onlyTarget(plane, "green")).toMatchObject({ state: "unused", reason: "Target.NotInUse" });

  await plane.apply(desire([forwardTo({ blue: 1, green: 0 })], services));
  expect(onlyTarget(plane, "green").state).toBe("initial");
  await until(() => states(plane, "green").includes("unhealthy"));

  await plane.apply(desire([forwardTo({ blue: 1 })], services));
  expect(onlyTarget(plane, "green").state).toBe("unused");
});

// "If a target group contains only unhealthy registered targets, the load balancer routes requests to all those targets,
// regardless of their health status."
it("sends to healthy targets only, and to all when none is healthy", async () => {
  const { plane } = startDataPlane();
  // Two services in one group, so that the targets can be told apart.
  const good = service("good", {}, { targetGroupArn: "shop" });
  const bad = service("bad", { HEALTH: "500" }, { targetGroupArn: "shop" });
  await plane.apply(desire([forwardTo({ shop: 1 })], [good, bad], { groups: [group("shop")] }));
  await until(() => states(plane, "shop").sort().join() === "healthy,unhealthy");
  const [node] = plane.addresses("alb", 80);
  const versions = async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(node)));
    return [...new Set(answers.map(({ body }) => body))].sort();
  };
  expect(await versions()).toEqual(["good"]);

  for (const { id } of plane.targetHealth("shop")) await ask(id, "/health?status=500");
  await until(() => states(plane, "shop").join() === "unhealthy,unhealthy");
  expect(await versions()).toEqual(["bad", "good"]);
});

// "By default, the round robin routing algorithm is used to route requests at the target group level."
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
it("takes the targets in turn, in all zones", async () => {
  const { plane } = startDataPlane();
  await plane.apply(desire([forwardTo({ shop: 1 })], [service("shop", {}, { desiredCount: 4 })]));
  await plane.steady("shop");
  const targets = plane.targetHealth("shop");
  expect(targets.map(({ zone }) => zone).sort()).toEqual(["local-a", "local-a", "local-b", "local-b"]);
  for (const node of plane.addresses("alb", 80)) for (let i = 0; i < 8; i++) await ask(node);
  for (const { id } of targets) expect((await ask(id, "/attempts")).body).toBe("4");
});

// "When cross-zone load balancing is off, each load balancer node distributes traffic only across the registered targets in its
// Availability Zone." "… an Availability Zone being empty while cross-zone load balancing is off … triggers a 503 error for all
// HTTP requests that enter the empty Availability Zone."
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/disable-cross-zone.html
it("with cross-zone off, keeps to its own zone and answers 503 where that has no target", async () => {
  const { plane } = startDataPlane();
  const groups = [group("shop", { crossZone: false })];
  await plane.apply(desire([forwardTo({ shop: 1 })], [service("shop")], { groups }));
  await plane.steady("shop");
  expect(onlyTarget(plane, "shop").zone).toBe("local-a");
  const [a, b] = plane.addresses("alb", 80);
  expect((await ask(a)).status).toBe(200);
  const answer = await ask(b);
  expect([answer.status, answer.headers.server]).toEqual([503, "awselb/2.0"]);
});

// "At some point during this rolling update, the target group might only have registered targets that are in »Initial« or
// »Draining« state; this results in service outage"
// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
it("sends nothing to a target in its first checks, also where there is no other", async () => {
  const { plane, log } = startDataPlane();
  const groups = [group("shop", {}, { path: "/?delay=800", timeout: 5, interval: 1 })];
  await plane.apply(desire([forwardTo({ shop: 1 })], [service("shop")], { groups }));
  const [node] = plane.addresses("alb", 80);
  await until(() => log.some((line) => line.includes("shop listens")) && states(plane, "shop").includes("initial"));
  expect((await ask(node)).status).toBe(503);
  await until(() => states(plane, "shop").includes("healthy"));
  expect((await ask(node)).status).toBe(200);
});
