import type { AccessLine } from "../dataplane";
import { Tally } from "./tally";

export interface CountsOptions {
  /**
   * Milliseconds from, to, after a minute's end in which a node's counts of it reach CloudWatch. AWS gives no bound; unless it is
   * set, one to three minutes.
   */
  metricsDelay?: [number, number];
  /** What time CloudWatch takes it to be, in milliseconds since 1970: a test puts it on, and waits for no minute. */
  now?: () => number;
  random?: () => number;
}

/** So many are kept: two hours of seconds, and six hours of minutes. */
export const KEPT_SECONDS = 7200;
const KEPT_MINUTES = 360;

/** Which requests: of a balancer or, with it, of one of its target groups; of all nodes or of one zone. As CloudWatch names them. */
export interface Of {
  /** `app/shop/50dc6c495c0c9188`. */
  balancer: string;
  /** `targetgroup/shop-blue/6d0ecf831eec9f09`. */
  targetGroup?: string;
  zone?: string;
}

/** A node's counts of a minute, which nobody sees until they are published. */
interface NodeMinute {
  publishedAt: number;
  tallies: Map<string, { of: Required<Of>; tally: Tally }>;
}

/** What the balancers' access log says, counted: all of it by target group, and the latest of it by time. */
export class TrafficCounts {
  /** By target group, since the cloud's start. */
  readonly totals = new Map<string, Tally>();
  readonly now: () => number;
  private readonly seconds = new Map<number, Map<string, Tally>>();
  private readonly minutes = new Map<number, Map<string, NodeMinute>>();

  constructor(private readonly options: CountsOptions) {
    this.now = options.now ?? Date.now;
  }

  note(line: AccessLine): void {
    const { time, balancerArn, zone, targetGroupArn = "" } = line;
    const second = got(this.seconds, Math.floor(time / 1000) * 1000, () => new Map<string, Tally>(), KEPT_SECONDS);
    got(second, targetGroupArn, () => new Tally()).note(line);
    got(this.totals, targetGroupArn, () => new Tally()).note(line);
    const start = Math.floor(time / 60_000) * 60_000;
    const minute = got(this.minutes, start, () => new Map<string, NodeMinute>(), KEPT_MINUTES);
    const publishedAt = () => start + 60_000 + this.delay();
    const node = got(minute, `${balancerArn} ${zone}`, () => ({ publishedAt: publishedAt(), tallies: new Map() }));
    const of = () => ({
      balancer: lastOf(balancerArn, "loadbalancer/"),
      targetGroup: lastOf(targetGroupArn, ":"),
      zone,
    });
    got(node.tallies, targetGroupArn, () => ({ of: of(), tally: new Tally() })).tally.note(line);
  }

  /** A group's counts of the seconds in which it had requests, from a moment to another. */
  secondsOf(targetGroupArn: string, from: number, to: number): { startMs: number; tally: Tally }[] {
    return [...this.seconds].flatMap(([startMs, groups]) => {
      const tally = startMs >= from && startMs < to && groups.get(targetGroupArn);
      return tally ? [{ startMs, tally }] : [];
    });
  }

  /** What CloudWatch has of minutes until now, from a moment to another: of a minute first what some nodes have published. */
  publishedMinutes(wanted: Of, from: number, to: number): { startMs: number; tally: Tally }[] {
    return [...this.minutes]
      .filter(([startMs]) => startMs >= from && startMs < to)
      .map(([startMs, nodes]) => {
        const tally = new Tally();
        for (const { publishedAt, tallies } of nodes.values()) {
          if (publishedAt > this.now()) continue;
          for (const one of tallies.values()) if (isOf(wanted, one.of)) tally.add(one.tally);
        }
        return { startMs, tally };
      });
  }

  private delay(): number {
    const { metricsDelay: [least, most] = [60_000, 180_000], random = Math.random } = this.options;
    return least + random() * (most - least);
  }
}

function isOf(wanted: Of, { balancer, targetGroup, zone }: Required<Of>): boolean {
  const { targetGroup: group = targetGroup, zone: only = zone } = wanted;
  return wanted.balancer === balancer && group === targetGroup && only === zone;
}

function lastOf(arn: string, before: string): string {
  return arn.split(before).at(-1) ?? "";
}

/** What is there for a key, or is made for it; of more than are kept the first to come is the first to go. */
function got<K, V>(map: Map<K, V>, key: K, make: () => V, kept = Number.POSITIVE_INFINITY): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  const [oldest] = map.keys();
  if (map.size > kept && oldest !== undefined) map.delete(oldest);
  return made;
}
