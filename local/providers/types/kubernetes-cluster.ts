/** What is in the local cluster before any program: a team's namespace and the platform's Gateway, as a cluster's owners give them. */
export const NAMESPACES: Record<string, Record<string, string>> = {
  default: {},
  edge: {},
  shop: {
    "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled",
    "pod-security.kubernetes.io/enforce": "restricted",
  },
};

/** Each has one listener, for HTTP, that takes routes of all namespaces. */
export const GATEWAYS = [{ namespace: "edge", name: "public", port: 80, controllerName: "local.crossfade/gateway" }];
