import { z } from "zod";
import { at, number, type Resource } from "../traffic";
import { policy } from "./policy";
import { weightedRecordProblems } from "./problems/weighted-records";
import { type Problem, ratchet } from "./ratchet";
import { actionsOf, type Split, splits } from "./reading/forwards";
import { backendsOf, routesOf } from "./reading/kubernetes";
import { blocks, leavesOut, one, type State } from "./reading/state";
import { targetStickiness } from "./reading/target-stickiness";
import { ECS_SERVICE, RULE } from "./reading/types";
import { named } from "./reading/words";

/** ELB quota, "Target groups per action per Application Load Balancer". */
const MOST_GROUPS = 5;

export const weightsExplicit = policy({
  name: "weights-explicit",
  description: "Refuses weights that are left out, all 0, or that AWS refuses half way through the update.",
  mechanism:
    'A weight that is left out is 1 and not 0 (provider default): beside another 1 it is half of the requests. Where all weights are 0 a balancer has nobody to answer, and Route 53 chooses any record with equal probability (API reference, `Weight`): a set that was to be off sends users to the idle color. What AWS refuses it refuses in the middle of the update, with other steps done: more than five groups in a forward, target stickiness without group stickiness, application cookies beside weights (ELB guide, "Sticky sessions"), weighted records of several values or of different TTLs, simple and weighted records of one name, two records of one name, type and set identifier. ECS takes over no rule that also authenticates, redirects or answers by itself.',
  safeWay: "Write every weight, at least one of them above 0, and let one place work them out, as Rollout does.",
  hazards: ["6", "7", "8", "14", "16", "19", "20", "23", "25"],
  settings: z.strictObject({
    leastDnsShare: z
      .number()
      .min(0)
      .max(100)
      .default(10)
      .describe(
        "The least share of a weighted record in percent. Resolvers ask seldom and answer many, so the share of the requests is not that of the weights.",
      ),
  }),
  judge: (plan, { leastDnsShare }) =>
    ratchet(plan, (state) => [
      ...splits(state).flatMap(splitProblems),
      ...mixedActions(state),
      ...weightedRecordProblems(state, leastDnsShare),
      ...routesOf(state).flatMap(routeProblems),
    ]),
});

function splitProblems({ from, targets, sticky }: Split): Problem[] {
  const problems: Problem[] = [];
  if (targets.length > MOST_GROUPS) {
    problems.push({
      urn: from.urn,
      kind: "too many groups",
      badness: targets.length,
      what: `${named(from)} forwards to ${targets.length} target groups.`,
      why: `ELB takes at most ${MOST_GROUPS} in an action, and says so when the other steps of the update are done.`,
      instead: "Take groups without weight out, or make two rules of it.",
    });
  }
  if (targets.length < 2) return problems;
  problems.push(...weightProblems(from, targets, "group"));
  const own = targets.flatMap(({ groups }) => groups).map((group) => ({ group, type: targetStickiness(group) }));
  const stuck = own.find(({ type }) => type !== undefined);
  if (stuck && !sticky.isOn) {
    problems.push({
      urn: from.urn,
      kind: "target stickiness",
      what: `${named(from)} has several groups and no group stickiness, and ${named(stuck.group)} has stickiness of its own.`,
      why: "ELB refuses the pair, when other steps of the update are done.",
      instead: "Turn the stickiness of the group off; group stickiness is what keeps a client with its version.",
    });
  }
  const byCookie = own.find(({ type }) => type === "appcookie");
  if (byCookie) {
    problems.push({
      urn: from.urn,
      kind: "application cookie",
      what: `${named(from)} has several groups, and ${named(byCookie.group)} keeps clients by a cookie of the application.`,
      why: "Application cookies do not work with weighted groups: such a client goes back and forth between the versions.",
      instead: "Turn it off, and keep clients by the group stickiness of the forward.",
    });
  }
  return problems;
}

/** What is wrong with the weights of one forward or one route's rule. */
function weightProblems(
  from: Resource,
  targets: readonly { weight: number | undefined; isLeftOut: boolean }[],
  what: string,
): Problem[] {
  const count = (is: (target: (typeof targets)[number]) => boolean) => targets.filter(is).length;
  const leftOut = count(({ isLeftOut }) => isLeftOut);
  const unknown = count(({ weight }) => weight === undefined);
  const problem = { urn: from.urn, instead: `Write a whole number for each ${what}, 0 for who is to get nothing.` };
  if (leftOut > 0) {
    return [
      {
        ...problem,
        kind: "left out",
        badness: leftOut,
        what: `${named(from)} says no weight for ${leftOut} of its ${targets.length} ${what}s.`,
        why: "A weight that is left out is 1 and not 0: who was to wait gets requests at once.",
      },
    ];
  }
  if (unknown > 0) {
    return [
      {
        ...problem,
        kind: "unknown",
        badness: unknown,
        what: `${named(from)} has ${unknown} weights that are not known before the update.`,
        why: "Nobody can tell in a preview who will get the requests.",
      },
    ];
  }
  if (targets.some(({ weight }) => weight !== 0)) return [];
  return [
    { ...problem, kind: "all 0", what: `All weights of ${named(from)} are 0.`, why: "Nobody answers its requests." },
  ];
}

/** A rule can do one of these; and a rule whose weights ECS moves must only forward. */
function mixedActions(state: State): Problem[] {
  const movedByEcs = new Set(
    state.ofType(ECS_SERVICE).flatMap((service) =>
      blocks(service, "loadBalancers").flatMap((balancer) => {
        const rule = at(one(at(balancer, "advancedConfiguration")), "productionListenerRule");
        return state.referred(service, "loadBalancers", rule, RULE);
      }),
    ),
  );
  return state.ofType(RULE).flatMap((rule) => {
    const types = actionsOf(rule).map((action) => String(at(action, "type")));
    const last = types.filter((type) => ["forward", "redirect", "fixed-response"].includes(type));
    const isMoved = movedByEcs.has(rule) && types.some((type) => type !== "forward");
    if (last.length < 2 && !isMoved) return [];
    return {
      urn: rule.urn,
      kind: "mixed actions",
      what: `${named(rule)} has the actions ${types.join(", ")}.`,
      why: isMoved
        ? "ECS shifts the weights of rules that only forward, and the deployment fails."
        : "ELB takes one forward, redirect or fixed-response in a rule, and says so when other steps are done.",
      instead: "Make a rule of its own for each of them.",
    };
  });
}

/** Gateway API: a weight that is left out is 1 (`HTTPBackendRef`). */
function routeProblems(route: Resource): Problem[] {
  return backendsOf(route).flatMap((backends) => {
    if (backends.length < 2) return [];
    const targets = backends.map((backend) => {
      const isLeftOut = leavesOut(backend, "weight");
      return { isLeftOut, weight: isLeftOut ? 1 : number(at(backend, "weight")) };
    });
    return weightProblems(route, targets, "backend");
  });
}
