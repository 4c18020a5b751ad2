import { ref } from "../small-programs";
import { type Pair, pair } from "./case";
import { type Item, item } from "./item";
import { type ShopShape, shop } from "./worlds";

const both = (before: ShopShape, after: ShopShape) => ({ prior: shop(before), desired: shop(after) });
/** The items are there before the update, and some of them others or gone after it. */
const edited = (shape: ShopShape, before: readonly Item[], after: readonly Item[]) =>
  both({ ...shape, last: before }, { ...shape, last: after });

const HTTPS = { port: 443, protocol: "HTTPS", certificateArn: "arn:cert-{case}" };
const ANYBODY = { cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp" };
const GROUP = item("aws:ec2/securityGroup:SecurityGroup", "sg", { description: "shop" });

/** The balancer is in the security group of the case. */
const guarded = (rules: object = {}): ShopShape => ({
  first: [{ ...GROUP, inputs: { ...GROUP.inputs, ...rules } }],
  inputs: { lb: { securityGroups: [ref("sg")] }, web: HTTPS },
});
const letIn = (name: string, fromPort: number, toPort = fromPort): Item =>
  item("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", name, {
    ...ANYBODY,
    securityGroupId: ref("sg"),
    fromPort,
    toPort,
  });
const letOut = (name: string): Item =>
  item("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", name, {
    securityGroupId: ref("sg"),
    ipProtocol: "-1",
    cidrIpv4: "0.0.0.0/0",
  });
const inline = (port: number, source: string) => ({
  protocol: "tcp",
  fromPort: port,
  toPort: port,
  cidrBlocks: [source],
});

/** A function that gets a part of the requests, and the permission for it. */
function withFunction(weight: number): ShopShape {
  const targetGroups = [
    { arn: ref("blue"), weight: 100 - weight },
    { arn: ref("fn-group"), weight },
  ];
  return {
    first: [
      item("aws:lambda/function:Function", "fn", { role: "arn:role" }),
      item("aws:lb/targetGroup:TargetGroup", "fn-group", { targetType: "lambda" }),
    ],
    inputs: { shop: { actions: [{ type: "forward", forward: { targetGroups } }] } },
  };
}
const TARGET = item("aws:lb/targetGroupAttachment:TargetGroupAttachment", "fn-at", {
  targetGroupArn: ref("fn-group"),
  targetId: ref("fn"),
});
const PERMISSION = item("aws:lambda/permission:Permission", "fn-may", {
  action: "lambda:InvokeFunction",
  function: ref("fn"),
  principal: "elasticloadbalancing.amazonaws.com",
  sourceArn: ref("fn-group"),
});

/** The way of a balancer's subnet to the Internet. */
const ASSOCIATION = item("aws:ec2/routeTableAssociation:RouteTableAssociation", "way", {
  subnetId: "subnet-{case}",
  routeTableId: "rtb-{case}",
});
const ROUTE = item("aws:ec2/route:Route", "out", {
  routeTableId: "rtb-{case}",
  destinationCidrBlock: "0.0.0.0/0",
  gatewayId: "igw-{case}",
});

/** What serves stands there as before, and its users are cut off: by the end of what refers to it. */
export const cutOffPairs: Pair[] = [
  pair("cc", {
    hazards: [],
    policy: "serving-deletion",
    // The hosts of a certificate are known where it is in the stack: no rule asks for the other one.
    change: (domainName: string) => {
      const certificate = item("aws:acm/certificate:Certificate", "cert", { domainName, validationMethod: "DNS" });
      const sni = item("aws:lb/listenerCertificate:ListenerCertificate", "sni", {
        listenerArn: ref("web"),
        certificateArn: ref("cert"),
      });
      return edited({ inputs: { web: HTTPS } }, [certificate, sni], [certificate]);
    },
    refused: "shop",
    passes: "old.example.com",
  }),
  pair("cp", {
    hazards: [],
    policy: "serving-deletion",
    change: (weight: number) => edited(withFunction(weight), [TARGET, PERMISSION], [TARGET]),
    refused: 5,
    passes: 0,
  }),
  pair("cq", {
    hazards: [],
    policy: "serving-deletion",
    // Another statement lets all groups of the account in.
    change: (also: readonly Item[]) => edited(withFunction(5), [TARGET, PERMISSION], [TARGET, ...also]),
    refused: [],
    passes: [{ ...PERMISSION, name: "all-may", inputs: { ...PERMISSION.inputs, sourceArn: undefined } }],
  }),
  ...[ASSOCIATION, ROUTE].map((gone, i) =>
    pair(["ca", "cr"][i] ?? "", {
      hazards: [],
      policy: "serving-deletion",
      change: (internal: boolean) => {
        const shape = { inputs: { lb: { subnets: ["subnet-{case}"], internal } } };
        return edited(
          shape,
          [ASSOCIATION, ROUTE],
          [ASSOCIATION, ROUTE].filter((one) => one !== gone),
        );
      },
      refused: false,
      passes: true,
    }),
  ),
  pair("cs", {
    hazards: [],
    policy: "serving-deletion",
    change: (others: readonly Item[]) => edited(guarded(), [letIn("in", 443), ...others], others),
    refused: [letIn("other", 80)],
    passes: [letIn("other", 400, 500)],
  }),
  pair("cn", {
    hazards: [],
    policy: "serving-deletion",
    // Another rule comes in the same update: it is made first.
    change: (port: number) => edited(guarded(), [letIn("in", 443)], [letIn("new-in", port)]),
    refused: 8443,
    passes: 443,
  }),
  pair("cm", {
    hazards: [],
    policy: "serving-deletion",
    // The rule is changed in place.
    change: ([from, to]: [number, number]) => edited(guarded(), [letIn("in", 443)], [letIn("in", from, to)]),
    refused: [444, 500],
    passes: [400, 500],
  }),
  pair("ci", {
    hazards: [],
    policy: "serving-deletion",
    change: (ingress: readonly object[]) =>
      both(guarded({ ingress: [inline(443, "0.0.0.0/0")] }), guarded({ ingress })),
    refused: [],
    passes: [inline(443, "10.0.0.0/8")],
  }),
  pair("co", {
    hazards: [],
    policy: "serving-deletion",
    change: (others: readonly Item[]) => edited(guarded(), [letOut("out"), ...others], others),
    refused: [],
    passes: [letOut("other")],
  }),
  pair("ct", {
    hazards: [],
    policy: "serving-deletion",
    // The port of a service's targets.
    change: (color: string) => {
      const networkConfiguration = { subnets: ["subnet-{case}"], securityGroups: [ref("sg")] };
      const loadBalancers = [{ targetGroupArn: ref(color), containerName: "shop", containerPort: 8080 }];
      const shape = { first: [GROUP], inputs: { [`${color}-svc`]: { networkConfiguration, loadBalancers } } };
      return edited(shape, [letIn("in", 8080)], []);
    },
    refused: "blue",
    passes: "green",
  }),
  pair("cx", {
    hazards: [],
    policy: "serving-deletion",
    // A security group of another stack may let the same in.
    change: (others: readonly string[]) =>
      edited(
        { ...guarded(), inputs: { lb: { securityGroups: [ref("sg"), ...others] }, web: HTTPS } },
        [letIn("in", 443)],
        [],
      ),
    refused: [],
    passes: ["sg-elsewhere-{case}"],
  }),
];
