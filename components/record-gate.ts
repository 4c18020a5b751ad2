import * as pulumi from "@pulumi/pulumi";
import { readRecords } from "../live/records";
import { at, type Color, list, number, type Weights } from "../traffic";
import type { DnsTarget } from "./dns-target";
import type { Gates } from "./gates";
import { Noted } from "./noted";
import { noted } from "./noted-target";
import { gateWeights } from "./raise-gate";
import type { WeightedDnsRouteArgs } from "./weighted-dns-route";
import { presentTargets } from "./weighted-route";

/** The options of a color's weighted record of a type. */
type RecordGate = (color: Color, type: string) => pulumi.CustomResourceOptions;

/**
 * The hooks of a DNS route's weighted records. Each record is a step of its own, and its hook sees no other: so the state's weights
 * are taken to be the live ones with its own put in, which is all that its step moves.
 */
export function recordGate(
  name: string,
  args: WeightedDnsRouteArgs,
  host: string,
  gates: Gates | undefined,
): RecordGate {
  if (!gates) return () => ({});
  const { rollout, targets } = args;
  const zoneId = new Noted(args.zoneId);
  const behind = new Map<string, ReturnType<typeof noted>[]>();
  for (const [color, target] of presentTargets(targets)) {
    behind.set(color, (target.behind ?? []).map(noted));
    const names = new Noted(addressesOf(target));
    gates.program.recordShares.push({ zoneId, host, names, share: rollout.shares[color] });
  }
  const { stable } = rollout.plan;

  return (color, type) => {
    const before = gates.program.hook(`weights-${name}-${color}-${type.toLowerCase()}`, async (hook) => {
      const { oldInputs, oldOutputs, newInputs } = hook;
      const had = weightOf(oldOutputs) ?? weightOf(oldInputs);
      const has = weightOf(newInputs) ?? 0;
      // One that is weighted only now led all users here already.
      const isRaised = oldInputs === undefined ? has > 0 : had !== undefined && has > had;
      await gateWeights(
        {
          route: host,
          step: oldInputs === undefined ? "create" : "update",
          raised: isRaised ? [color] : [],
          stable,
          nameOf: (key) => key,
          behind: (key) => behind.get(key) ?? [],
          read: async (clients) => {
            const records =
              zoneId.value === undefined ? [] : await readRecords(clients, { zoneId: zoneId.value, host });
            const live = records
              .filter((record) => record.type === type)
              .map(({ setIdentifier = "", weight = 0 }) => ({ arn: setIdentifier, weight }));
            return { live, recorded: withOwn(live, color, had ?? 0), asked: withOwn(live, color, has) };
          },
        },
        gates,
      );
    });
    return {
      hooks: { beforeCreate: [before], beforeUpdate: [before], beforeDelete: [gates.program.beforeDelete] },
    };
  };
}

function withOwn(weights: Weights, color: Color, weight: number): Weights {
  return [...weights.filter(({ arn }) => arn !== color), { arn: color, weight }];
}

function weightOf(properties: Record<string, unknown> | undefined): number | undefined {
  return number(at(list(properties?.weightedRoutingPolicies)[0], "weight"));
}

/** What a target's records lead to: a name, or addresses. */
function addressesOf(target: DnsTarget): pulumi.Input<string[]> {
  const { dnsName, ipv4 = [], ipv6 = [] } = target;
  return dnsName === undefined ? pulumi.all([...ipv4, ...ipv6]) : pulumi.output(dnsName).apply((name) => [name]);
}
