import type { Balancing } from "./balancing";
import type { Context } from "./context";
import { type Answer, bare, follow, NameServer, type RecordSet, recordSetOf, recordsOf } from "./dns";
import type { Live } from "./resources";
import { HealthChecks } from "./route53-health";
import { Sequences } from "./sequences";

/** A recursive resolver: its cache, and the name server that it asks. */
interface Resolver {
  readonly server: NameServer;
  readonly cache: Map<string, { answer: Answer; until: number }>;
}

/** Route 53 and the resolvers that ask it. */
export class Route53 {
  private readonly resolvers: Resolver[];
  /** The name servers that have every change at once: what Route 53's own health checks go by. */
  private readonly authority: NameServer;
  private readonly names = new Set<string>();
  private readonly propagations: Sequences;
  private readonly healthChecks: HealthChecks;

  constructor(
    private readonly context: Context,
    balancing: Balancing,
    resolvers: number,
  ) {
    this.healthChecks = new HealthChecks(context, balancing, (name) => {
      return follow(name, (one, referred) => this.authority.resolve(one, referred)).addresses;
    });
    this.propagations = new Sequences(context.clock);
    const server = () => new NameServer(context, balancing, (check) => this.healthChecks.passes(check), this.names);
    this.authority = server();
    this.resolvers = Array.from({ length: resolvers }, () => ({ server: server(), cache: new Map() }));
  }

  /** Writes or deletes a record set; each resolver's name server learns of it by itself (rule `dns-propagation`). */
  set(record: Live, kept: boolean, atOnce: boolean): void {
    const { random, timing, inventory } = this.context;
    const version = recordSetOf(record, inventory.all("zone"));
    this.names.add(version.name);
    write(this.authority, record, kept ? version : undefined);
    for (const [index, { server }] of this.resolvers.entries()) {
      const apply = () => write(server, record, kept ? version : undefined);
      if (atOnce) {
        apply();
        continue;
      }
      const late = this.context.holds("dns-propagation") ? random.between(timing.dnsPropagation) : 0;
      this.propagations.after(`${index} ${version.name} ${version.type} ${version.setIdentifier ?? ""}`, late, apply);
    }
  }

  /** A hosted zone's deletion takes its records with it. */
  removeZone(zone: Live): void {
    for (const record of recordsOf(zone, this.context.inventory)) this.set(record, false, false);
  }

  addBalancer(balancer: Live): void {
    this.names.add(bare(balancer.text("dnsName") ?? balancer.key));
  }

  addHealthCheck(check: Live): void {
    this.healthChecks.add(check);
  }

  removeHealthCheck(check: Live): void {
    this.healthChecks.remove(check);
  }

  /** What a resolver answers: each name of a chain is in its cache by itself. */
  lookUp(resolver: number, name: string): Answer {
    const asked = this.resolvers[resolver % this.resolvers.length] as Resolver;
    return follow(name, (one, referred) => this.ask(asked, one, referred));
  }

  /** An answer from a resolver's cache, or from its name server (rule `dns-cache`). */
  private ask({ server, cache }: Resolver, name: string, referred: boolean): Answer {
    const { clock, holds } = this.context;
    const cached = cache.get(name);
    if (cached && clock.now < cached.until && holds("dns-cache")) return cached.answer;
    const answer = server.resolve(name, referred);
    cache.set(name, { answer, until: clock.now + answer.ttl });
    return answer;
  }
}

function write(server: NameServer, record: Live, version: RecordSet | undefined): void {
  if (version) server.records.set(record, version);
  else server.records.delete(record);
}
