import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { COLORS, type Color, otherColor, type Shares } from "../traffic";
import { dnsNames } from "./dns-names";
import { type DnsHealthCheckArgs, type DnsTarget, recordsOf, type TargetRecord } from "./dns-target";
import { type GateArgs, Gates } from "./gates";
import { throwProblems } from "./property-problem";
import { recordGate } from "./record-gate";
import type { Rollout } from "./rollout";
import { weightedDnsProblems } from "./weighted-dns-problems";
import { createClock, presentTargets } from "./weighted-route";

export interface WeightedDnsRouteArgs {
  /** Gives the weights. It needs a canary stage: in one step from idle to full both weights would be 0 for a moment. */
  rollout: Rollout;
  /** The id of the hosted zone. */
  zoneId: pulumi.Input<string>;
  /** The zone's name, such as `example.com`. */
  domain: string;
  /** The host that users ask for: the domain, or a name in it. */
  host: string;
  /** The edges by color, both of one form. Stable's must be there; the candidate's is there from `idle` on. */
  targets: Partial<Record<Color, DnsTarget>>;
  /**
   * Seconds that resolvers keep an answer, 0 to 2,147,483,647; 60 or less is sensible (Route 53 guide, "TTL (seconds)"), for so
   * long a client stays where it was after a rollback. Alias records have their target's, 60 s for a balancer.
   * @default 60
   */
  ttl?: number;
  /**
   * What the record of weight 0 does when the other one is unhealthy. `none`: it is never answered with. `to-idle`: it takes all
   * (Route 53 guide, "How Amazon Route 53 chooses records when health checking is configured").
   * @default "none"
   */
  failover?: "none" | "to-idle";
  /**
   * The hosts at which a color alone is reached, in the same zone; the idle one has no other.
   * @default `shop-blue.example.com` and `shop-green.example.com` for `shop.example.com`
   */
  previewHosts?: Partial<Record<Color, string>>;
  /**
   * What is asked of AWS before weight rises, and before a record without weight is deleted.
   * @default on, with the provider's credentials
   */
  gates?: GateArgs;
}

/**
 * Weighted DNS records that split a host's users between the edges of the two environments.
 *
 * For what cannot change behind one balancer: the balancer itself, its network, its region. The stage's percentages are written
 * as they are, for Route 53's weights are shares of their sum. Stable's records are written first, so that there is never a
 * moment in which nobody has weight. A resolver keeps its answer for the TTL, and a client its connection for longer.
 */
export class WeightedDnsRoute extends pulumi.ComponentResource {
  /** The weighted records of each color, one a type. */
  readonly records: Readonly<Partial<Record<Color, aws.route53.Record[]>>>;
  /** The host at which each color alone is reached. */
  readonly previewHosts: Readonly<Record<Color, string>>;
  /** The share of each color that has some, in percent, once it is written. */
  readonly shares: pulumi.Output<Shares>;

