import { KubernetesServices } from "../kubernetes/services";
import { at, list, nameOf, UNKNOWN } from "../resource";
import type { Entity, Form } from "../update/entity";
import type { Moment } from "../update/moment";
import { Directory, leadsTo, type Reference, targets } from "../update/reference";
import { type Attached, Attachments } from "./attachments";
import { answering, isStaffed } from "./staffed";

const GROUP = "aws:lb/targetGroup:TargetGroup";
const SERVICE = "aws:ecs/service:Service";
const SCALING_GROUP = "aws:autoscaling/group:Group";
const ATTACHMENT = "aws:autoscaling/attachment:Attachment";
const TARGET = "aws:lb/targetGroupAttachment:TargetGroupAttachment";
const BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding";

const REGISTERING: ReadonlySet<string> = new Set([SERVICE, SCALING_GROUP, ATTACHMENT, TARGET, BINDING]);

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
    case TARGET:
      return [{ property: "targetGroupArn", arn: read("targetGroupArn") }];
    case ATTACHMENT:
      return [{ property: "lbTargetGroupArn", arn: read("lbTargetGroupArn") }];
    case BINDING:
      return [{ property: "spec", arn: at(read("spec"), "targetGroupARN") }];
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
  /** What it only attaches to the group, where that is in this stack. */
  attached?: Attached;
}

/** Who stands behind the target groups in the course of an update. */
export class GroupMembers {
  private readonly members = new Map<Entity, Member[]>();

  private readonly groups: Directory;

  constructor(entities: readonly Entity[], services = new KubernetesServices(entities)) {
    this.groups = new Directory(entities.filter((e) => e.type === GROUP));
    const attachments = new Attachments(entities, services);
    for (const group of this.groups.entities) this.members.set(group, []);
    for (const entity of entities.filter(({ type }) => REGISTERING.has(type))) {
      const refs = entity.forms.map((form) => form && this.references(entity, form));
      const attached = refs.some((form) => form && form.length > 0) ? attachments.of(entity) : undefined;
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
    return [group, ...members.flatMap((m) => [m.entity, ...(m.attached?.entities ?? [])])];
  }

  /** What is registered in the group before the update, and what of it is only attached. */
  before(group: Entity): { entity: Entity; attached: readonly Entity[] }[] {
    const members = (this.members.get(group) ?? []).filter(({ before }) => before);
    return members.map(({ entity, attached }) => ({ entity, attached: attached?.entities ?? [] }));
  }

  /** All that something only attaches to a group of this stack. */
  attached(): Set<Entity> {
    return new Set([...this.members.values()].flat().flatMap((member) => member.attached?.entities ?? []));
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
        return !member.attached || member.attached.whyDead(index, given) === undefined;
      }),
    );
  }

  /** Why nobody answers behind the group. */
  whyNot(group: Entity, moment: Moment): string {
    const members = this.members.get(group) ?? [];
    if (members.length === 0) return "nothing in this stack registers targets in it";
    return members
      .map(({ entity, answers, attached }) => {
        const name = `"${nameOf(entity.urn)}" (${entity.type})`;
        const now = moment.forms(entity).find(({ index }) => !answers[index]);
        if (!now) {
          const reasons = moment.forms(entity).map(({ index, given }) => attached?.whyDead(index, given));
          return reasons.find((reason) => reason !== undefined) ?? `${name} has nothing to attach`;
        }
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
