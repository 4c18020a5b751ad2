import { setTimeout as sleep } from "node:timers/promises";
import type { DataPlane } from "./dataplane";
import { type Behaviour, NotSteady, type Records } from "./providers";
import type { Images } from "./providers/image";
import { settleRoutes } from "./providers/kubernetes/route-status";
import { serviceGroup } from "./providers/kubernetes/to-cluster";
import { toJobTask } from "./providers/kubernetes/to-job";
import { isAsWaitedFor } from "./providers/kubernetes/wait-for";
import { toDesired } from "./providers/to-desired";
import { SCALING_GROUP } from "./providers/types/autoscaling";
import {
  DEPLOYMENT,
  JOB,
  type KubernetesObject,
  metadataOf,
  objectOf,
  SERVICE,
} from "./providers/types/kubernetes-objects";
import { RECORD } from "./providers/types/route53-names";

interface Cloud {
  records: Records;
  dataPlane: DataPlane;
  images: () => Images;
  fault?: Behaviour["fault"];
  /** Milliseconds until a controller of the cluster has acted. */
  controllerDelay: () => number;
}

/** What the AWS provider waits for. */
export function awsBehaviour({ records, dataPlane, images, fault }: Cloud): Behaviour {
  return {
    fault,
    changed: async (type, id) => {
      const applied = dataPlane.apply(toDesired(records, images()));
      const inSync = dataPlane.inSync();
      await applied;
      if (type === RECORD) return inSync; // the provider waits for it
      if (type === SCALING_GROUP) return waitForInstances(id, records, dataPlane);
      if (type !== "aws:ecs/service:Service") return;
      const service = records.get(type, id);
      if (!service) return dataPlane.gone(id);
      if (service.inputs.waitForSteadyState !== true) return;
      const end = await dataPlane.steady(id);
      if (!end.ok) throw new NotSteady(`waiting for ECS Service (${id}): ${end.reason}`, [], true);
    },
  };
}

/**
 * Of a new group, and of one whose size has changed, the provider waits until so many are healthy in its balancers
 * (terraform-provider-aws, `group.go`, `waitGroupCapacitySatisfied`); here after each change of one, which is no longer. It waits for
 * no instance refresh.
 */
async function waitForInstances(id: string, records: Records, dataPlane: DataPlane): Promise<void> {
  const group = records.get(SCALING_GROUP, id);
  if (!group) return dataPlane.gone(id);
  const { waitForElbCapacity, minElbCapacity, waitForCapacityTimeout = "10m" } = group.inputs;
  const wanted = Number(waitForElbCapacity ?? minElbCapacity ?? 0);
  if (wanted === 0 || dataPlane.scalingGroup(id)?.progress?.isDone === false) return;
  const [, amount, unit] = /^(\d+)([smh])$/.exec(String(waitForCapacityTimeout)) ?? [];
  const timeout = Number(amount) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as "s" | "m" | "h"];
  if (await holdsWithin(timeout, () => dataPlane.scalingGroup(id)?.isFull !== false)) return;
  const have = dataPlane.scalingGroup(id)?.machines.filter(({ inService }) => inService).length ?? 0;
  const told = `want at least ${wanted} healthy instance(s) registered to Load Balancer, have ${have}`;
  throw new NotSteady(`waiting for Auto Scaling Group (${id}) capacity satisfied: timeout while waiting: ${told}`);
}

/** Seconds that the Kubernetes provider waits where nothing says otherwise (provider/pkg/await/await.go). */
const LONGEST_WAIT = 600;

/**
 * What the Kubernetes provider waits for (pulumi-kubernetes@94977969, provider/pkg/await, provider/pkg/metadata/overrides.go). At a
 * Deployment's `progressDeadlineSeconds` it only takes a note, and waits on until its own time-out.
 */
export function kubernetesBehaviour({ records, dataPlane, images, fault, controllerDelay }: Cloud): Behaviour {
  /** Runs a Job's pod once, and again where the last one has failed. @returns why it has not ended well */
  async function jobDone(job: KubernetesObject, uid: string, timeout: number): Promise<string | undefined> {
    const name = `job/${job.id}/${uid}`;
    const { jobs } = dataPlane;
    const last = jobs.get(name);
    if (!last || (last.status === "STOPPED" && last.exitCode !== 0)) {
      jobs.start(name, job.id, toJobTask(job, records, images()));
    }
    const deadline = 1000 * Number(job.spec.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY);
    if (!(await holdsWithin(Math.min(timeout, deadline), () => jobs.get(name)?.status === "STOPPED"))) {
      jobs.stop(name, "DeadlineExceeded");
      return "[DeadlineExceeded] Job was active longer than specified deadline";
    }
    const { exitCode, reason } = jobs.get(name) ?? {};
    return exitCode === 0
      ? undefined
      : `[BackoffLimitExceeded] Job has reached the specified backoff limit (${reason})`;
  }

  return {
    fault,
    changed: async (type, id, customTimeout) => {
      await dataPlane.apply(toDesired(records, images()));
      void sleep(controllerDelay(), undefined, { ref: false }).then(() => settleRoutes(records));
      const record = records.get(type, id);
      if (!record) return dataPlane.gone(id); // "Foreground" deletion: with all that belongs to it
      const annotations = metadataOf(record.inputs).annotations ?? {};
      if (annotations["pulumi.com/skipAwait"] === "true") return;
      const timeout = 1000 * (customTimeout || Number(annotations["pulumi.com/timeoutSeconds"] || LONGEST_WAIT));
      const fail = (why: string, reasons: string[] = []) => {
        const told = `the Kubernetes API server reported that "${id}" failed to fully initialize or become live`;
        return new NotSteady(`${told}: ${why}`, reasons);
      };
      const waitFor = annotations["pulumi.com/waitFor"];
      if (waitFor !== undefined) {
        const isThere = () => isAsWaitedFor(waitFor, records.get(type, id)?.outputs ?? {});
        if (!(await holdsWithin(timeout, isThere))) throw fail("timed out waiting for the condition");
      } else if (type === DEPLOYMENT) {
        const reasons = await dataPlane.rolledOut(id, timeout);
        if (reasons) throw fail(`'${objectOf(record).name}' timed out waiting to be Ready`, reasons);
        records.put({
          ...record,
          outputs: { ...record.outputs, status: rolledOut(metadataOf(record.outputs).generation) },
        });
      } else if (type === JOB) {
        const failed = await jobDone(objectOf(record), metadataOf(record.outputs).uid ?? "", timeout);
        if (failed) throw fail(`'${objectOf(record).name}' has failed`, [failed]);
      } else if (type === SERVICE && Object.keys(objectOf(record).spec.selector ?? {}).length > 0) {
        const isThere = () => dataPlane.targetHealth(serviceGroup(id)).length > 0;
        if (await holdsWithin(timeout, isThere)) return;
        throw fail(`'${objectOf(record).name}' timed out waiting to be Ready`, [
          "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods",
        ]);
      }
    },
  };
}

function rolledOut(observedGeneration: number | undefined) {
  return {
    observedGeneration,
    conditions: [
      { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
      { type: "Available", status: "True", reason: "MinimumReplicasAvailable" },
    ],
  };
}

async function holdsWithin(timeoutMs: number, holds: () => boolean): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() >= end) return false;
    await sleep(50, undefined, { ref: false }); // the cloud may end meanwhile
  }
  return true;
}
