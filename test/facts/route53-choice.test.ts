import { describe, expect, test } from "vitest";
import type { DesiredRecord } from "../../local/dataplane";
import { chooseRecord } from "../../local/dataplane/dns/choose-record";
import { seeded } from "./local-cloud";

const LOOK_UPS = 10_000;
/** In standard deviations: a share is further off by chance once in a million runs. */
const BOUND = 4.9;

/** `a5` is a record of weight 5, `a5!` one that is unhealthy. */
function choices(written: string, seed: number): Record<string, number> {
  const records = written.split(" ").map((text): DesiredRecord => {
    const weight = Number(/\d+/.exec(text)?.[0]);
    return { name: "shop.test", type: "A", values: [], setIdentifier: text, weight };
  });
  const random = seeded(seed);
  const counts: Record<string, number> = {};
  for (let i = 0; i < LOOK_UPS; i++) {
    const chosen = chooseRecord(records, ({ setIdentifier }) => !setIdentifier?.endsWith("!"), random)?.setIdentifier;
    counts[`${chosen}`] = (counts[`${chosen}`] ?? 0) + 1;
  }
  return counts;
}

// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html, where no other page
// is named.
describe("the record that is chosen", () => {
  test.each([
    // "Amazon Route 53 sends traffic to a resource based on the weight that you assign to the record as a proportion of the total
    // weight for all records in the group … The resource with a weight of 1 gets 1/256th of the traffic (1/(1+255))."
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
    ["a95 b5", { a95: 0.95, b5: 0.05 }],
    ["a1 b255", { a1: 1 / 256, b255: 255 / 256 }],
    ["a1 b1 c2", { a1: 0.25, b1: 0.25, c2: 0.5 }],
    ["a100 b0", { a100: 1 }],
    // "If you set Weight to 0 for all of the records in the group, traffic is routed to all resources with equal probability."
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
    ["a0 b0", { a0: 0.5, b0: 0.5 }],
    ["a7", { a7: 1 }],
    ["a0", { a0: 1 }],
    // "If the record is unhealthy, Route 53 chooses another record using the same criteria and repeats the process until it finds a
    // healthy record."
    ["a60 b30! c10", { a60: 6 / 7, c10: 1 / 7 }],
    // "Route 53 initially considers only the nonzero weighted records, if any. If all the records that have a weight greater than 0
    // are unhealthy, then Route 53 considers the zero-weighted records."
    ["a100! b0", { b0: 1 }],
    ["a100! b0 c0", { b0: 0.5, c0: 0.5 }],
    ["a95! b5! c0", { c0: 1 }],
    // "Route 53 considers all the records in the group to be healthy and selects one based on the routing policy and on the values
    // that you specify for each record."
    ["a95! b5!", { "a95!": 0.95, "b5!": 0.05 }],
    ["a100! b0!", { "a100!": 1 }],
    ["a0! b0", { b0: 1 }],
    ["a0! b0!", { "a0!": 0.5, "b0!": 0.5 }],
  ])("of %s, over 10,000 look-ups", (written, shares: Record<string, number>) => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const counts = choices(written, seed);
    expect(Object.keys(counts).sort(), `seed ${seed}`).toEqual(Object.keys(shares).sort());
    for (const [record, share] of Object.entries(shares)) {
      const deviation = Math.sqrt(LOOK_UPS * share * (1 - share));
      const off = Math.abs((counts[record] ?? 0) - LOOK_UPS * share);
      expect(off, `${record}, seed ${seed}`).toBeLessThanOrEqual(BOUND * deviation);
    }
  });

  test("of none is none", () => {
    expect(chooseRecord([], () => true, Math.random)).toBeUndefined();
  });

  test("the bound is tight enough to see 93 for 95", () => {
    const { a93 = 0 } = choices("a93 b7", 1);
    expect(Math.abs(a93 - 0.95 * LOOK_UPS)).toBeGreaterThan(BOUND * Math.sqrt(LOOK_UPS * 0.95 * 0.05));
  });
});
