import { expect, test } from "vitest";
import { interruptedUpdate } from "../policies/interrupted-update";
import { planOf } from "../policies/plan";
import { judgeAll } from "../policies/rules";
import { UNKNOWN } from "../traffic";
import { NOW } from "./crossfade-stack";
import { edited, losses } from "./plan-losses";
import {
  balancer,
  deployed,
  forward,
  group,
  listener,
  type Program,
  previewed,
  record,
  rule,
  service,
} from "./small-programs";

// A rule that takes others in the place of those who ask for it; of routes of Kubernetes it is in test/cases/kubernetes-pairs.ts.

/** With cookies and a name: those who have them are no losses of their own. */
const SHOP = [
  group("blue"),
  service("blue-s", "blue"),
  balancer(),
  listener(),
  rule("shop", { host: ["a"] }, forward({ blue: 100 }, true)),
  record("r", "lb"),
];
const asking = (...conditions: object[]): Program => edited(SHOP, "shop", { conditions });
const host = (...values: unknown[]) => ({ hostHeader: { values } });
const path = (...values: string[]) => ({ pathPattern: { values } });
const header = (httpHeaderName: string, ...values: string[]) => ({ httpHeader: { httpHeaderName, values } });
const query = (...values: string[]) => ({ queryStrings: values.map((value) => ({ key: "v", value })) });
const gone = (hosts: string[], priority: number) =>
  rule("gone", { host: hosts, priority }, { type: "fixed-response", fixedResponse: { statusCode: "410" } });

test.each<[string, Program, Program, string]>([
  ["a host", asking(host("a")), asking(host("b")), '"b" in the place of "a"'],
  ["two hosts at once", asking(host("a", "b")), asking(host("c", "d")), '"c" and "d" in the place of "a" and "b"'],
  ["one of two", asking(host("a", "b")), asking(host("a", "c")), '"c" in the place of "b"'],
  ["a pattern", asking(host("*.a")), asking(host("*.b")), '"*.b" in the place of "*.a"'],
  [
    "a host and a path",
    asking(host("a"), path("/x")),
    asking(host("b"), path("/y")),
    '"b" and "/y" in the place of "a" and "/x"',
  ],
  ["a query", asking(query("1")), asking(query("2")), '"v=2" in the place of "v=1"'],
  [
    "a condition of another kind",
    asking(host("a"), header("x-a", "1")),
    asking(host("a"), header("x-b", "1")),
    '"httpHeader x-b 1" in the place of "httpHeader x-a 1"',
  ],
  [
    "a host, where a rule for all refused the rest before",
    [...asking(host("a")), gone(["*"], 200)],
    [...asking(host("b")), gone(["*"], 200)],
    '"b" in the place of "a"',
  ],
])("in the place of others: %s", (_, before, after, what) => {
  expect(losses(before, after)).toEqual([
    `after update shop; until ; 100 % of the requests of rule "shop": rule "shop" takes ${what}`,
  ]);
});

test.each<[string, Program, Program]>([
  ["a host comes beside", asking(host("a")), asking(host("b", "a"))],
  ["one of two goes", asking(host("a", "b")), asking(host("b"))],
  ["one goes, and a path comes beside", asking(host("a", "b"), path("/x")), asking(host("a"), path("/x", "/y"))],
  ["another order", asking(host("a", "b")), asking(host("b", "a"))],
  ["a wildcard becomes one of its hosts", asking(host("*.a")), asking(host("s.a"))],
  ["a host becomes all", asking(host("a")), asking(host("*"))],
  ["a condition more", asking(host("a")), asking(host("a"), path("/x"))],
  [
    "the same from what the provider writes down",
    asking({ ...host("a"), httpHeader: null, queryStrings: [] }),
    asking(host("a"), path("/x")),
  ],
  ["a query comes beside, and one goes", asking(query("1", "3")), asking(query("1"))],
  ["a query comes beside", asking(query("1")), asking(query("1", "2"))],
  ["another rule says that they are gone", asking(host("a")), [...asking(host("b")), gone(["a"], 2)]],
  ["it was not known", asking(host(UNKNOWN)), asking(host("b"))],
])("not in the place of others: %s", (_, before, after) => {
  expect(losses(before, after)).toEqual([]);
});

const before = deployed(SHOP);
const plan = planOf(before, previewed(asking(host("b")), before), NOW);

test("it is said what to do, once and by one policy", () => {
  const refused = judgeAll(plan).filter(({ advisory }) => !advisory);
  expect(refused.map(({ policy, what, why, instead }) => [policy, what, why, instead].join("\n"))).toEqual([
    [
      "interrupted-update",
      'After "shop" (aws:lb/listenerRule:ListenerRule) is updated, and from then on, 100 % of the requests of rule "shop" are lost.',
      'Rule "shop" takes "b" in the place of "a". Users and their links ask for the old one for long, and nothing leads them to the new one.',
      "If it is a slip, write it as it was. Otherwise let it take both in an update of its own, lead users to the new one, and take the old one off in another when nobody asks for it. Where nobody asks for it now, or the config has room for one only, crossfade:breakGlass lets it through, with the reason.",
    ].join("\n"),
  ]);
});

test.each([{ urn: "shop" }, { entryPoint: "a" }])("an exemption of %o lets it through", (on) => {
  const until = new Date(NOW.getTime() + 3_600_000);
  const exemptions = [{ policy: interruptedUpdate.name, ...on, reason: "nobody asks for it", until }];
  expect(judgeAll(plan, { exemptions }).filter(({ advisory }) => !advisory)).toEqual([]);
});
