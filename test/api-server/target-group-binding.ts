import type { Manifest } from "./client";

const text = { type: "string" };
const choice = (...values: string[]) => ({ type: "string", enum: values });
const listOf = (items: object) => ({ type: "array", items });
const intOrString = { "x-kubernetes-int-or-string": true };

function object(properties: Record<string, object>, ...required: string[]) {
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

const spec = object(
  {
    serviceRef: object({ name: text, port: intOrString }, "name", "port"),
    targetGroupARN: text,
    targetGroupName: text,
    targetGroupProtocol: choice("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
    targetType: choice("instance", "ip"),
    ipAddressType: choice("ipv4", "ipv6"),
    vpcID: text,
    multiClusterTargetGroup: { type: "boolean" },
    iamRoleArnToAssume: text,
    assumeRoleExternalId: text,
    nodeSelector: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    networking: object({
      ingress: listOf(
        object(
          {
            from: listOf(
              object({ ipBlock: object({ cidr: text }, "cidr"), securityGroup: object({ groupID: text }, "groupID") }),
            ),
            ports: listOf(object({ port: intOrString, protocol: choice("TCP", "UDP") })),
          },
          "from",
          "ports",
        ),
      ),
    }),
  },
  "serviceRef",
);

/**
 * The definition of a TargetGroupBinding, v1beta1. The controller's own is in no Go module of a version with it, so these are
 * the fields of its documentation (AWS Load Balancer Controller, "TargetGroupBinding", "Specification"), with the types and
 * values that it gives. The controller's webhook, which looks the group up in AWS, is not here.
 */
export const TARGET_GROUP_BINDING: Manifest = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "targetgroupbindings.elbv2.k8s.aws" },
  spec: {
    group: "elbv2.k8s.aws",
    scope: "Namespaced",
    names: { kind: "TargetGroupBinding", plural: "targetgroupbindings", singular: "targetgroupbinding" },
    versions: [
      {
        name: "v1beta1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: object({ spec, status: object({ observedGeneration: { type: "integer" } }) }) },
        subresources: { status: {} },
      },
    ],
  },
};
