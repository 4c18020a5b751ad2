import { InputPropertiesError } from "@pulumi/pulumi";

/** One thing that is wrong with a component's arguments. */
export interface PropertyProblem {
  propertyPath: string;
  reason: string;
}

/** @throws InputPropertiesError with all of them at once; of none, nothing. */
export function throwProblems(what: string, errors: PropertyProblem[]): void {
  if (errors.length === 0) return;
  const lines = errors.map(({ propertyPath, reason }) => `  ${propertyPath}: ${reason}`);
  throw new InputPropertiesError({
    message: [`${what} cannot be; nothing of it was made:`, ...lines].join("\n"),
    errors,
  });
}
