import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { LoadResult } from "../../load/load";
import type { MessageReport } from "../../load/message-report";
import { type PostgresServer, startPostgres } from "../postgres/server";
import type { RehearsedStack } from "./rehearsed-stack";

/** The major version of `startPostgres`. */
const POSTGRES = 18;

/** What of a release has its moment in the database's own time. */
export type Moment = "finishBegins" | "finished";

/** The database of the rehearsed service, on this machine. */
export class RehearsedDatabase {
  private readonly moments: Partial<Record<Moment, string>> = {};

  private constructor(
    private readonly server: PostgresServer,
    private readonly client: Client,
    private readonly stack: RehearsedStack,
    /** The migrations' folder, and that of one that would keep requests waiting. */
    private readonly folders: { good: string; locking: string },
  ) {}

  /** Starts it, and gives the stack its address, its first schema, workers and a schedule. */
  static async start(stack: RehearsedStack, root: string, port: number): Promise<RehearsedDatabase> {
    const server = await startPostgres({ port });
    const client = new Client({ connectionString: server.url });
    await client.connect();
    const [good, locking] = [join(root, "examples/shop/migrations"), join(stack.home, "locking")];
    mkdirSync(locking);
    copyFileSync(join(good, "1_orders.sql"), join(locking, "1_orders.sql"));
    writeFileSync(join(locking, "2_index.sql"), "CREATE INDEX by_order ON messages (order_id)");
    const service = stack.file.get("service") as { env?: object };
    const run = (file: string) => ["node", "--require", "tsx/cjs", `examples/shop/${file}.ts`];
    stack.set({
      service: {
        ...service,
        env: { ...service.env, DATABASE_URL: server.url },
        workers: { mailer: { command: run("mailer") } },
        schedules: { settle: { command: run("settle"), at: "rate(1 minute)" } },
      },
      blue: { image: stack.stable().image, schema: "<=2" },
    });
    const database = new RehearsedDatabase(server, client, stack, { good, locking });
    stack.set(database.to("expand", 1));
    return database;
  }

  /** The lines of a migration to a schema. */
  to(phase: "expand" | "contract", to: number, directory = this.folders.good): Record<string, unknown> {
    const command = ["node", "cli/bin.js", "migrate", directory, "--to", "{to}", "--digest", "{digest}"];
    return { migration: { phase, directory, to, postgres: POSTGRES, command } };
  }

  /** The lines of one that locks a table in use. */
  toLocked(): Record<string, unknown> {
    return this.to("expand", 2, this.folders.locking);
  }

  /** The range of the version before, were it one that does not know what comes. */
  withNarrowRange(): Record<string, unknown> {
    return { ...this.to("expand", 2), blue: { image: this.stack.stable().image, schema: "<=1" } };
  }

  async note(moment: Moment): Promise<void> {
    const { rows } = await this.client.query("SELECT clock_timestamp()::text AS now");
    this.moments[moment] = rows[0].now;
  }

  /** What became of the messages, once the last of them is taken, or a while has passed. */
  async messages({ stages }: LoadResult, candidate: string): Promise<MessageReport> {
    for (let tries = 0; tries < 100 && (await this.count("taken = 0")) > 0; tries++) await sleep(100);
    const total = await this.count("true");
    const served = stages.reduce((sum, { orders }) => sum + orders.once, 0);
    const { finishBegins = "infinity", finished = "infinity" } = this.moments;
    return {
      total,
      takenBy: await this.byVersion("SELECT taken_by AS version, count(*)::int FROM messages GROUP BY 1 ORDER BY 1"),
      missing: Math.max(0, served - total),
      early: await this.count("taken_by = $1 AND taken_at < $2", candidate, finishBegins),
      late: await this.count("taken_by <> $1 AND taken_at > $2", candidate, finished),
      twice: await this.count("taken > 1"),
      left: await this.count("taken = 0"),
      runs: await this.byVersion("SELECT version, count(*)::int FROM runs GROUP BY 1 ORDER BY 1"),
      settledTwice: await this.count("settled > 1"),
    };
  }

  async stop(): Promise<void> {
    await this.client.end();
    await this.server.stop();
  }

  private async count(where: string, ...values: string[]): Promise<number> {
    const { rows } = await this.client.query(`SELECT count(*)::int FROM messages WHERE ${where}`, values);
    return rows[0].count;
  }

  private async byVersion(query: string): Promise<Record<string, number>> {
    const { rows } = await this.client.query(query);
    return Object.fromEntries(rows.map(({ version, count }) => [version ?? "nobody", count]));
  }
}
