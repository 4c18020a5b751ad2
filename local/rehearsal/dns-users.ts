import type { DnsUsers } from "../../load/destination";
import { type NotTried, startDnsUsers } from "../../load/dns/users";
import { DNS_KINDS } from "../../load/dns-kinds";
import type { RehearsalCloud } from "./cloud";
import type { RehearsalOptions } from "./rehearsal";
import type { RehearsedStack } from "./rehearsed-stack";

/** The address at which the name server is to have port 53 as well: one of its own for each base port, as all else. */
export function addressForPort53(basePort: number): string {
  return `127.0.53.${1 + (basePort % 254)}:53`;
}

/** The users of the stack's host, looked up at the cloud's name server; those that this machine has not are told once. */
export async function dnsUsersOn(
  stack: RehearsedStack,
  cloud: RehearsalCloud,
  { seed, progress }: RehearsalOptions,
): Promise<{ users: DnsUsers; notTried: NotTried[] }> {
  const [servers, [balancer = ""]] = await Promise.all([cloud.dnsAddresses(), cloud.addresses()]);
  const { users, notTried } = await startDnsUsers({
    name: stack.file.config().host,
    port: Number(new URL(`http://${balancer}`).port),
    server: servers[0] ?? "",
    onPort53: servers.find((address) => address.endsWith(":53"))?.replace(/:53$/, ""),
    folder: stack.home,
    seed,
  });
  for (const { kind, reason } of notTried) progress.event(`without ${DNS_KINDS[kind].title}: ${reason}`);
  return { users, notTried };
}
