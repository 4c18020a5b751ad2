import type { Inventory } from "./inventory";
import { type Live, listOf } from "./resources";

/** Where a resource is put that names neither subnets nor zones: a balancer has at least two. */
const UNNAMED = ["zone-a", "zone-b"];

/** The zones of a balancer, a service or an Auto Scaling group. A subnet of another stack is taken as a zone of its own. */
export function zonesOf(item: Live, inventory: Inventory): string[] {
  const [network] = item.objects("networkConfiguration");
  const subnets = [
    ...item.texts("subnets"),
    ...item.objects("subnetMappings").map(({ subnetId }) => String(subnetId)),
    ...item.texts("vpcZoneIdentifiers"),
    ...listOf(network?.subnets).map(String),
  ];
  const named = subnets.map((subnet) => zoneOfSubnet(subnet, inventory));
  const zones = [...new Set(named.length > 0 ? named : item.texts("availabilityZones"))];
  return zones.length > 0 ? zones : UNNAMED;
}

export function zoneOfSubnet(subnet: string, inventory: Inventory): string {
  return inventory.find("subnet", subnet)?.text("availabilityZone") ?? subnet;
}
