import type { Balancing } from "./balancing";
import type { Context } from "./context";
import { OUTSIDE } from "./dns";
import type { Live } from "./resources";

interface Status {
  healthy: boolean;
  streak: number;
}

/** Route 53's health checks of endpoints: it "periodically checks the health of the endpoint", not when a query arrives. */
export class HealthChecks {
  private readonly statuses = new Map<Live, Status>();

  constructor(
    private readonly context: Context,
    private readonly balancing: Balancing,
    private readonly resolve: (name: string) => readonly string[],
  ) {}

  /** Starts the probes of a check; an update changes what the next ones do. */
  add(check: Live): void {
    if (this.statuses.has(check)) return;
    const { clock } = this.context;
    const status = { healthy: true, streak: 0 };
    this.statuses.set(check, status);
    const probe = () => {
      if (!this.statuses.has(check)) return;
      const passed = this.answers(check);
      status.streak = passed === status.healthy ? 0 : status.streak + 1;
      if (status.streak >= check.number("failureThreshold", 3)) Object.assign(status, { healthy: passed, streak: 0 });
      clock.after(check.number("requestInterval", 30), probe);
    };
    clock.after(check.number("requestInterval", 30) * this.context.random.next(), probe);
  }

  remove(check: Live): void {
    this.statuses.delete(check);
  }

  passes(reference: string): boolean {
    const check = this.context.inventory.find("healthCheck", reference);
    return (check && this.statuses.get(check)?.healthy) ?? true;
  }

  /** One request to the endpoint; of an endpoint outside this cloud, and of other kinds of check, nothing bad is known. */
  private answers(check: Live): boolean {
    const { random, clock } = this.context;
    const name = check.text("fqdn");
    if (name === undefined || !/^HTTPS?(_STR_MATCH)?$/.test(check.text("type") ?? "")) return true;
    const address = random.of(this.resolve(name));
    if (address === OUTSIDE) return true;
    const port = check.number("port", check.text("type")?.startsWith("HTTPS") ? 443 : 80);
    const request = { host: name, path: check.text("resourcePath") ?? "/" };
    const routed = this.balancing.nodeAt(address ?? "")?.route(port, request, undefined, clock.now);
    if (!routed || routed.loss) return false;
    if (routed.action.kind === "fixed") return routed.action.status < 400;
    return routed.target?.passesCheck(clock.now) ?? true;
  }
}
