/**
 * A DNS name in one spelling: lower case, no dot at its end, without the `dualstack.` that the console puts before a balancer's
 * name (Route 53 guide, "Values specific for simple alias records").
 */
export function dnsNameOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^dualstack\./, "");
}

/** A record's whole name: the provider puts the zone's name behind one that lacks it (terraform-provider-aws, `expandRecordName`). */
export function recordName(name: string, zone: string | undefined): string {
  const [own, end] = [dnsNameOf(name), dnsNameOf(zone ?? "")];
  if (end === "" || own === end || own.endsWith(`.${end}`)) return own;
  return own === "" ? end : `${own}.${end}`;
}
