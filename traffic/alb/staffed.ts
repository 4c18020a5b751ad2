import { isNewDeployment } from "../changes/new-deployment";
import { sameValue } from "../changes/same-value";
import { at, number } from "../resource";
import type { Entity, Form } from "../update/entity";
import { scalingGroupSize } from "./scaling-group-size";

const SERVICE = "aws:ecs/service:Service";
const SCALING_GROUP = "aws:autoscaling/group:Group";

/**
 * For each form whether its targets can answer. What was there before the update is taken to. What a step registers counts
 * when the step ends only where the provider waits until it is healthy; if not, not before the next update.
 */
export function answering(entity: Entity, inGroup: readonly boolean[], group?: Entity): boolean[] {
  const answers: boolean[] = [];
  for (const [i, form] of entity.forms.entries()) {
    const staffed = form !== undefined && inGroup[i] === true && isStaffed(entity.type, form);
    const goesOn = i === 0 || (answers[i - 1] === true && attachesTheSame(entity.forms[i - 1], form));
    answers.push(staffed && (goesOn || waits(entity.type, form, entity.forms[i - 1], group)));
  }
  return answers;
}

export function isStaffed(type: string, { props }: Form): boolean {
  if (type === SERVICE) return props.schedulingStrategy === "DAEMON" || (number(props.desiredCount) ?? 0) > 0;
  if (type === SCALING_GROUP) return (scalingGroupSize(props) ?? 0) > 0;
  return true;
}

/**
 * A step that only changes a service's count comes back when the tasks run: it is a new deployment whose status the provider waits
 * for, and that is good when they are healthy (terraform-provider-aws#3485).
 */
function waits(type: string, { props }: Form, before: Form | undefined, group?: Entity): boolean {
  if (type === SERVICE) {
    const isDeployment = !before || isNewDeployment(before.props, props);
    return props.waitForSteadyState === true && isDeployment;
  }
  if (type === SCALING_GROUP) return (number(props.waitForElbCapacity ?? props.minElbCapacity) ?? 0) > 0;
  // A function needs no health check to be called.
  return group?.forms.some((form) => form?.props.targetType === "lambda") ?? false;
}

/** A binding that is led to another Service registers the pods of that one, and its step does not wait for them. */
function attachesTheSame(before: Form | undefined, after: Form | undefined): boolean {
  const service = (form: Form | undefined) => at(form?.props.spec, "serviceRef", "name");
  return sameValue(service(before), service(after));
}
