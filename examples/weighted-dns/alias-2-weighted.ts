import { Rollout, WeightedDnsRoute } from "../../components";
import { balancer, zone } from "./shop";

/** The same records, weighted: the balancer is blue's, with all the weight. Nobody is led elsewhere. */
new WeightedDnsRoute("shop", {
  ...zone,
  rollout: new Rollout("shop", { stable: "blue" }),
  targets: {
    blue: {
      dnsName: balancer.dnsName,
      zoneId: balancer.zoneId,
      existing: { a: "www", aaaa: "www-ipv6" },
    },
  },
});
