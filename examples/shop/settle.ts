import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";

/** What the shop runs by the clock. It reads first and writes later, as many do: two of them at once would settle the same twice. */
const { DATABASE_URL: connectionString, VERSION: version } = process.env;

async function settle(): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query("INSERT INTO runs VALUES ($1, clock_timestamp())", [version]);
  const { rows } = await client.query("SELECT id FROM messages WHERE taken > 0 AND settled = 0");
  await sleep(1000);
  await client.query("UPDATE messages SET settled = settled + 1 WHERE id = ANY($1)", [rows.map(({ id }) => id)]);
  await client.end();
}

settle().catch((error: Error) => {
  console.error(`settle: ${error.message}`);
  process.exit(1);
});
