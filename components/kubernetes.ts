/** What needs @pulumi/kubernetes, an optional peer: `pulumi-crossfade/kubernetes`. */
export * from "./kubernetes-environment";
export * from "./kubernetes-migration";
export * from "./weighted-gateway-route";
