import { DEPLOYED, type Entity, type Form } from "./entity";
import type { Moment } from "./moment";
import { Directory, leadsTo, type Reference, targets } from "./reference";
import { at, list, nameOf, number, UNKNOWN } from "./resource";
import { sameValue } from "./same-value";

const GROUP = "aws:lb/targetGroup:TargetGroup";
const SERVICE = "aws:ecs/service:Service";
const SCALING_GROUP = "aws:autoscaling/group:Group";
const ATTACHMENT = "aws:autoscaling/attachment:Attachment";

/** The target groups that a resource of a type registers targets in, and the property that names each. */
export function registeredGroups(
  type: string,
  read: (property: string) => unknown,
): { property: string; arn: unknown }[] {
  switch (type) {
    case SERVICE:
      return listed("loadBalancers", read, (balancer) => at(balancer, "targetGroupArn"));
    case SCALING_GROUP:
      return listed("targetGroupArns", read, (arn) => arn);
    case "aws:lb/targetGroupAttachment:TargetGroupAttachment":
      return [{ property: "targetGroupArn", arn: read("targetGroupArn") }];
    case ATTACHMENT:
      return [{ property: "lbTargetGroupArn", arn: read("lbTargetGroupArn") }];
    default:
      return [];
  }
}

function listed(property: string, read: (property: string) => unknown, arnOf: (item: unknown) => unknown) {
  const value = read(property);
  return value === UNKNOWN ? [{ property, arn: UNKNOWN }] : list(value).map((item) => ({ property, arn: arnOf(item) }));
}

/** Something that registers targets in a target group. */
interface Member {
  entity: Entity;
  /** It is registered in the group before the update. */
  before: boolean;
  /** For each form, whether its targets in the group can answer. */
  answers: boolean[];
  /** What an attachment attaches, where it is in this stack: any of these. */
  attached?: { entity: Entity; answers: boolean[] }[];
}

/** Who stands behind the target groups in the course of an update. */
export class GroupMembers {
  private readonly members = new Map<Entity, Member[]>();

  private readonly groups: Directory;

  constructor(entities: readonly Entity[]) {
    this.groups = new Directory(entities.filter((e) => e.type === GROUP));
    const scaling = new Directory(entities.filter((e) => e.type === SCALING_GROUP));
    for (const group of this.groups.entities) this.members.set(group, []);
    for (const entity of entities) {
      const refs = entity.forms.map((form) => form && this.references(entity, form));
      const attached = entity.type === ATTACHMENT ? attachedTo(entity, scaling) : undefined;
      for (const group of new Set(refs.flatMap((form) => (form ?? []).flatMap(targets)))) {
        const inGroup = refs.map((form) => form?.some((ref) => leadsTo(ref, group)) ?? false);
        const member = { entity, before: inGroup[0] === true, answers: answering(entity, inGroup, group) };
        this.members.get(group)?.push({ ...member, ...(attached && { attached }) });
      }
    }
  }

  /** All that a group's answers may hang on. */
  behind(group: Entity): Entity[] {
    const members = this.members.get(group) ?? [];
    return [group, ...members.flatMap((m) => [m.entity, ...(m.attached ?? []).map((a) => a.entity)])];
  }

  /** Whether nothing in this stack has registered targets in the group before the update. */
  isFilledFromElsewhere(group: Entity): boolean {
    return (this.members.get(group) ?? []).every(({ before }) => !before);
  }

  /** Whether somebody answers behind the group, however the rest of the moment may be. */
  answer(group: Entity, moment: Moment): boolean {
    return (this.members.get(group) ?? []).some((member) =>
      moment.forms(member.entity).every(({ index, given }) => {
        if (!member.answers[index]) return false;
        const attached = member.attached;
        return !attached || attached.some((a) => given.forms(a.entity).every((now) => a.answers[now.index]));
      }),
    );
  }

  /** Why nobody answers behind the group. */
  whyNot(group: Entity, moment: Moment): string {
    const members = this.members.get(group) ?? [];
    if (members.length === 0) return "nothing in this stack registers targets in it";
    return members
      .map(({ entity, answers }) => {
        const name = `"${nameOf(entity.urn)}" (${entity.type})`;
        const now = moment.forms(entity).find(({ index }) => !answers[index]);
        if (!now) return `${name} has nothing to attach`;
        if (!now.form) return `${name} is not there`;
        if (!isStaffed(entity.type, now.form)) return `${name} runs nothing`;
        const inGroup = this.references(entity, now.form).some((ref) => leadsTo(ref, group));
        return inGroup ? `${name} is not known to answer yet: its step does not wait for that` : `${name} is not in it`;
      })
      .join(", ");
  }

  private references(entity: Entity, form: Form): Reference[] {
    return registeredGroups(entity.type, (property) => form.props[property]).map(({ property, arn }) =>
      this.groups.resolve(arn, property, form),
    );
  }
}

function attachedTo(attachment: Entity, scaling: Directory): Member["attached"] {
  const refs = attachment.forms.flatMap((form) =>
    form ? [scaling.resolve(form.props.autoscalingGroupName, "autoscalingGroupName", form)] : [],
  );
  if (refs.some((ref) => ref.to === "elsewhere")) return undefined;
  return [...new Set(refs.flatMap(targets))].map((entity) => {
    const there = entity.forms.map((form) => form !== undefined);
    return { entity, answers: answering(entity, there) };
  });
}

/**
 * For each form whether its targets can answer. What was there before the update is taken to. What a step registers counts
 * when the step ends only where the provider waits until it is healthy; if not, not before the next update.
 */
function answering(entity: Entity, inGroup: readonly boolean[], group?: Entity): boolean[] {
  const answers: boolean[] = [];
  for (const [i, form] of entity.forms.entries()) {
    const staffed = form !== undefined && inGroup[i] === true && isStaffed(entity.type, form);
    const isKnown = i === 0 || answers[i - 1] === true;
    answers.push(staffed && (isKnown || waits(entity.type, form, entity.forms[i - 1], group)));
  }
  return answers;
}

function isStaffed(type: string, { props }: Form): boolean {
  if (type === SERVICE) return props.schedulingStrategy === "DAEMON" || (number(props.desiredCount) ?? 0) > 0;
  if (type === SCALING_GROUP) return (number(props.desiredCapacity ?? props.minSize) ?? 0) > 0;
  return true;
}

/**
 * A step that only changes a service's count comes back when the tasks run: it is a new deployment whose status the provider waits
 * for, and that is good when they are healthy (terraform-provider-aws#3485).
 */
function waits(type: string, { props }: Form, before: Form | undefined, group?: Entity): boolean {
  if (type === SERVICE) {
    const isDeployment = !before || DEPLOYED.some((key) => !sameValue(before.props[key], props[key]));
    return props.waitForSteadyState === true && (isDeployment || props.forceNewDeployment === true);
  }
  if (type === SCALING_GROUP) return (number(props.waitForElbCapacity ?? props.minElbCapacity) ?? 0) > 0;
  // A function needs no health check to be called.
  return group?.forms.some((form) => form?.props.targetType === "lambda") ?? false;
}
