import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type GateArgs, Gates } from "./gates";
import { deleteHooks } from "./idle-hooks";
import { letOut } from "./let-out";

export interface EdgeArgs {
  /** The network that the balancer stands in. */
  vpcId: pulumi.Input<string>;
  /** Subnets in two zones at least (ELB, "Availability Zone subnets"). */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The ARN of a certificate for the hosts.
   * @default none: the balancer speaks plain HTTP on port 80. With one it speaks HTTPS on 443, and port 80 redirects to it.
   */
  certificateArn?: pulumi.Input<string>;
  /**
   * Whether it is reachable from inside the network only.
   * @default false
   */
  internal?: boolean;
  /**
   * Who may connect.
   * @default everybody, by IPv4
   */
  allowedCidrs?: string[];
  /**
   * How long a connection may be silent, in seconds, 1 to 4000 (ELB, `idle_timeout.timeout_seconds`). A service must keep its
   * connections open for longer, or requests meet a closed one and get a 502 (ELB guide, troubleshooting HTTP 502).
   * @default 60
   */
  idleTimeout?: number;
  /**
   * How long a client may keep one connection, in seconds, 60 to 604,800 (ELB, `client_keep_alive.seconds`). After a weight in
   * DNS has gone to 0 its edge gets requests for as long, and so it must be held for as long.
   * @default 3600, AWS's own
   */
  clientKeepAlive?: number;
  /**
   * Whether AWS refuses to delete the balancer until this is turned off. Where each color has an edge, turn it off for the one
   * that is neither stable nor has weight: it goes with its color's line.
   * @default true
   */
  deletionProtection?: boolean;
  /**
   * What is asked of AWS before it is deleted: whether a record of this program's routes leads users there still.
   * @default on, with the provider's credentials
   */
  gates?: GateArgs;
}

/** The entry point: an Application Load Balancer with its listeners. Routes and environments hang on its listener. */
export class Edge extends pulumi.ComponentResource {
  readonly loadBalancer: aws.lb.LoadBalancer;
  /** The listener that answers users: HTTPS with a certificate, HTTP without. */
  readonly listener: aws.lb.Listener;
  readonly securityGroup: aws.ec2.SecurityGroup;
  /** The address to point a host at. */
  readonly dnsName: pulumi.Output<string>;
  /** The hosted zone of that address: what an alias record names beside it. */
  readonly zoneId: pulumi.Output<string>;
  /** What it answers users in: HTTPS with a certificate, HTTP without. */
  readonly protocol: "HTTP" | "HTTPS";

  /** @throws InputPropertyError where a client may keep its connection for shorter or longer than ELB has it. */
  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    check(args);
    super("crossfade:index:Edge", name, args, opts);
    const child = { parent: this };
    const { allowedCidrs = ["0.0.0.0/0"], certificateArn } = args;
    const ports = certificateArn ? [80, 443] : [80];

    this.securityGroup = createSecurityGroup();
    this.loadBalancer = createLoadBalancer(this.securityGroup, this);
    this.listener = certificateArn ? createHttps(this.loadBalancer, certificateArn) : createHttp(this.loadBalancer);
    if (certificateArn) createRedirect(this.loadBalancer);
    this.dnsName = this.loadBalancer.dnsName;
    this.zoneId = this.loadBalancer.zoneId;
    this.protocol = certificateArn ? "HTTPS" : "HTTP";
    this.registerOutputs({ dnsName: this.dnsName, listenerArn: this.listener.arn });

    function createSecurityGroup(): aws.ec2.SecurityGroup {
      const group = new aws.ec2.SecurityGroup(name, { vpcId: args.vpcId, description: "Crossfade edge" }, child);
      for (const port of ports) {
        for (const cidr of allowedCidrs) {
          new aws.vpc.SecurityGroupIngressRule(
            `${name}-${port}-from-${cidr.replace(/[^0-9a-f]/gi, "-")}`,
            { securityGroupId: group.id, ipProtocol: "tcp", fromPort: port, toPort: port, cidrIpv4: cidr },
            child,
          );
        }
      }
      letOut(name, group, child);
      return group;
    }

    function createLoadBalancer(group: aws.ec2.SecurityGroup, parent: Edge): aws.lb.LoadBalancer {
      return new aws.lb.LoadBalancer(
        name,
        {
          loadBalancerType: "application",
          internal: args.internal ?? false,
          subnets: args.subnetIds,
          securityGroups: [group.id],
          idleTimeout: args.idleTimeout ?? 60,
          clientKeepAlive: args.clientKeepAlive,
          dropInvalidHeaderFields: true,
          enableDeletionProtection: args.deletionProtection ?? true,
        },
        { ...child, ...deleteHooks(Gates.of(parent, args.gates, opts)) },
      );
    }

    function createHttp(balancer: aws.lb.LoadBalancer): aws.lb.Listener {
      return new aws.lb.Listener(
        `${name}-http`,
        { loadBalancerArn: balancer.arn, port: 80, protocol: "HTTP", defaultActions: [NOT_FOUND] },
        child,
      );
    }

    function createHttps(balancer: aws.lb.LoadBalancer, certificateArn: pulumi.Input<string>): aws.lb.Listener {
      return new aws.lb.Listener(
        `${name}-https`,
        {
          loadBalancerArn: balancer.arn,
          port: 443,
          protocol: "HTTPS",
          certificateArn,
          sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
          defaultActions: [NOT_FOUND],
        },
        child,
      );
    }

    function createRedirect(balancer: aws.lb.LoadBalancer): void {
      const redirect = { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" };
      new aws.lb.Listener(
        `${name}-http`,
        {
          loadBalancerArn: balancer.arn,
          port: 80,
          protocol: "HTTP",
          defaultActions: [{ type: "redirect", redirect }],
        },
        child,
      );
    }
  }
}

function check({ clientKeepAlive = 3600 }: EdgeArgs): void {
  if (Number.isInteger(clientKeepAlive) && clientKeepAlive >= 60 && clientKeepAlive <= 604_800) return;
  const reason = `${clientKeepAlive} is no time that a client may keep a connection: whole seconds, 60 to 604800 (ELB, client_keep_alive.seconds)`;
  throw new pulumi.InputPropertyError({ propertyPath: "clientKeepAlive", reason });
}

/** A host that no rule knows is answered by nobody's service. */
const NOT_FOUND = {
  type: "fixed-response",
  fixedResponse: { contentType: "text/plain", statusCode: "404", messageBody: "no service for this host" },
};
