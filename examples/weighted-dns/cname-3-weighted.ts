import { Rollout, WeightedDnsRoute } from "../../components";
import { balancer, zone } from "./shop";

/** The same CNAME, weighted. A second edge joins as `{ dnsName: edge.dnsName }`, without its zone: a CNAME as well. */
new WeightedDnsRoute("shop", {
  ...zone,
  rollout: new Rollout("shop", { stable: "blue" }),
  targets: { blue: { dnsName: balancer.dnsName, existing: { cname: "www" } } },
});
