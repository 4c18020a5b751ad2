import { execFile } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { promisify } from "node:util";
import { NoAddress } from "../destination";
import type { Answer } from "./cache";

/** In milliseconds, of one packet; a second one is sent, as every resolver does. */
const TIMEOUT = 2000;

/** Asks a server (`127.0.0.1:4133`) for a name's IPv4 addresses, over UDP. */
export function askOverUdp(server: string, name: string): () => Promise<Answer> {
  const resolver = new Resolver({ timeout: TIMEOUT, tries: 2 });
  resolver.setServers([server]);
  return async () => {
    const found = await resolver.resolve4(name, { ttl: true }).catch((error: Error) => {
      throw new NoAddress(`${server} gives no address of ${name}: ${error.message}`);
    });
    return { addresses: found.map(({ address }) => address), ttlSeconds: Math.min(...found.map(({ ttl }) => ttl)) };
  };
}

/** The same by `dig`, which somebody else wrote. */
export function askByDig(server: string, name: string): () => Promise<Answer> {
  const [host = "", port = "53"] = server.split(":");
  const args = [`@${host}`, "-p", port, "+noall", "+answer", `+time=${TIMEOUT / 1000}`, "+tries=2", name, "A"];
  return async () => {
    const { stdout } = await promisify(execFile)("dig", args).catch((error: Error) => {
      throw new NoAddress(`dig gives no address of ${name}: ${error.message}`);
    });
    // A record a line: shop.example.com. 60 IN A 192.0.2.1
    const records = stdout.split("\n").map((line) => line.split(/\s+/));
    const found = records.filter(([, , , type]) => type === "A");
    if (found.length === 0) throw new NoAddress(`dig gives no address of ${name}: ${stdout || "an empty answer"}`);
    return {
      addresses: found.map(([, , , , address = ""]) => address),
      ttlSeconds: Math.min(...found.map(([, ttl]) => Number(ttl))),
    };
  };
}

/** Why `dig` cannot be asked here; undefined where it can. */
export async function noDig(): Promise<string | undefined> {
  const missing = await promisify(execFile)("dig", ["-v"]).then(
    () => false,
    () => true,
  );
  return missing ? "there is no dig on this machine (Debian has it in bind9-dnsutils)" : undefined;
}
