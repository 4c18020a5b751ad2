import { sameValue } from "../changes/same-value";
import { at, nameOf } from "../resource";
import type { Entity, Form } from "../update/entity";
import type { Moment } from "../update/moment";
import { Directory, type Reference, targets } from "../update/reference";
import {
  hasNoSelector,
  isAwaited,
  isWorkload,
  kubernetesKind,
  labelsOf,
  objectName,
  runsPods,
  selectorOf,
  selects,
} from "./objects";

/** Something that runs pods; for each form whether they can answer. */
interface Workload {
  entity: Entity;
  answers: readonly boolean[];
}

/** Who answers behind the Services of Kubernetes in the course of an update. */
export class KubernetesServices {
  /** By cluster and `namespace/name`. */
  readonly directory: Directory;
  /** What a Service may select, at some time. */
  private readonly candidates = new Map<Entity, Workload[]>();

  constructor(entities: readonly Entity[]) {
    this.directory = namedObjects(entities, "Service");
    const workloads = new ByLabel(entities.filter(({ type }) => isWorkload(type)));
    for (const service of this.directory.entities) this.candidates.set(service, workloads.selectedBy(service));
  }

  /** All that a Service's answers may hang on. */
  behind(service: Entity): Entity[] {
    return [service, ...(this.candidates.get(service) ?? []).map(({ entity }) => entity)];
  }

  /** Others of its URN: what it is replaced by, or replaces. */
  replacing(service: Entity): Entity[] {
    return this.directory.entities.filter((other) => other !== service && other.urn === service.urn);
  }

  /** Why nobody answers behind what a reference leads to; undefined where somebody does. */
  whyDead(ref: Reference, moment: Moment): string | undefined {
    // What other stacks do is no step of this update.
    if (ref.to === "elsewhere") return undefined;
    if (ref.entities.length === 0) return "which Service they go to is not known before the update";
    const reasons = ref.entities.map((service) => this.whyServiceDead(service, moment));
    if (ref.to === "any" && reasons.includes(undefined)) return undefined;
    return reasons.find((reason) => reason !== undefined);
  }

  whyServiceDead(service: Entity, moment: Moment): string | undefined {
    const name = `Service "${nameOf(service.urn)}"`;
    for (const { form, given } of moment.forms(service)) {
      if (!form) return `${name} is not there`;
      if (hasNoSelector(form.props) || this.isFilledFromElsewhere(service, form)) continue;
      const found = (this.candidates.get(service) ?? []).some(({ entity, answers }) =>
        given.forms(entity).every((now) => now.form && answers[now.index] && selects(form, now.form)),
      );
      if (!found) return `no pod answers behind ${name}: ${this.whyNot(service, form, given)}`;
    }
    return undefined;
  }

  /** Nothing in this stack stood behind it before the update, so somebody else does: as long as it selects the same. */
  private isFilledFromElsewhere(service: Entity, now: Form): boolean {
    const [before] = service.forms;
    if (!before || !sameValue(at(before.props.spec, "selector"), at(now.props.spec, "selector"))) return false;
    const candidates = this.candidates.get(service) ?? [];
    return !candidates.some(({ entity: { forms } }) => forms[0] && selects(before, forms[0]));
  }

  private whyNot(service: Entity, form: Form, moment: Moment): string {
    const candidates = this.candidates.get(service) ?? [];
    if (candidates.length === 0) return "nothing in this stack has the labels that it selects";
    return candidates
      .map(({ entity, answers }) => {
        const name = `"${nameOf(entity.urn)}" (${kubernetesKind(entity.type)})`;
        const forms = moment.forms(entity);
        const now = forms.find((n) => !n.form || !answers[n.index] || !selects(form, n.form));
        if (!now?.form) return `${name} is not there`;
        if (!runsPods(entity.type, now.form.props)) return `${name} runs nothing`;
        if (!selects(form, now.form)) return `${name} has other labels`;
        return `${name} is not known to answer yet: its step does not wait for that`;
      })
      .join(", ");
  }
}

/** Workloads, found by the labels of their pods. */
class ByLabel {
  private readonly byLabel = new Map<string, Set<Workload>>();

  constructor(entities: readonly Entity[]) {
    for (const entity of entities) {
      const workload = { entity, answers: answering(entity) };
      for (const label of entity.forms.flatMap((form) => (form ? labelsOf(form) : []))) {
        this.byLabel.set(label, (this.byLabel.get(label) ?? new Set()).add(workload));
      }
    }
  }

  /** What it selects with one of its forms in one of theirs: looked for among those that share its rarest label. */
  selectedBy({ forms }: Entity): Workload[] {
    const found = forms.flatMap((form) => {
      const shared = form ? selectorOf(form).map((label) => this.byLabel.get(label) ?? new Set<Workload>()) : [];
      const [rarest = []] = shared.sort((a, b) => a.size - b.size);
      return [...rarest].filter(({ entity }) => entity.forms.some((w) => form && w && selects(form, w)));
    });
    return [...new Set(found)];
  }
}

/** The objects of some kinds, by cluster and `namespace/name`. */
export function namedObjects(entities: readonly Entity[], ...kinds: string[]): Directory {
  const ofKind = entities.filter(({ type }) => kinds.includes(kubernetesKind(type) ?? ""));
  return new Directory(ofKind, ({ forms }) => new Set(forms.flatMap((form) => (form && objectName(form)) ?? [])));
}

/** What a reference of a binding or a route leads to, with all that stands behind it. */
export function behindReference(ref: Reference, services: KubernetesServices): Entity[] {
  return targets(ref).flatMap((service) => services.behind(service));
}

/** What ran before the update is taken to answer; what a step starts, where the step waits until it is ready. */
function answering({ type, forms }: Entity): boolean[] {
  const answers: boolean[] = [];
  for (const [i, form] of forms.entries()) {
    const runs = form !== undefined && runsPods(type, form.props);
    answers.push(runs && (i === 0 || answers[i - 1] === true || isAwaited(type, form.props)));
  }
  return answers;
}
