import { AUTO_SCALING } from "./types/autoscaling";
import { ECS } from "./types/ecs";
import { ELB } from "./types/elb";
import { OTHERS } from "./types/others";
import { ROUTE53 } from "./types/route53";
import { ARN, plain, type TypeRow } from "./types/type-row";

/** One row a type, for the types that our stacks use. Any other type is a plain record. */
export const TYPES: Record<string, TypeRow> = { ...ELB, ...ECS, ...AUTO_SCALING, ...ROUTE53, ...OTHERS };

/** A type without a row: it is kept, and nothing more. */
export const PLAIN_RECORD: TypeRow = {
  outputs: (inputs, unique) => ({ ...plain(inputs, unique), arn: ARN("record", unique) }),
};
