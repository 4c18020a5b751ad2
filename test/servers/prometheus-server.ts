import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { prometheus } from "./get";

/** A real Prometheus server on loopback, which scrapes one target each second. */
export class PrometheusServer {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** @param target `127.0.0.1:4134`, whose `/metrics` it scrapes */
  static async start(port: number, target: string): Promise<PrometheusServer> {
    const program = prometheus();
    const folder = mkdtempSync(join(tmpdir(), "crossfade-prometheus-"));
    const config = join(folder, "prometheus.yml");
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: "1s", scrape_timeout: "1s" },
        scrape_configs: [{ job_name: "shop", static_configs: [{ targets: [target] }] }],
      }),
    );
    const options = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`];
    const child = spawn(program, [...options, `--web.listen-address=127.0.0.1:${port}`], { stdio: "ignore" });
    const server = new PrometheusServer(`http://127.0.0.1:${port}`, child, folder);
    await server.ready();
    return server;
  }

  /** Resolves when it has a value of the query. */
  async has(query: string): Promise<void> {
    const url = `${this.url}/api/v1/query?query=${encodeURIComponent(query)}`;
    for (;;) {
      const { data } = (await (await fetch(url)).json()) as { data: { result: unknown[] } };
      if (data.result.length > 0) return;
      await sleep(200);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = once(this.child, "exit");
      this.child.kill("SIGKILL"); // its data is nobody's
      await ended;
    }
    rmSync(this.folder, { recursive: true });
  }

  private async ready(): Promise<void> {
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`Prometheus ended with code ${this.child.exitCode}`);
      const answer = await fetch(`${this.url}/-/ready`).catch(() => undefined);
      if (answer?.ok) return;
      await sleep(100);
    }
  }
}
