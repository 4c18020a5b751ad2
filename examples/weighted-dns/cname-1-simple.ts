import * as aws from "@pulumi/aws";
import { balancer, zone } from "./shop";

/** What there is today: a CNAME that resolvers keep for an hour. */
new aws.route53.Record("www", {
  zoneId: zone.zoneId,
  name: zone.host,
  type: "CNAME",
  records: [balancer.dnsName],
  ttl: 3600,
});
