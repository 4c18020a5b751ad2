import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { PropertyType, ResourceProperties } from "@aws-cdk/service-spec-types";

/** What CloudFormation says of a change of a property: it replaces the resource, or it may. */
export type Verdict = "yes" | "maybe";

/** The properties of a CloudFormation type that replace, by path; a path goes inside only where the whole does not replace. */
export type Specification = (type: string) => ReadonlyMap<string, Verdict>;

/** Reads the database that `@aws-cdk/aws-service-spec` carries: "Update requires", as CloudFormation documents it. */
export function readSpecification(): Specification {
  const database = loadAwsServiceSpecSync();

  function inside(type: PropertyType): ResourceProperties[] {
    switch (type.type) {
      case "array":
      case "map":
        return inside(type.element);
      case "union":
        return type.types.flatMap(inside);
      case "ref":
        return [database.get("typeDefinition", type.reference.$ref).properties];
      default:
        return [];
    }
  }

  function collect(properties: ResourceProperties, path: string[], found: Map<string, Verdict>): void {
    for (const [name, property] of Object.entries(properties)) {
      // Some definitions hold themselves (filters, statements).
      if (path.includes(name)) continue;
      const here = [...path, name];
      const verdict = property.causesReplacement ?? "no";
      if (verdict !== "no") found.set(here.join("."), verdict);
      else for (const nested of inside(property.type)) collect(nested, here, found);
    }
  }

  return (type) => {
    const found = new Map<string, Verdict>();
    const resource = database.lookup("resource", "cloudFormationType", "equals", `AWS::${type}`).only();
    collect(resource.properties, [], found);
    for (const path of resource.additionalReplacementProperties ?? []) found.set(path.join("."), "yes");
    return found;
  };
}
