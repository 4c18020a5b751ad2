import { setTimeout as sleep } from "node:timers/promises";
import type { NamedBalancer } from "../balancers";
import type { DesiredDns } from "../desired";
import { inUse, type LoopbackSocket, socketOf } from "../loopback";
import { HealthChecker } from "./health-checker";
import { lookUp, type World } from "./look-up";
import { DnsServer } from "./server";
import { Zones } from "./zones";

export interface DnsOptions {
  basePort: number;
  /** So many times as fast as on AWS run all times of DNS. */
  dnsSpeed: number;
  /** The least and the most milliseconds that the name servers take to adopt a change: on AWS up to 60 s. */
  insyncDelay: [number, number];
  /** Where the name server answers besides its own address, such as `127.0.53.1:53`. */
  dnsAddresses: string[];
  random: () => number;
  onLog?: (line: string) => void;
}

/** Route 53: zones, health checkers, and a name server that answers for them and for the balancers. */
export class Dns {
  /** Where it answers, over UDP and TCP. */
  readonly addresses: string[] = [];
  private readonly servers: DnsServer[] = [];
  private readonly zones = new Zones();
  private readonly checkers = new Map<string, HealthChecker>();
  private readonly stopping = new AbortController();
  private started: Promise<void> | undefined;

  constructor(
    private readonly options: DnsOptions,
    private readonly balancer: (name: string) => NamedBalancer | undefined,
  ) {}

  /** Resolves when the name servers have adopted what this call has changed: INSYNC. What is there at the start is adopted at once. */
  ask(desired: DesiredDns, first: boolean): Promise<void> {
    this.check(desired);
    const adopt = this.zones.ask(desired);
    if (!adopt) return Promise.resolve();
    if (first) return Promise.resolve(adopt());
    const [least, most] = this.options.insyncDelay;
    const delay = least + this.options.random() * (most - least);
    return sleep(delay, undefined, { signal: this.stopping.signal }).then(adopt, () => {});
  }

  /** Begins to answer, at its first call. */
  listen(): Promise<void> {
    this.started ??= this.start();
    return this.started;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const checker of this.checkers.values()) checker.stop();
    await this.started?.catch(() => {});
    await Promise.all(this.servers.splice(0).map((server) => server.stop()));
  }

  private async start(): Promise<void> {
    const own = { host: "127.0.0.1", port: this.options.basePort + 53 };
    await this.listenAt(own).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EADDRINUSE" ? inUse(own, "the name server") : error;
    });
    for (const address of this.options.dnsAddresses) {
      const [host = "", port] = address.split(":");
      await this.listenAt({ host, port: Number(port) }).catch((error: Error) =>
        this.options.onLog?.(`the name server does not answer at ${address}: ${error.message}`),
      );
    }
  }

  private async listenAt({ host, port }: LoopbackSocket): Promise<void> {
    const resolve = (name: string, type: string) => lookUp(this.world(), name, type);
    this.servers.push(await DnsServer.start(host, port, { resolve, speed: this.options.dnsSpeed }));
    this.addresses.push(`${host}:${port}`);
  }

  private check({ healthChecks }: DesiredDns) {
    for (const [id, checker] of this.checkers) {
      const wanted = healthChecks.find((one) => one.id === id);
      if (JSON.stringify(wanted) === JSON.stringify(checker.desired)) continue;
      checker.stop();
      this.checkers.delete(id);
    }
    for (const wanted of healthChecks) {
      if (this.checkers.has(wanted.id)) continue;
      const resolve = (host: string, port: number) => this.socketOf(host, port);
      this.checkers.set(wanted.id, new HealthChecker(wanted, this.options.dnsSpeed, resolve));
    }
  }

  private socketOf(host: string, port: number): LoopbackSocket | undefined {
    const address = lookUp(this.world(), host, "A").found.find(({ type }) => type === "A")?.values[0];
    return address === undefined ? undefined : socketOf(address, port, this.options.basePort);
  }

  private world(): World {
    return {
      zones: this.zones,
      balancer: this.balancer,
      isHealthy: (id) => this.checkers.get(id)?.healthy ?? false,
      random: this.options.random,
    };
  }
}
