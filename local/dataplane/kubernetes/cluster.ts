import type { ProcessFile } from "../../process-file";
import type { Balancers } from "../balancers";
import { Fleet } from "../fleet";
import { Instance, type Tell } from "../instance";
import { Deployment } from "./deployment";
import type { DesiredCluster, DesiredDeployment, DesiredEndpoints, DesiredPods } from "./desired";
import { Endpoints, selects } from "./endpoints";
import { Pod } from "./pod";

export interface ClusterOptions {
  /** The least and the most milliseconds that a controller of the cluster takes to act on a change. */
  controllerDelay: [number, number];
  random: () => number;
}

/** The data plane of a Kubernetes cluster: its pods, and who is told of them. */
export class Cluster {
  private readonly deployments: Fleet<DesiredDeployment, Deployment>;
  private readonly endpoints: Endpoints;
  private services: readonly DesiredEndpoints[] = [];
  private readonly timer = setInterval(() => this.step(), 50);

  constructor(
    private readonly balancers: Balancers,
    private readonly file: ProcessFile,
    toldOf: (arn: string) => Tell,
    { controllerDelay: [least, most], random }: ClusterOptions,
  ) {
    this.endpoints = new Endpoints(balancers, () => least + random() * (most - least));
    this.deployments = new Fleet((wanted) => {
      const tell = toldOf(wanted.arn);
      const make = (template: DesiredPods, others: readonly Pod[]) => this.make(template, others, tell);
      return new Deployment(wanted, { make, isOpen: (pod) => this.isOpen(pod), log: tell.log });
    });
  }

  apply({ deployments, services }: DesiredCluster) {
    this.services = services;
    this.deployments.apply(deployments);
  }

  deployment(arn: string): Deployment | undefined {
    return this.deployments.get(arn);
  }

  /** Resolves when the last pod of a Deployment that is no longer asked for has ended. */
  gone(arn: string): Promise<void> {
    return this.deployments.gone(arn);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.endpoints.stop();
    await this.deployments.stop();
  }

  private step() {
    for (const deployment of this.deployments.values()) deployment.step();
    this.endpoints.look(this.services, () => this.deployments.values().flatMap(({ pods }) => pods));
  }

  /**
   * Gates are injected when a pod is made, in a namespace that asks for it, for each TargetGroupBinding of a Service that selects the pod;
   * a binding that comes later gates nothing (AWS Load Balancer Controller, "Pod readiness gate").
   */
  private make(template: DesiredPods, others: readonly Pod[], tell: Tell): Pod {
    const mine = () => this.services.filter((service) => selects(service, template));
    const bound = () => mine().flatMap((service) => service.bound);
    const group = () => bound()[0] ?? mine()[0]?.group;
    const zone = Instance.zoneFor(this.balancers.zones, others);
    return new Pod(template, template.gated ? bound() : [], zone, group, this.file, tell);
  }

  /** "The condition status on a pod will be set to `True` only when the corresponding target … shows a health state of »Healthy«." */
  private isOpen({ gates, target }: Pod): boolean {
    return gates.every((group) => {
      // A deleted binding leaves its gates open (`updatePodAsHealthyForDeletedTGB` of the controller).
      const isBound = this.services.some(({ bound }) => bound.includes(group));
      return !isBound || (target !== undefined && this.balancers.health(group, target.id).state === "healthy");
    });
  }
}
