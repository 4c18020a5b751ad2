import { number } from "../resource";

/**
 * How many instances an Auto Scaling group keeps; undefined where that is not known. "If a new value for MaxSize is specified
 * without setting DesiredCapacity, and the new MaxSize is smaller than the current size of the group, this sets DesiredCapacity
 * to the new MaxSize value" (Auto Scaling API, UpdateAutoScalingGroup).
 *
 * @param size by default what the group asks for: without a capacity its least
 */
export function scalingGroupSize(
  { desiredCapacity, minSize, maxSize }: { desiredCapacity?: unknown; minSize?: unknown; maxSize?: unknown },
  size: unknown = desiredCapacity ?? minSize,
): number | undefined {
  const [wanted, most] = [number(size), maxSize ?? Number.POSITIVE_INFINITY].map(number);
  return wanted === undefined || most === undefined ? undefined : Math.min(wanted, most);
}
