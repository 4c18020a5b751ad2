import type { BalancerAnswers, EdgeRequests } from "../alb/balancer-answers";
import { nameOf } from "../resource";
import type { Entity } from "../update/entity";
import { ANSWERED, type Answer, best, lost, worst } from "../update/entry-point";
import type { Moment } from "../update/moment";
import { Directory, type Reference, targets } from "../update/reference";

const BALANCER = "aws:lb/loadBalancer:LoadBalancer";

/** What has an address of its own, besides a balancer: it answers while it is there. */
export const ADDRESSED = [
  "aws:cloudfront/distribution:Distribution",
  "aws:ec2/eip:Eip",
  "aws:ec2/instance:Instance",
  "aws:globalaccelerator/accelerator:Accelerator",
];

/** Who answers clients that a name led somewhere, in the course of an update. */
export class DnsTargets {
  /** By DNS names and IP addresses. */
  readonly directory: Directory;

  constructor(
    entities: readonly Entity[],
    private readonly balancers: BalancerAnswers,
  ) {
    const addressed = entities.filter(({ type }) => type === BALANCER || ADDRESSED.includes(type));
    this.directory = new Directory(addressed, ({ addresses }) => addresses);
  }

  /** What the clients of a host ask there; of what is no balancer of this stack, that is not known. */
  asked(ref: Reference, host: string): EdgeRequests[] {
    const asked = targets(ref).flatMap((target) => (isBalancer(target) ? this.balancers.asked(target, host) : []));
    const any = { port: undefined, conditions: [{ field: "hostHeader", values: new Set([host]) }] };
    return asked.length > 0 ? asked : [any];
  }

  answer(ref: Reference, requests: EdgeRequests, moment: Moment): Answer {
    // What other stacks do is no step of this update.
    if (ref.to === "elsewhere") return ANSWERED;
    if (ref.entities.length === 0) return lost("what it leads to is not known before the update");
    const answers = ref.entities.map((target) => this.answerOf(target, requests, moment));
    return ref.to === "any" ? best(answers) : worst(answers);
  }

  /** All that the answer may hang on. */
  touched(ref: Reference, requests: EdgeRequests): Entity[] {
    return targets(ref).flatMap((target) => (isBalancer(target) ? this.balancers.touched(target, requests) : [target]));
  }

  /** All that decides whether Route 53 takes it for healthy. */
  health(ref: Reference): Entity[] {
    return targets(ref).flatMap((target) => (isBalancer(target) ? this.balancers.health(target) : []));
  }

  /** Whether something that Route 53 evaluates is dead in this moment and was not in that. */
  hasNewDead(ref: Reference, moment: Moment, before: Moment): boolean {
    return targets(ref).some((target) => {
      if (!isBalancer(target)) return false;
      const known = this.balancers.deadGroups(target, before);
      return [...this.balancers.deadGroups(target, moment)].some((group) => !known.has(group));
    });
  }

  private answerOf(target: Entity, requests: EdgeRequests, moment: Moment): Answer {
    if (isBalancer(target)) return this.balancers.answer(target, requests, moment);
    const isThere = moment.forms(target).every(({ form }) => form !== undefined);
    return isThere ? ANSWERED : lost(`"${nameOf(target.urn)}" (${target.type}) is not there`);
  }
}

function isBalancer({ type }: Entity): boolean {
  return type === BALANCER;
}
