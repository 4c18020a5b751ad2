import { once, setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { DesiredBalancer } from "./desired";
import { type Exchange, forward } from "./forward";
import type { Health } from "./health-check";
import type { LoopbackSocket } from "./loopback";
import { mirror } from "./mirror";
import { type Group, NodeGroup } from "./node-group";
import { answer, answerMalformed, redirect } from "./own-answer";
import { bindingCookie, chooseGroup, type Forward, firstMatch } from "./rules";
import { type AccessLine, traceIdFor } from "./traffic";

/** All that a node acts on. The control plane hands out a whole new one with every change. */
export interface View {
  balancer: DesiredBalancer;
  groups: ReadonlyMap<string, Group>;
}

export interface NodeOptions {
  random: () => number;
  /** So many times as fast as on AWS run the client keep-alive and all times of DNS. */
  dnsSpeed: number;
  /** The access log: each request, when it has ended. */
  onRequest?: (line: AccessLine) => void;
}

/**
 * How many connections may wait while this process stands still, as on a machine that has other work. What is beyond the kernel drops,
 * and the client sends again after seconds; Node's own 511 were seen to be too few.
 */
const WAITING = 4096;

/** A balancer's node: an HTTP proxy in one zone, which lives by the view that it adopted last. */
export class BalancerNode {
  view: View;
  private readonly groups = new Map<string, NodeGroup>();
  private readonly servers = new Map<number, Server>();
  private readonly connectedAt = new WeakMap<Socket, number>();
  private readonly stopping = new AbortController();
  private adopted: Promise<unknown> = Promise.resolve();

  constructor(
    readonly zone: string,
    first: View,
    private readonly options: NodeOptions,
  ) {
    this.view = first;
    this.take(first);
    setMaxListeners(0, this.stopping.signal); // each change that is on its way listens to it
  }

  /** Takes on a view after its own delay, and never an older one after a newer one. */
  adopt(view: View, delayMs: number): Promise<unknown> {
    const delay = sleep(delayMs, undefined, { signal: this.stopping.signal }).catch(() => {});
    this.adopted = Promise.all([this.adopted, delay]).then(() => this.stopping.signal.aborted || this.take(view));
    return this.adopted;
  }

  async settled(): Promise<void> {
    await this.adopted;
  }

  /** Accepts connections for a listener; they are answered from the moment the node has adopted it. */
  async listen(listenerPort: number, { host, port }: LoopbackSocket): Promise<void> {
    if (this.servers.has(listenerPort)) return;
    // An upload may take as long as it goes on; a missing Host is answered in our name.
    const server = createServer({ requestTimeout: 0, requireHostHeader: false });
    server.on("request", (request, response) => this.handle(listenerPort, request, response));
    server.on("connection", (socket) => this.connectedAt.set(socket, Date.now()));
    server.on("clientError", answerMalformed);
    server.keepAliveTimeout = this.view.balancer.idleTimeout * 1000;
    this.servers.set(listenerPort, server);
    server.listen({ port, host, backlog: WAITING });
    await once(server, "listening").catch((error) => {
      this.servers.delete(listenerPort);
      throw error;
    });
  }

  close(listenerPort: number) {
    const server = this.servers.get(listenerPort);
    this.servers.delete(listenerPort);
    server?.close();
    server?.closeAllConnections();
  }

  /** Of a target in a group that a rule uses: what this node has not adopted yet is being registered. */
  health(targetGroupArn: string, targetId: string): Health {
    const health = this.groups.get(targetGroupArn)?.health(targetId);
    if (!health || health.state === "unused") return { state: "initial", reason: "Elb.RegistrationInProgress" };
    return health;
  }

  async drained(targetGroupArn: string, targetId: string): Promise<void> {
    await this.groups.get(targetGroupArn)?.drained(targetId);
  }

  get listenerPorts(): number[] {
    return [...this.servers.keys()];
  }

  /** Ends the requests in flight well if that takes less than the grace time. */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    const ended = [...this.servers.values()].map((server) => new Promise((resolve) => server.close(resolve)));
    const late = setTimeout(() => {
      for (const port of this.listenerPorts) this.close(port);
    }, graceMs);
    await Promise.all(ended);
    clearTimeout(late);
    for (const group of this.groups.values()) group.cut();
  }

  private take(view: View) {
    this.view = view;
    for (const server of this.servers.values()) server.keepAliveTimeout = view.balancer.idleTimeout * 1000;
    for (const [arn, group] of this.groups) {
      if (view.groups.has(arn)) continue;
      group.cut();
      this.groups.delete(arn);
    }
    const used = usedGroups(view.balancer);
    for (const [arn, group] of view.groups) {
      const mine = this.groups.get(arn) ?? new NodeGroup(group, this.zone, () => this.view.balancer.idleTimeout);
      this.groups.set(arn, mine);
      mine.adopt(group, used.has(arn));
    }
  }

  private handle(listenerPort: number, request: IncomingMessage, response: ServerResponse) {
    const line = this.log(request, response);
    if (this.isOld(request.socket)) response.shouldKeepAlive = false;
    const listener = this.view.balancer.listeners.find(({ port }) => port === listenerPort);
    if (!listener) return request.destroy();
    if (!request.headers.host && request.httpVersion !== "1.0") return answer(response, 400);
    const action = firstMatch(listener.rules, request)?.action;
    switch (action?.kind) {
      case "fixed":
        return answer(response, action.status, { "content-type": action.contentType }, action.body);
      case "redirect":
        return redirect(response, action, listenerPort);
      case "forward":
        return this.forward(action, { request, response, listenerPort, line });
      default:
        return answer(response, 503);
    }
  }

  /**
   * "After the configured HTTP client keepalive duration elapses, the Application Load Balancer accepts one more request and then returns a
   * response that gracefully closes the connection" (ALB guide, "HTTP client keepalive duration").
   */
  private isOld(socket: Socket): boolean {
    const lifetime = (this.view.balancer.clientKeepAlive * 1000) / this.options.dnsSpeed;
    return Date.now() - (this.connectedAt.get(socket) ?? Date.now()) >= lifetime;
  }

  /** Begins the request's line in the access log, which is written when the answer has ended. */
  private log(request: IncomingMessage, response: ServerResponse): AccessLine {
    const line: AccessLine = {
      time: Date.now(),
      traceId: traceIdFor(request.headers["x-amzn-trace-id"]?.toString()),
      balancerArn: this.view.balancer.arn,
      zone: this.zone,
      elbStatusCode: 460,
    };
    response.on("close", () => {
      const elbStatusCode = response.headersSent ? response.statusCode : line.elbStatusCode;
      this.options.onRequest?.({ ...line, time: Date.now(), elbStatusCode });
    });
    return line;
  }

  private forward(action: Forward, exchange: Exchange) {
    const { request, response, line } = exchange;
    // AWS does not say what a forward whose weights are all 0 does; 503, as for a group without targets, is assumed.
    const arn = chooseGroup(action, request.headers.cookie, this.options.random);
    line.targetGroupArn = arn;
    // A request stays with its group, however bad that is: no other group is tried.
    const group = arn === undefined ? undefined : this.groups.get(arn);
    const target = group?.pick();
    if (arn === undefined || !target) {
      line.incident = { kind: "no-target" };
      // A backend that is not there, and 503 for one that has no ready endpoints (Gateway API, HTTPRouteRule, `backendRefs`).
      return answer(response, this.view.balancer.isGateway && !group ? 500 : 503);
    }
    for (const copy of action.mirrors ?? []) mirror(request, this.groups.get(copy)?.pick());
    const cookie = action.stickinessSeconds === undefined ? undefined : bindingCookie(arn, action.stickinessSeconds);
    forward(exchange, target, this.view.balancer.idleTimeout, cookie);
  }
}

export function usedGroups(balancer: DesiredBalancer): Set<string> {
  const actions = balancer.listeners.flatMap((listener) => listener.rules.map((rule) => rule.action));
  const forwards = actions.filter((action) => action.kind === "forward");
  return new Set(
    forwards.flatMap(({ groups, mirrors = [] }) => [...groups.map((group) => group.targetGroupArn), ...mirrors]),
  );
}
