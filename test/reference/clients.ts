import type { Action } from "./actions";
import type { Balancing } from "./balancing";
import type { Context } from "./context";
import { type Answer, OUTSIDE } from "./dns";
import type { ClientGroup, Load } from "./load";
import type { LossReason } from "./losses";
import type { Cookie, Routed } from "./node";
import type { EntryOutcome, Tally } from "./outcome";
import type { Route53 } from "./route53";

interface Client {
  readonly resolver: number;
  cookie?: Cookie;
  connection?: { readonly address: string; readonly until: number };
  held?: { readonly answer: Answer; readonly until: number };
}

/** The cookie that clients have from before: given at the start of it all. */
function cookieFrom(present: Action | undefined, { cookieFor }: ClientGroup): Cookie | undefined {
  if (cookieFor === undefined || present?.kind !== "forward" || present.stickySeconds === undefined) return undefined;
  return { group: cookieFor, expires: present.stickySeconds };
}

/** The clients: they resolve, connect and send, each as its group does. */
export class Clients {
  constructor(
    private readonly context: Context,
    private readonly balancing: Balancing,
    private readonly dns: Route53,
    private readonly tally: Tally,
  ) {}

  start({ groups }: Load): void {
    let resolver = 0;
    for (const group of groups) {
      const present = this.presentAction(group);
      const cookie = cookieFrom(present, group);
      const clients = Array.from({ length: group.clients }, (): Client => ({ resolver: resolver++, cookie }));
      const entry = this.tally.entry(group.entry);
      // The fixed response that an entry point gives before the change is an answer, and no loss.
      const accepted = present?.kind === "fixed" ? present.status : undefined;
      const { clock, random } = this.context;
      const next = () => {
        const client = random.of(clients);
        if (client) this.send(group, client, entry, accepted);
        clock.after(random.gap(group.perSecond), next);
      };
      if (group.perSecond > 0) clock.after(random.gap(group.perSecond), next);
    }
  }

  /** What is done with the requests of an entry point before the change. */
  private presentAction({ entry }: ClientGroup): Action | undefined {
    const [address] = this.dns.lookUp(0, entry.connectTo).addresses;
    return this.balancing.nodeAt(address ?? "")?.route(entry.port, entry, undefined, 0)?.action;
  }

  private send(group: ClientGroup, client: Client, entry: EntryOutcome, accepted: number | undefined): void {
    const sentAt = this.context.clock.now;
    const lose = (reason: LossReason) => this.tally.lose(entry, sentAt, reason);
    this.tally.send(entry, sentAt);
    const reason = this.attempt(group, client, entry, accepted, lose);
    if (reason) lose(reason);
  }

  /** Sends a request; gives the reason if it is lost at once. */
  private attempt(
    group: ClientGroup,
    client: Client,
    entry: EntryOutcome,
    accepted: number | undefined,
    lose: (reason: LossReason) => void,
  ): LossReason | undefined {
    const { now } = this.context.clock;
    const address = this.connect(group, client);
    if (address === undefined) return "name-not-resolved";
    if (address === OUTSIDE) return undefined;
    const cookie = group.cookies || group.cookieFor ? client.cookie : undefined;
    const routed = this.balancing.nodeAt(address)?.route(group.entry.port, group.entry, cookie, now);
    if (!routed) {
      client.connection = undefined;
      return "connection-refused";
    }
    if (routed.cookie) client.cookie = routed.cookie;
    if (routed.group !== undefined) {
      const key = this.balancing.groupKey(routed.group) ?? routed.group;
      entry.byGroup[key] = (entry.byGroup[key] ?? 0) + 1;
    }
    return this.handle(routed, now + this.context.random.between(group.requestSeconds), accepted, entry, lose);
  }

  /** What becomes of a routed request; it may still be cut before its end. */
  private handle(
    { action, target, group, listener, loss }: Routed,
    end: number,
    accepted: number | undefined,
    entry: EntryOutcome,
    lose: (reason: LossReason) => void,
  ): LossReason | undefined {
    const { now } = this.context.clock;
    if (action.kind === "fixed") return action.status >= 400 && action.status !== accepted ? "no-rule" : undefined;
    if (loss || !target || group === undefined) return loss;
    entry.byTarget[target.id] = (entry.byTarget[target.id] ?? 0) + 1;
    if (!target.listens(now)) return "target-refused";
    if (this.context.random.next() < target.behavior.errors) return "target-failed";
    target.take({ end, listener, group: this.balancing.groupKey(group) ?? group, lose }, now);
    return undefined;
  }

  /** An address: that of an open connection, or one of the name's (rules `keep-alive` and `one-attempt`). */
  private connect(
    { entry, keepAliveSeconds = 0, holdDnsSeconds = 0 }: ClientGroup,
    client: Client,
  ): string | undefined {
    const { clock, random, holds } = this.context;
    const open = client.connection;
    // The end of a balancer ends its connections.
    if (open && clock.now < open.until && this.balancing.nodeAt(open.address)) return open.address;
    let answer = client.held && clock.now < client.held.until && holds("dns-cache") ? client.held.answer : undefined;
    if (!answer) {
      answer = this.dns.lookUp(client.resolver, entry.connectTo);
      client.held = { answer, until: answer.addresses.length > 0 ? clock.now + holdDnsSeconds : 0 };
    }
    const address = random.of(answer.addresses);
    if (address !== undefined && keepAliveSeconds > 0 && holds("keep-alive")) {
      client.connection = { address, until: clock.now + keepAliveSeconds };
    }
    return address;
  }
}
