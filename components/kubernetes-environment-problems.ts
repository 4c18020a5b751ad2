import type { KubernetesEnvironmentArgs } from "./kubernetes-environment";
import { DNS_LABEL, DNS_LABEL_WORDS } from "./kubernetes-names";
import type { PropertyProblem } from "./property-problem";
import { SECRET_FORMS } from "./secret-forms";

const PROTOCOLS = ["HTTP1", "HTTP2", "GRPC"];

/** All that is wrong with an environment on Kubernetes. The stack config is checked for the same by its own paths. */
export function kubernetesProblems(args: KubernetesEnvironmentArgs): PropertyProblem[] {
  const { namespace, replicas, scaling, drain = 60, protocol = "HTTP1", secrets = {}, sidecars = {} } = args;
  const problems: PropertyProblem[] = [];
  const report = (propertyPath: string, reason: string) => problems.push({ propertyPath, reason });
  if (!DNS_LABEL.test(namespace)) report("namespace", `"${namespace}" is no name of a namespace: ${DNS_LABEL_WORDS}`);
  if (replicas !== undefined && scaling) report("replicas", REPLICAS_AND_SCALING);
  if (scaling && scaling.min > scaling.max) report("scaling.min", "min is at most max");
  if (drain < 1) report("drain", NO_DRAIN);
  if (!PROTOCOLS.includes(protocol)) report("protocol", `"${protocol}" is none of ${PROTOCOLS.join(", ")}`);
  for (const [variable, reference] of Object.entries(secrets)) {
    if (typeof reference !== "string" || SECRET_FORMS.kubernetes.form.test(reference)) continue;
    report(
      `secrets.${variable}`,
      `"${reference}" names no key of a Secret: on Kubernetes ${SECRET_FORMS.kubernetes.words}`,
    );
  }
  for (const [name, { essential }] of Object.entries(sidecars)) {
    if (essential !== undefined) report(`sidecars.${name}.essential`, NO_ESSENTIAL);
  }
  return problems;
}

export const REPLICAS_AND_SCALING =
  "with scaling the number is the autoscaler's, and a fixed one beside it would be set back by every update, under load: give one of the two";

export const NO_DRAIN =
  "a pod leaves its Service at the moment it begins to end, and not before: without a drain of at least 1 s the requests that still come meet nobody";

export const NO_ESSENTIAL =
  "a pod does not end with one of its containers: Kubernetes starts the container again. Leave it out";