  /** @throws InputPropertiesError with all that is wrong with names, targets, TTL and stages. */
  constructor(name: string, args: WeightedDnsRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    const { rollout, zoneId, targets, ttl = 60, failover = "none" } = args;
    const names = dnsNames(args);
    const { domain, host, previewHosts } = names;
    throwProblems(`the DNS route "${name}"`, weightedDnsProblems(args, names));
    const present = presentTargets(targets);
    // The policies read these.
    const edges = Object.fromEntries(present.map(([color, target]) => [color, addressOf(target)]));
    const isAlias = present.some(([, target]) => target.zoneId !== undefined);
    const inputs = { ...rollout.plan, zoneId, domain, host, failover, edges, ...(!isAlias && { ttl }) };
    super("crossfade:index:WeightedDnsRoute", name, inputs, opts);
    this.previewHosts = previewHosts;

    const ready = present.flatMap(([, target]) => target.ready ?? []);
    // A check that a record without a weight beside it had would lead to the idle edge when it fails.
    const isChecked = failover === "to-idle" || COLORS.every((color) => rollout.shares[color] > 0);
    const { stable } = rollout.plan;
    const gate = recordGate(name, args, names.host, Gates.of(this, args.gates, opts));
    const records: Partial<Record<Color, aws.route53.Record[]>> = {};
    for (const color of [stable, otherColor(stable)]) {
      const target = targets[color];
      if (!target) continue;
      const previews = createPreviewRecords(this, color, target);
      const health = target.health && createHealthCheck(this, color, target, target.health, previews);
      const dependsOn = [...ready, ...(records[stable] ?? [])];
      records[color] = createWeighted(this, color, target, isChecked ? health : undefined, dependsOn);
    }
    this.records = records;
    this.shares = createClock(name, { rollout, sticky: false }, this, Object.values(records).flat());
    this.registerOutputs({ previewHosts });

    function createPreviewRecords(parent: WeightedDnsRoute, color: Color, target: DnsTarget): aws.route53.Record[] {
      return recordsOf(target, ttl).map(
        ({ type, value }) =>
          new aws.route53.Record(
            `${name}-${color}-preview-${type.toLowerCase()}`,
            { zoneId, name: previewHosts[color], type, ...value },
            { parent },
          ),
      );
    }

    function createHealthCheck(
      parent: WeightedDnsRoute,
      color: Color,
      target: DnsTarget,
      { path, protocol = target.protocol ?? "HTTPS" }: DnsHealthCheckArgs,
      previews: aws.route53.Record[],
    ): aws.route53.HealthCheck {
      const isTls = protocol === "HTTPS";
      return new aws.route53.HealthCheck(
        `${name}-${color}`,
        {
          type: protocol,
          fqdn: previewHosts[color],
          port: isTls ? 443 : 80,
          resourcePath: path,
          enableSni: isTls,
          requestInterval: 10,
          failureThreshold: 3,
        },
        { parent, dependsOn: previews },
      );
    }

    function createWeighted(
      parent: WeightedDnsRoute,
      color: Color,
      target: DnsTarget,
      health: aws.route53.HealthCheck | undefined,
      dependsOn: pulumi.Resource[],
    ): aws.route53.Record[] {
      const made: aws.route53.Record[] = [];
      for (const { type, value } of inOrder(recordsOf(target, ttl), target)) {
        const record = new aws.route53.Record(
          `${name}-${color}-${type.toLowerCase()}`,
          {
            zoneId,
            name: host,
            type,
            ...value,
            setIdentifier: color,
            weightedRoutingPolicies: [{ weight: rollout.shares[color] }],
            ...(health && { healthCheckId: health.id }),
          },
          {
            parent,
            dependsOn: [...dependsOn, ...(target.existing ? made : [])],
            ...takenOver(target, type),
            ...gate(color, type),
          },
        );
        made.push(record);
      }
      return made;
    }
  }
}

/** Existing records first: one that is a CNAME today lets no other be beside it, until it is what it becomes. */
function inOrder(records: readonly TargetRecord[], target: DnsTarget): TargetRecord[] {
  const isNew = ({ type }: TargetRecord) => existingOf(target, type) === undefined;
  return [...records.filter((record) => !isNew(record)), ...records.filter(isNew)];
}

/** What a target is known by in the route's inputs: its name, or its addresses. */
function addressOf({ dnsName, ipv4 = [], ipv6 = [] }: DnsTarget): pulumi.Input<string> {
  return dnsName ?? pulumi.all([...ipv4, ...ipv6]).apply((addresses) => addresses.join(", "));
}

/**
 * The options by which an existing record becomes this one. Its name may be written short (`shop`), and written out it would
 * make the provider replace the record: it stays as it is.
 */
function takenOver(target: DnsTarget, type: TargetRecord["type"]): pulumi.CustomResourceOptions {
  const resource = existingOf(target, type);
  if (resource === undefined) return {};
  const alias = resource.startsWith("urn:") ? resource : { name: resource, parent: pulumi.rootStackResource };
  return { aliases: [alias], ignoreChanges: ["name"] };
}

function existingOf({ existing }: DnsTarget, type: TargetRecord["type"]): string | undefined {
  return existing?.[type.toLowerCase() as Lowercase<TargetRecord["type"]>];
}
