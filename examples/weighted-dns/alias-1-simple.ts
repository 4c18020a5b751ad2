import * as aws from "@pulumi/aws";
import { balancer, zone } from "./shop";

/** What there is today: simple alias records. */
const { zoneId, host: name } = zone;
const aliases = [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true }];
new aws.route53.Record("www", { zoneId, name, type: "A", aliases });
new aws.route53.Record("www-ipv6", { zoneId, name, type: "AAAA", aliases });
