import fc from "fast-check";
import { expect, test } from "vitest";
import { interruptedUpdate } from "../policies/interrupted-update";
import { planOf } from "../policies/plan";
import { servingDeletion } from "../policies/serving-deletion";
import { servingReplacement } from "../policies/serving-replacement";
import { interruptions, type Resource, UNKNOWN } from "../traffic";
import { orderedPlan } from "../traffic/update/step-order";
import { randomPlan } from "./random-plans";
import { type Cloud, cloudOf, isRetired, type Request, reachableClouds, reply, type Thing } from "./small-engine";
import { type Program, planned } from "./small-programs";

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
console.log(`seed of the random plans: ${seed} (SEED=${seed} runs the same again)`);
const RUNS = { seed, numRuns: Number(process.env.RUNS ?? 1500) };

/** One of each kind of request that the rules of the random programs tell apart, and of each cookie that is given out before. */
function requests(before: Cloud): Request[] {
  const cookies = [...before.values()].flatMap(({ item, inputs }) =>
    [inputs.actions, inputs.defaultActions].flatMap((actions) => {
      const [action] = (actions ?? []) as { forward?: { targetGroups: { arn: string }[] } }[];
      return item.kind === "rule" || item.kind === "listener"
        ? (action?.forward?.targetGroups ?? []).map(({ arn }) => arn)
        : [];
    }),
  );
  return ["a", "b", "c"].flatMap((host) =>
    ["/", "/x"].flatMap((path) => [{ host, path }, ...[...new Set(cookies)].map((cookie) => ({ host, path, cookie }))]),
  );
}

/** The groups that get requests before and that no service of the program fills. */
function filledByOthers(before: Program): Set<string> {
  const cloud = cloudOf(before);
  const things = [...cloud.values()];
  const filled = new Set(
    things.flatMap(({ inputs }) =>
      ((inputs.loadBalancers ?? []) as { targetGroupArn: string }[]).map((b) => b.targetGroupArn),
    ),
  );
  const forwarded = things.flatMap(({ inputs }) =>
    (
      (inputs.actions ?? inputs.defaultActions ?? []) as {
        forward?: { targetGroups: { arn: string; weight: number }[]; stickiness: { enabled: boolean } };
      }[]
    ).flatMap(({ forward }) =>
      (forward?.targetGroups ?? [])
        .filter(({ weight }) => weight > 0 || forward?.stickiness.enabled)
        .map(({ arn }) => arn),
    ),
  );
  return new Set(forwarded.filter((arn) => !filled.has(arn)));
}

/** The cloud as a node of the balancer has it that has heard of no change of a route, and of no end of anything. */
function unadopted(first: Cloud, cloud: Cloud): Cloud {
  const isRoute = ({ item: { kind } }: Thing) => kind === "rule" || kind === "listener";
  const changed = [...cloud].filter(([, thing]) => !isRoute(thing));
  return new Map([...first, ...changed]);
}

/** Whether some order of the engine's steps leaves a cloud in which a request fares worse, though the program still takes it. */
function loses(before: Program, after: Program): boolean {
  const first = cloudOf(before);
  const full = filledByOthers(before);
  const { clouds, last } = reachableClouds(before, after);
  return requests(first).some((request) => {
    const now = reply(first, request, full);
    if (now.share === 0 || (request.cookie && !now.byCookie) || isRetired(first, last, request, full)) return false;
    const ways = clouds.flatMap((cloud) => [cloud, unadopted(first, cloud)]);
    return ways.some((cloud) => reply(cloud, request, full).share < now.share - 1e-9);
  });
}

/** Whether a rule or listener forwards to several new groups: a preview does not tell which is which, and the worst is assumed. */
function isAmbiguous(desired: readonly Resource[]): boolean {
  const isNew = (urn: string) => desired.some((r) => r.urn === urn && r.outputs.arn === UNKNOWN);
  return desired.some(({ propertyDependencies: { actions, defaultActions } = {} }) =>
    [actions, defaultActions].some((urns) => (urns ?? []).filter(isNew).length > 1),
  );
}

test("what is found is what an engine that tries all orders loses", () => {
  const seen = { passed: 0, refused: 0, ambiguous: 0, steps: 0 };
  fc.assert(
    fc.property(randomPlan, ([before, after]) => {
      const plan = planned(before, after);
      const found = interruptions(...plan);
      const expected = loses(before, after);
      const ambiguous = !expected && isAmbiguous(plan[1]);
      seen[ambiguous ? "ambiguous" : expected ? "refused" : "passed"]++;
      if (orderedPlan(...plan).steps.length >= 4) seen.steps++;
      if (!ambiguous) expect(found.length > 0).toBe(expected);
    }),
    RUNS,
  );
  console.log(`random plans: ${JSON.stringify(seen)}`);
  expect(seen.passed).toBeGreaterThan(RUNS.numRuns * 0.2);
  expect(seen.refused).toBeGreaterThan(RUNS.numRuns * 0.2);
  expect(seen.steps).toBeGreaterThan(RUNS.numRuns * 0.3);
});

test("what serves and is replaced or deleted is left to the policies of these names, and all together pass no loss", () => {
  const together = [servingReplacement, servingDeletion, interruptedUpdate];
  const seen = { passed: 0, byOthersAlone: 0, byThisOne: 0 };
  fc.assert(
    fc.property(randomPlan, ([before, after]) => {
      const [prior, desired] = planned(before, after);
      const refused = together.filter((policy) => policy.judge(planOf(prior, desired)).length > 0);
      if (refused.length === 0) expect(loses(before, after)).toBe(false);
      seen[refused.length === 0 ? "passed" : refused.includes(interruptedUpdate) ? "byThisOne" : "byOthersAlone"]++;
    }),
    RUNS,
  );
  console.log(`random plans, by the three policies: ${JSON.stringify(seen)}`);
  expect(seen.passed).toBeGreaterThan(RUNS.numRuns * 0.2);
  expect(seen.byThisOne).toBeGreaterThan(RUNS.numRuns * 0.1);
});

test("more edges never make a loss", () => {
  const seen = { cured: 0, same: 0 };
  fc.assert(
    fc.property(randomPlan, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), ([before, after], put) => {
      const edged = after.map((item, late) => {
        const edges = after.slice(0, late).filter((_, early) => put[(late * after.length + early) % put.length]);
        return { ...item, dependsOn: [...(item.dependsOn ?? []), ...edges.map(({ name }) => name)] };
      });
      const without = interruptions(...planned(before, after)).length;
      const with_ = interruptions(...planned(before, edged)).length;
      if (without === 0) expect(with_).toBe(0);
      seen[with_ < without ? "cured" : "same"]++;
    }),
    RUNS,
  );
  console.log(`edges put in: ${JSON.stringify(seen)}`);
  expect(seen.cured).toBeGreaterThan(0);
});
