import type { Balancers } from "../balancers";
import type { Target } from "../node-target";
import type { DesiredEndpoints } from "./desired";
import type { Pod } from "./pod";

/** One group that a controller fills with pods. */
interface Filled {
  targets: Set<Target>;
  isDue: boolean;
}

/**
 * The controllers that tell balancers of pods: those of EndpointSlices and of the Gateway, and AWS's of TargetGroupBindings. Each acts
 * on what it finds some time after a change.
 */
export class Endpoints {
  private readonly groups = new Map<string, Filled>();
  private readonly waiting = new Set<NodeJS.Timeout>();

  /** @param delay milliseconds until a controller acts */
  constructor(
    private readonly balancers: Balancers,
    private readonly delay: () => number,
  ) {}

  /** Sees to it that groups are filled as they are to be. @param pods those that are not being ended */
  look(services: readonly DesiredEndpoints[], pods: () => readonly Pod[]) {
    const asked = wanted(services, pods());
    for (const group of new Set([...asked.keys(), ...this.groups.keys()])) {
      const filled = this.groups.get(group) ?? { targets: new Set(), isDue: false };
      this.groups.set(group, filled);
      if (filled.isDue || same(filled.targets, asked.get(group))) continue;
      filled.isDue = true;
      const timer = setTimeout(() => {
        this.waiting.delete(timer);
        filled.isDue = false;
        this.fill(group, filled, wanted(services, pods()).get(group) ?? []);
      }, this.delay());
      this.waiting.add(timer);
    }
  }

  stop() {
    for (const timer of this.waiting) clearTimeout(timer);
  }

  private fill(group: string, { targets }: Filled, now: readonly Target[]) {
    for (const target of now) if (!targets.has(target)) this.balancers.register(group, target);
    for (const target of targets) if (!now.includes(target)) void this.balancers.deregister(group, target);
    targets.clear();
    for (const target of now) targets.add(target);
  }
}

/**
 * A pod that is being ended is in none ("Terminating endpoints always have their `ready` status as `false`", Kubernetes docs, "Pod
 * Lifecycle"). AWS's controller does not wait for Ready, which may wait for it: readiness of the containers is enough
 * (aws-load-balancer-controller, pkg/backend/endpoint_resolver.go).
 */
function wanted(services: readonly DesiredEndpoints[], pods: readonly Pod[]): Map<string, Target[]> {
  const groups = new Map<string, Target[]>();
  for (const service of services) {
    const own = pods.filter((pod) => selects(service, pod.template));
    const targets = (some: readonly Pod[]) => some.flatMap(({ target }) => target ?? []);
    groups.set(service.group, targets(own.filter(({ healthy }) => healthy)));
    for (const group of service.bound) groups.set(group, targets(own.filter(({ containersReady }) => containersReady)));
  }
  return groups;
}

/** Whether a Service leads to such pods; one without a selector leads to none. */
export function selects(
  { namespace, selector }: DesiredEndpoints,
  pod: { namespace: string; labels: Record<string, string> },
): boolean {
  const asked = Object.entries(selector);
  return namespace === pod.namespace && asked.length > 0 && asked.every(([key, value]) => pod.labels[key] === value);
}

function same(targets: ReadonlySet<Target>, others: readonly Target[] = []): boolean {
  return targets.size === others.length && others.every((target) => targets.has(target));
}
