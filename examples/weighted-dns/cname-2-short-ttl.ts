import * as aws from "@pulumi/aws";
import { balancer, zone } from "./shop";

/** The same record with the TTL that the route will have. The next step waits for the hour of the answers given before. */
new aws.route53.Record("www", {
  zoneId: zone.zoneId,
  name: zone.host,
  type: "CNAME",
  records: [balancer.dnsName],
  ttl: 60,
});
