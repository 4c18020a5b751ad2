import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { HealthCheckSettings as Settings, TargetState } from "./desired";

export interface Health {
  state: TargetState;
  reason?: string;
}

/** One checker's checks of one target, until the signal. */
export class HealthCheck {
  health: Health = { state: "initial", reason: "Elb.InitialHealthChecking" };
  private passed = 0;
  private failed = 0;

  constructor(
    private readonly port: number,
    private readonly settings: () => Settings,
    private readonly signal: AbortSignal,
    private readonly userAgent = "ELB-HealthChecker/2.0",
  ) {
    void this.run();
  }

  private async run() {
    while (!this.signal.aborted) {
      const settings = this.settings();
      const next = sleep(settings.interval * 1000, undefined, { signal: this.signal }).catch(() => {});
      this.note(await this.fault(settings), settings);
      await next;
    }
  }

  private note(reason: string | undefined, settings: Settings) {
    this.passed = reason ? 0 : this.passed + 1;
    this.failed = reason ? this.failed + 1 : 0;
    // A new target needs one passed check only; after that the thresholds count.
    const needed = this.health.state === "initial" ? 1 : settings.healthyThreshold;
    if (this.passed >= needed) this.health = { state: "healthy" };
    if (reason && this.failed >= settings.unhealthyThreshold) this.health = { state: "unhealthy", reason };
  }

  /** Why the target fails one check, as AWS's reason code; nothing if it passes. */
  private fault(settings: Settings): Promise<string | undefined> {
    return new Promise((resolve) => {
      const { port, signal } = this;
      const headers = { "User-Agent": this.userAgent, Connection: "close" };
      const check = get({ host: "127.0.0.1", port, path: settings.path, agent: false, headers, signal });
      const late = setTimeout(() => {
        resolve("Target.Timeout");
        check.destroy();
      }, settings.timeout * 1000);
      check.on("response", (reply) => {
        reply.resume();
        resolve(accepts(settings.matcher, reply.statusCode) ? undefined : "Target.ResponseCodeMismatch");
      });
      check.on("error", () => resolve("Target.FailedHealthChecks"));
      check.on("close", () => clearTimeout(late));
    });
  }
}

function accepts(matcher: string, status = 0): boolean {
  return matcher.split(",").some((part) => {
    const [low = 0, high = low] = part.split("-").map(Number);
    return low <= status && status <= high;
  });
}
