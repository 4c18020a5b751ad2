import { Rollout, WeightedDnsRoute } from "../../components";
import { balancer, zone } from "./shop";

/** Or the CNAME becomes alias records: A in the same change batch, AAAA after it. The policies refuse it for that gap. */
new WeightedDnsRoute("shop", {
  ...zone,
  rollout: new Rollout("shop", { stable: "blue" }),
  targets: { blue: { dnsName: balancer.dnsName, zoneId: balancer.zoneId, existing: { a: "www" } } },
});
