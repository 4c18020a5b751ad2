import { isNewDeployment } from "../changes/new-deployment";
import type { PlannedChange } from "../changes/planned-change";
import { sameValue } from "../changes/same-value";
import { dnsNameOf } from "../dns/name";
import { isWorkload, rollsThroughNone } from "../kubernetes/objects";
import { at, list, number, type Properties, type Resource } from "../resource";

/** How something in the cloud is at a moment of an update. */
export interface Form {
  props: Properties;
  /** The URNs whose outputs each property is made of: what an unknown reference may turn out to be. */
  propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** Of an object of Kubernetes: the URN of a provider that speaks to its cluster. */
  cluster?: string;
}

/** Something in the cloud in the course of an update. A replacement makes two of one resource: the old and the new. */
export interface Entity {
  urn: string;
  type: string;
  /** What references call it: ARN, id and name, as far as they are known. */
  identities: ReadonlySet<unknown>;
  /** What DNS records call it: names and IP addresses, as far as they are known. */
  addresses: ReadonlySet<unknown>;
  /** It gets, or may get, an identity that is not known before the update. */
  isNew: boolean;
  /** The forms it has one after the other, the prior one first; undefined where it is not there. */
  forms: readonly (Form | undefined)[];
  /** `steps[i]` leads from `forms[i]` to `forms[i + 1]`. */
  steps: readonly Step[];
}

/** One thing that the engine does, or the half of it that another call of the provider does. */
export interface Step {
  urn: string;
  type: string;
  does: "create" | "update" | "delete";
  /** Only the first half of it is done. */
  half: boolean;
}

/** An unchanged resource. */
export function keptEntity(before: Resource): Entity {
  return entity(before, [priorForm(before)], []);
}

/** A resource as it is when the first call of its update is made and the second is not; undefined where there is but one. */
export function halfUpdatedEntity(before: Resource, after: Resource): Entity | undefined {
  const [, half, last] = updated(before, after).forms;
  return half && last ? entity(before, [half], []) : undefined;
}

/** What a change does, the old of a replacement first. */
export function changedEntities(change: PlannedChange): Entity[] {
  switch (change.kind) {
    case "create":
      return [created(change.after)];
    case "delete":
      return [goneEntity(change.before)];
    case "replace":
      return [
        // What is to stay in the cloud when it leaves the stack is not deleted.
        change.before.retainOnDelete ? keptEntity(change.before) : goneEntity(change.before),
        created(change.after),
      ];
    case "update":
      return [updated(change.before, change.after)];
  }
}

/** The same as if it kept its identity: neither replaced nor deleted. */
export function stayingEntities(change: PlannedChange & { before: Resource }): Entity[] {
  if (change.kind === "delete") return [keptEntity(change.before)];
  return [{ ...updated(change.before, change.after), isNew: true }];
}

function created(after: Resource): Entity {
  return entity(after, [undefined, formOf(after, { ...after.outputs, ...after.inputs })], [step(after, "create")]);
}

/** What is deleted. */
export function goneEntity(before: Resource): Entity {
  return entity(before, [priorForm(before), undefined], [step(before, "delete")]);
}

function updated(before: Resource, after: Resource): Entity {
  const first = priorForm(before);
  const last = formOf(after, updatedProps(before, after));
  const half = halfway(before, after, first, last);
  const forms = half ? [first, half, last] : [first, last];
  const steps = half ? [step(after, "update", true), step(after, "update")] : [step(after, "update")];
  return { ...entity(before, forms, steps), urn: after.urn, type: after.type };
}

/** What the cloud has stays where the program asks for nothing else: an autoscaler's count, for one. */
function updatedProps(before: Resource, after: Resource): Properties {
  const props: Properties = { ...before.inputs, ...before.outputs };
  for (const key of new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)])) {
    if (!sameValue(before.inputs[key], after.inputs[key])) props[key] = after.inputs[key];
  }
  return props;
}

/**
 * How a resource is while an update of it is under way, where that is neither the old form nor the new one.
 *
 * A rule's priority and the rest of it are two calls, the priority first (terraform-provider-aws, `listener_rule.go`). A
 * deployment of a service may stop all its tasks at once where it need keep none (ECS API, `minimumHealthyPercent`), and so may
 * a roll of pods.
 */
function halfway(prior: Resource, { type, inputs }: Resource, before: Form, after: Form): Form | undefined {
  const changed = (...keys: string[]) => keys.some((key) => !sameValue(before.props[key], after.props[key]));
  if (type === "aws:lb/listenerRule:ListenerRule") {
    if (!changed("priority") || !changed("actions", "conditions")) return undefined;
    return { ...before, props: { ...before.props, priority: after.props.priority } };
  }
  if (type === "aws:ecs/service:Service") {
    const { deploymentMinimumHealthyPercent: minimum = 100 } = after.props;
    const keepsNone = (number(minimum ?? 100) ?? 0) === 0;
    if (!keepsNone || !isNewDeployment(before.props, after.props)) return undefined;
    return { ...before, props: { ...before.props, desiredCount: 0 } };
  }
  if (isWorkload(type)) {
    // The cluster fills in what the program leaves out: only inputs can be compared.
    const isSame = sameValue(at(prior.inputs.spec, "template"), at(inputs.spec, "template"));
    if (isSame || !rollsThroughNone(type, after.props)) return undefined;
    return { ...before, props: { ...before.props, spec: { ...(before.props.spec as object), replicas: 0 } } };
  }
  return undefined;
}

function priorForm(before: Resource): Form {
  const known = Object.entries(before.outputs).filter(([, v]) => v !== undefined && v !== null);
  return formOf({ ...before, propertyDependencies: {} }, { ...before.inputs, ...Object.fromEntries(known) });
}

function formOf({ provider, propertyDependencies = {} }: Resource, props: Properties): Form {
  return { props, propertyDependencies, cluster: provider };
}

/** `of`: it, as the cloud knows it. */
function entity(of: Resource, forms: Entity["forms"], steps: Step[]): Entity {
  const { urn, type } = of;
  const isNew = forms[0] === undefined;
  return { urn, type, forms, steps, identities: identitiesOf(of), addresses: addressesOf(of), isNew };
}

function step({ urn, type }: Resource, does: Step["does"], half = false): Step {
  return { urn, type, does, half };
}

function identitiesOf({ inputs, outputs }: Resource): Set<unknown> {
  const { arn, qualifiedArn, id, name } = outputs;
  return new Set([arn, qualifiedArn, id, name ?? inputs.name].filter((identity) => typeof identity === "string"));
}

function addressesOf({ inputs, outputs }: Resource): Set<unknown> {
  const { dnsName, domainName, publicIp, publicDns, ipv6Addresses } = { ...inputs, ...outputs };
  const all = [dnsName, domainName, publicIp, publicDns, ...list(ipv6Addresses)];
  return new Set(all.filter((address) => typeof address === "string").map(dnsNameOf));
}
