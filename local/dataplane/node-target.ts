import { Connections } from "./connections";
import type { DesiredTargetGroup } from "./desired";
import { type Health, HealthCheck } from "./health-check";

/** A target as the control plane registers it. */
export interface Target {
  /** `127.0.0.1:PORT`. */
  id: string;
  port: number;
  zone: string;
}

/** A target as one node sees it. */
export class NodeTarget {
  readonly id: string;
  readonly port: number;
  readonly zone: string;
  readonly connections: Connections;
  /** Nothing more is sent to it, and what was in flight was cut. */
  letGo = false;
  private check: HealthCheck | undefined;
  private checking = new AbortController();
  private inUse = false;
  private inFlight = 0;
  private idle = () => {};

  constructor(
    target: Target,
    private readonly settings: () => DesiredTargetGroup,
    idleTimeout: () => number,
  ) {
    this.id = target.id;
    this.port = target.port;
    this.zone = target.zone;
    this.connections = new Connections(idleTimeout);
  }

  get health(): Health {
    if (this.inUse && !this.settings().healthCheck) return { state: "healthy" };
    return this.check?.health ?? { state: "unused", reason: "Target.NotInUse" };
  }

  /** A group in no rule is not checked; back in a rule, its targets begin anew. */
  use(inUse: boolean) {
    this.inUse = inUse;
    const { healthCheck } = this.settings();
    if (inUse && !this.check && healthCheck) {
      this.checking = new AbortController();
      this.check = new HealthCheck(this.port, () => this.settings().healthCheck ?? healthCheck, this.checking.signal);
    } else if (!inUse) {
      this.checking.abort();
      this.check = undefined;
    }
  }

  begin() {
    this.inFlight++;
  }

  end() {
    this.inFlight--;
    if (this.inFlight === 0) this.idle();
  }

  /** Resolves once the last request has ended, or has been cut after the deregistration delay. */
  async drain(): Promise<void> {
    this.use(false);
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, this.settings().deregistrationDelay * 1000);
      this.idle = () => {
        clearTimeout(late);
        resolve();
      };
      if (this.inFlight === 0) this.idle();
    });
    this.cut();
  }

  /** Ends it for this node: requests in flight lose their connection. */
  cut() {
    this.letGo = true;
    this.use(false);
    this.connections.destroy();
  }
}
