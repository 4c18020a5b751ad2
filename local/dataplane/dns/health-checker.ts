import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { DesiredHealthCheck } from "../desired";
import type { LoopbackSocket } from "../loopback";

/** The status of a Route 53 health check. One checker stands for those around the world. */
export class HealthChecker {
  /** "Route 53 considers a new health check to be healthy until there's enough data." */
  healthy = true;
  private readonly stopping = new AbortController();
  /** Checks in a row that say otherwise than the status. */
  private contrary = 0;

  constructor(
    readonly desired: DesiredHealthCheck,
    private readonly speed: number,
    /** Where the host answers now; nothing where its name leads nowhere. */
    private readonly resolve: (host: string, port: number) => LoopbackSocket | undefined,
  ) {
    void this.run();
  }

  stop() {
    this.stopping.abort();
  }

  private async run() {
    const { signal } = this.stopping;
    const { interval, failureThreshold } = this.desired;
    while (!signal.aborted) {
      const next = sleep((interval * 1000) / this.speed, undefined, { signal }).catch(() => {});
      this.contrary = (await this.passes()) === this.healthy ? 0 : this.contrary + 1;
      if (this.contrary >= failureThreshold) {
        this.healthy = !this.healthy;
        this.contrary = 0;
      }
      await next;
    }
  }

  /**
   * "Route 53 must be able to establish a TCP connection with the endpoint within four seconds. In addition, the endpoint must
   * respond with an HTTP status code of 2xx or 3xx within two seconds after connecting." So a path that redirects passes, whatever
   * is behind it (Route 53 guide, "How Amazon Route 53 determines whether a health check is healthy").
   */
  private passes(): Promise<boolean> {
    const { fqdn, port, path } = this.desired;
    const socket = this.resolve(fqdn, port);
    if (!socket) return Promise.resolve(false);
    return new Promise((resolve) => {
      const headers = { host: fqdn, "user-agent": "Amazon-Route53-Health-Check-Service", connection: "close" };
      const check = get({ ...socket, path, headers, agent: false, signal: this.stopping.signal });
      // How fast a server is does not change with the speed of DNS.
      let late = setTimeout(() => check.destroy(), 4000);
      check.on("socket", (connection) =>
        connection.once("connect", () => {
          clearTimeout(late);
          late = setTimeout(() => check.destroy(), 2000);
        }),
      );
      check.on("response", ({ statusCode = 0 }) => {
        resolve(statusCode >= 200 && statusCode < 400);
        check.destroy();
      });
      check.on("error", () => resolve(false));
      check.on("close", () => {
        clearTimeout(late);
        resolve(false);
      });
    });
  }
}
