import { COLORS } from "../traffic";
import { checkAutoScaling, checkNoInstances } from "./config-autoscaling";
import type { Report } from "./config-problem";
import type { Parsed } from "./config-schema";
import { fargateSizeProblem } from "./fargate-size";
import { NO_DRAIN, NO_ESSENTIAL, REPLICAS_AND_SCALING } from "./kubernetes-environment-problems";
import { SECRET_FORMS } from "./secret-forms";
import { VERSION_DEFAULTS } from "./version-defaults";

/** What the edges of AWS have and a Gateway has not, or has of its own. */
const OF_A_BALANCER = {
  certificate: "the Gateway's listeners have its certificates",
  internal: "whether it is reachable from outside is the Gateway's",
  clientKeepAlive: "how long a client keeps its connection is the Gateway's",
  sticky: "Gateway API keeps no client with its environment: its session persistence is experimental (GEP-1619)",
  network: "there is no balancer of Crossfade's to stand in it",
} as const;

/** What the compute and the route that were chosen have no use for, or need. A compute that could not be read is no reason. */
export function checkCompute(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  const { compute } = data;
  if (!compute) return;
  checkSecrets(data, compute, report);
  for (const other of (["kubernetes", "autoscaling"] as const).filter((key) => key !== compute)) {
    if (given[other] !== undefined) report(other, `is for crossfade:compute ${other}, and it is ${compute}`);
  }
  if (compute !== "autoscaling") checkNoInstances(data, compute, report);
  if (compute === "fargate") checkFargate(given, data, report);
  else if (compute === "kubernetes") checkKubernetes(given, data, report);
  else checkAutoScaling(given, data, report);
}

function checkFargate(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  if (given.network === undefined) report("network", "is missing");
  for (const color of COLORS) {
    const { cpu = VERSION_DEFAULTS.cpu, memory = VERSION_DEFAULTS.memory } = { ...data.service, ...data[color] };
    const size = data[color] && fargateSizeProblem(cpu, memory);
    if (size) report(`${color}.memory`, `${cpu} CPU units with ${memory} MiB do not go together: ${size}`);
  }
}

function checkKubernetes(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  if (given.kubernetes === undefined) {
    report("kubernetes", "is missing: compute kubernetes needs its namespace, and a gateway or crossfade:network");
  }
  if (given.dns !== undefined) {
    report(
      "dns",
      "is for an edge of each color, which crossfade:compute fargate has: on Kubernetes there is one for both",
    );
  }
  checkPods(data, report);
  if (!data.kubernetes) return;
  if (data.kubernetes.gateway) checkGateway(given, data, report);
  else checkBalancer(given, data, report);
}

function checkSecrets(data: Partial<Parsed>, compute: Parsed["compute"], report: Report): void {
  const { form, words } = SECRET_FORMS[compute];
  for (const where of ["service", ...COLORS] as const) {
    for (const [variable, reference] of Object.entries(data[where]?.secrets ?? {})) {
      if (!form.test(reference)) report(`${where}.secrets.${variable}`, `"${reference}": on ${compute} ${words}`);
    }
  }
}

function checkPods(data: Partial<Parsed>, report: Report): void {
  for (const where of ["service", ...COLORS] as const) {
    const { drain, sidecars = {} } = data[where] ?? {};
    if (drain === 0) report(`${where}.drain`, NO_DRAIN);
    for (const [name, { essential }] of Object.entries(sidecars)) {
      if (essential !== undefined) report(`${where}.sidecars.${name}.essential`, NO_ESSENTIAL);
    }
    const own = (["replicas", "scaling"] as const).find((key) => data[where]?.[key] !== undefined);
    const both = { ...data.service, ...data[where] };
    if (own && both.replicas !== undefined && both.scaling) report(`${where}.${own}`, REPLICAS_AND_SCALING);
  }
}

function checkBalancer(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  if (given.network === undefined) {
    report("network", "is missing: without crossfade:kubernetes.gateway both colors are behind a balancer in it");
  }
  if (data.kubernetes?.mirror !== undefined) {
    report("kubernetes.mirror", "is for a Gateway, and there is none: a balancer copies no request");
  }
  if (data.network && "taskSubnetIds" in data.network) {
    report("network.taskSubnetIds", "is for tasks on Fargate: where pods run is the cluster's");
  }
}

function checkGateway(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  if (given.network !== undefined) report("network", `means nothing behind a Gateway: ${OF_A_BALANCER.network}`);
  for (const where of ["service", ...COLORS] as const) {
    for (const [key, reason] of Object.entries(OF_A_BALANCER)) {
      const value = (data[where] as Record<string, unknown> | undefined)?.[key];
      if (value !== undefined) report(`${where}.${key}`, `means nothing behind a Gateway: ${reason}`);
    }
  }
}
