import * as pulumi from "@pulumi/pulumi";
import type { Exemption } from "../../traffic";
import { exemptions } from "../../traffic/exemption-schema";
import { dnsSpeedOf } from "../reading/dns-speed";

/**
 * The exemptions of the stack that is judged.
 * @throws ZodError where `crossfade:breakGlass` is not as it must be: an exemption that nobody can read is none.
 */
export function readExemptions(): Exemption[] {
  const given = new pulumi.Config("crossfade").getObject<unknown>("breakGlass");
  return given === undefined ? [] : exemptions.parse(given);
}

/** How fast DNS goes in the stack that is judged. */
export function readDnsSpeed(): number {
  return dnsSpeedOf(new pulumi.Config("crossfade").getObject<unknown>("local"));
}
