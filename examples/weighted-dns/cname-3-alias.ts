import { Rollout, WeightedDnsRoute } from "../../components";
import { balancer, zone } from "./shop";

/** Or the CNAME becomes an alias: the A record in the same change batch, the AAAA record after it. */
new WeightedDnsRoute("shop", {
  ...zone,
  rollout: new Rollout("shop", { stable: "blue" }),
  targets: { blue: { dnsName: balancer.dnsName, zoneId: balancer.zoneId, existing: { a: "www" } } },
});
