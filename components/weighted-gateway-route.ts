import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Color, IDLE, otherColor, PREVIEW_HEADER, previewHeaderValue, type Shares } from "../traffic";
import { throwProblems } from "./property-problem";
import type { Rollout } from "./rollout";
import { weightedGatewayProblems } from "./weighted-gateway-problems";
import { createClock, presentTargets } from "./weighted-route";

/** What a Gateway's route sends requests to, by shape: a `KubernetesEnvironment`'s backend, or somebody's own Service. */
export interface GatewayBackend {
  /** The Service's name. */
  serviceName: pulumi.Input<string>;
  /** The Service's port, 1 to 65535. */
  port: number;
  /**
   * The Service's namespace.
   * @default the route's
   */
  namespace?: string;
  /**
   * That a `ReferenceGrant` in the Service's namespace lets HTTPRoutes of the route's namespace refer to it. Where there is none,
   * the Gateway answers 500 for the backend's share (Gateway API, "Cross-Namespace Backend References").
   * @default false: a backend in another namespace is refused
   */
  granted?: boolean;
  /**
   * What must be there, with ready pods, before the Service gets a request: one without endpoints answers 503 for its share
   * (Gateway API, `HTTPRouteRule.backendRefs`).
   * @default nothing: the Service must have ready pods already
   */
  ready?: pulumi.Resource[];
}

/** A Gateway's place. Plain values: which Gateway carries the requests must be known in every preview. */
export interface GatewayPlace {
  name: string;
  namespace: string;
}

export interface WeightedGatewayRouteArgs {
  /** Gives the weights. */
  rollout: Rollout;
  /** The Services by color. Stable's must be there; the candidate's is there from `idle` on. */
  backends: Partial<Record<Color, GatewayBackend>>;
  /** The route's own namespace, which must be there. A listener of the Gateway must take routes of it (`allowedRoutes`). */
  namespace: string;
  /** The Gateway that the route is attached to. Crossfade does not make it. */
  gateway: GatewayPlace;
  /** The hosts that users ask for; `*.` in front is a wildcard. One to 16 of them (Gateway API, `HTTPRouteSpec.hostnames`). */
  hosts: string[];
  /**
   * What the preview header must hold besides the color: `x-crossfade: green-<secret>`. At least 8 characters.
   * @default none: `x-crossfade: green` shows the environment to whoever asks for it
   */
  previewSecret?: pulumi.Input<string>;
  /**
   * Whether at `idle` the candidate gets a copy of each of stable's requests, whose answer is thrown away (Gateway API,
   * `RequestMirror`, which not every controller has). A copy is a whole request: an order is placed twice, unless the candidate's
   * writes go elsewhere or count once.
   * @default false
   */
  mirror?: boolean;
}

/**
 * One `HTTPRoute` that splits a host's requests by weight between the Services of the two environments, with a rule before that
 * for each color by its preview header.
 *
 * Both weights are always written: Gateway API's default is 1 and not 0. It keeps no client with its environment: session
 * persistence is in the experimental channel only (GEP-1619), so at canary stages a user meets both versions.
 *
 * The step waits until the Gateway's controller has accepted this very generation of the route and found its Services, for two
 * minutes at most: `up` would else be done when the API server has stored it. Needs @pulumi/kubernetes 4.24, whose
 * `pulumi.com/waitFor` reads RFC 9535. That the Gateway's proxies have taken it over is said by no condition of an HTTPRoute.
 *
 * Weights are written by server-side apply as Pulumi's own field manager, without force. Whoever else writes one weight owns all
 * rules from then on: the API server refuses each later change, in the preview already and be it to the very same weights, and
 * names the manager. `kubectl` alone stops the preview only: an update without one takes its changes over, and back. A quick
 * rollback beside Pulumi patches the weights as the field manager `pulumi-kubernetes` (test/field-managers.test.ts).
 *
 * There are no gates here, as the other routes have them: a hook has no client of the cluster, so that what is known before a raise
 * is that the pods were ready when their step ended.
 */
export class WeightedGatewayRoute extends pulumi.ComponentResource {
  readonly route: k8s.apiextensions.CustomResource;
  /** The share of each color that has some, in percent, once it is written. */
  readonly shares: pulumi.Output<Shares>;

  /** @throws InputPropertiesError with all that is wrong with backends, namespaces and hosts. */
  constructor(name: string, args: WeightedGatewayRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    throwProblems(`the route "${name}"`, weightedGatewayProblems(args));
    const { rollout, backends, namespace, gateway, previewSecret, mirror = false } = args;
    const hosts = args.hosts.map((host) => host.toLowerCase());
    const present = presentTargets(backends);
    // The policies read these: names and not resources, for a policy pack cannot be shown a resource.
    const services = Object.fromEntries(present.map(([color, { serviceName }]) => [color, serviceName]));
    super("crossfade:index:WeightedGatewayRoute", name, { ...rollout.plan, services, namespace, gateway, hosts }, opts);

    this.route = new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: {
          namespace,
          annotations: { "pulumi.com/waitFor": JSON.stringify(["Accepted", "ResolvedRefs"].map(has)) },
        },
        spec: {
          parentRefs: [{ name: gateway.name, namespace: gateway.namespace }],
          hostnames: hosts,
          rules: [...present.map(([color, backend]) => previewRule(color, backend)), weightedRule()],
        },
      },
      {
        parent: this,
        dependsOn: present.flatMap(([, { ready = [] }]) => ready),
        customTimeouts: { create: ACCEPTED_WITHIN, update: ACCEPTED_WITHIN },
      },
    );
    this.shares = createClock(name, { rollout, sticky: false }, this, [this.route]);
    this.registerOutputs({ routeName: this.route.metadata.name });

    /** A match with more headers goes before one with fewer (Gateway API, `HTTPRouteRule.matches`), and stands first as well. */
    function previewRule(color: Color, backend: GatewayBackend) {
      const value = pulumi.output(previewSecret).apply((secret) => previewHeaderValue(color, secret));
      return {
        matches: [{ headers: [{ type: "Exact", name: PREVIEW_HEADER, value }] }],
        backendRefs: [reference(backend)],
      };
    }

    function weightedRule() {
      const candidate = backends[otherColor(rollout.plan.stable)];
      const mirrored = mirror && rollout.plan.stage === IDLE ? candidate : undefined;
      return {
        ...(mirrored && {
          filters: [{ type: "RequestMirror", requestMirror: { backendRef: reference(mirrored) } }],
        }),
        backendRefs: present.map(([color, backend]) => ({ ...reference(backend), weight: rollout.shares[color] })),
      };
    }

    function reference({ serviceName, port, namespace: own = namespace }: GatewayBackend) {
      return { name: serviceName, port, ...(own !== namespace && { namespace: own }) };
    }
  }
}

/** A controller takes seconds; what it has not accepted by then it will not, and the step says so. */
const ACCEPTED_WITHIN = "2m";

/**
 * That a condition is true of the generation just written. An earlier one's is true as well, and of an update it would be
 * believed: the provider compares `status.observedGeneration`, which an HTTPRoute has inside of its conditions only. Without
 * blanks: the provider's parser (theory/jsonpath 0.9) refuses the one before a second `&&`.
 */
function has(condition: string): string {
  const terms = [`@.type=='${condition}'`, "@.status=='True'", "@.observedGeneration==$.metadata.generation"];
  return `jsonpath={.status.parents[*].conditions[?${terms.join("&&")}]}`;
}
