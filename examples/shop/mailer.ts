import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";

/** The shop's worker: takes each message once, and notes who has taken it, and when. */
const { DATABASE_URL: connectionString, VERSION: version } = process.env;

let stopping = false;
process.on("SIGTERM", () => {
  stopping = true;
});

async function work(): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  while (!stopping) {
    const { rowCount } = await client.query(
      `UPDATE messages SET taken = taken + 1, taken_by = $1, taken_at = clock_timestamp()
       WHERE id IN (SELECT id FROM messages WHERE taken = 0 ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED)`,
      [version],
    );
    if (rowCount === 0) await sleep(100);
  }
  await client.end();
}

work().catch((error: Error) => {
  console.error(`mailer: ${error.message}`);
  process.exit(1);
});
