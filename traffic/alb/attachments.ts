import { namedObject } from "../kubernetes/objects";
import { behindReference, type KubernetesServices } from "../kubernetes/services";
import { at, nameOf } from "../resource";
import type { Entity, Form } from "../update/entity";
import type { Moment } from "../update/moment";
import { Directory, type Reference, targets } from "../update/reference";
import { answering } from "./staffed";

/** What something attaches to a target group: it answers only where that does. */
export interface Attached {
  entities: readonly Entity[];
  /** Why what the form of an index attaches does not answer; undefined where it does. */
  whyDead(index: number, moment: Moment): string | undefined;
}

/** What attachments and bindings attach, in the course of an update. */
export class Attachments {
  private readonly scaling: Directory;
  private readonly single: Directory;

  constructor(
    entities: readonly Entity[],
    private readonly services: KubernetesServices,
  ) {
    const ofType = (...types: string[]) => new Directory(entities.filter(({ type }) => types.includes(type)));
    this.scaling = ofType("aws:autoscaling/group:Group");
    this.single = ofType("aws:ec2/instance:Instance", "aws:lambda/function:Function", "aws:lambda/alias:Alias");
  }

  /** Undefined for what attaches nothing, or nothing of this stack. */
  of(entity: Entity): Attached | undefined {
    switch (entity.type) {
      case "aws:autoscaling/attachment:Attachment":
        return this.through(entity, "autoscalingGroupName", this.scaling, (group) => {
          const answers = answering(group, group.forms.map(isThere));
          return (index) => answers[index] === true;
        });
      case "aws:lb/targetGroupAttachment:TargetGroupAttachment":
        return this.through(entity, "targetId", this.single, (target) => (index) => isThere(target.forms[index]));
      case "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding":
        return this.bound(entity);
      default:
        return undefined;
    }
  }

  private through(
    { forms }: Entity,
    property: string,
    directory: Directory,
    answeringOf: (target: Entity) => (index: number) => boolean,
  ): Attached | undefined {
    const refs = forms.map((form) => form && directory.resolve(form.props[property], property, form));
    if (refs.some((ref) => ref?.to === "elsewhere")) return undefined;
    const known = new Map(refs.flatMap((ref) => (ref ? targets(ref) : [])).map((e) => [e, answeringOf(e)]));
    return {
      entities: [...known.keys()],
      whyDead: (_, moment) => {
        const isUp = [...known].some(([e, answers]) => moment.forms(e).every(({ index }) => answers(index)));
        const names = [...known.keys()].map(({ urn, type }) => `"${nameOf(urn)}" (${type})`);
        return isUp ? undefined : `${names.join(" or ") || "what is attached"} is not there, or runs nothing`;
      },
    };
  }

  /** A binding fills the group with the pods of a Service (AWS Load Balancer Controller, "TargetGroupBinding"). */
  private bound({ forms }: Entity): Attached {
    const refs = forms.map((form): Reference | undefined => {
      if (!form) return undefined;
      const name = namedObject({ name: at(form.props.spec, "serviceRef", "name") }, form);
      return this.services.directory.resolve(name, "spec", form);
    });
    return {
      entities: refs.flatMap((ref) => (ref ? behindReference(ref, this.services) : [])),
      whyDead: (index, moment) => {
        const ref = refs[index];
        return ref ? this.services.whyDead(ref, moment) : "it is not there";
      },
    };
  }
}

function isThere(form: Form | undefined): boolean {
  return form !== undefined;
}
