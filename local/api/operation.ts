import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticOperationSchema } from "@smithy/types";

/** An operation of AWS, by the SDK's own schema of it. */
export interface Operation {
  /** Such as `DescribeRules`. */
  name: string;
  input: NormalizedSchema;
  output: NormalizedSchema;
  /** Where it is asked for over a REST protocol: method and path, such as `/2013-04-01/change/{Id}`. */
  http?: [method: string, path: string];
  /** @throws AwsError with AWS's own code where it refuses. */
  answer(input: unknown): Promise<object>;
}

/** @param answer with the SDK's own types of that input and output */
export function operation<Input, Output extends object>(
  [, , name, traits, input, output]: StaticOperationSchema,
  answer: (input: Input) => Output | Promise<Output>,
): Operation {
  const { http } = Object(traits) as { http?: [string, string] };
  return {
    name,
    input: NormalizedSchema.of(input),
    output: NormalizedSchema.of(output),
    ...(http && { http: [http[0], http[1]] }),
    answer: async (given) => answer(given as Input),
  };
}

/** A request as it came. */
export interface Asked {
  method: string;
  url: URL;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Answer {
  status: number;
  type: string;
  headers?: Record<string, string>;
  body: string;
}

/** How a service's operations travel over HTTP: one of AWS's protocols. */
export interface Wire {
  /** The operation that is asked for, or undefined where the request is not for this service. */
  operationOf(asked: Asked): string | undefined;
  read(operation: Operation, asked: Asked): Promise<unknown>;
  write(operation: Operation, output: object): Answer;
  writeError(code: string, message: string, status: number): Answer;
}

export interface Service {
  /** As AWS signs for it: `ecs`. */
  name: string;
  wire: Wire;
  operations: Operation[];
  /** The code by which it refuses what comes too fast. */
  throttled: string;
}
