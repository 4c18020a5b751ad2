/** What needs @pulumi/kubernetes, an optional peer: `pulumi-crossfade/kubernetes`. */
export * from "./kubernetes-environment";
export * from "./kubernetes-migration";
export type { KubernetesPlace } from "./kubernetes-place";
export * from "./kubernetes-role-signal";
export * from "./kubernetes-schedule";
export * from "./kubernetes-workers";
export * from "./weighted-gateway-route";
