import { Pool } from "pg";
import type { Settings } from "./settings";

const ordersKept = 100_000;

export interface Orders {
  /** @returns whether it was there already */
  add(id: string): Promise<boolean>;
}

/** In the database; without one in the memory of this process. */
export function ordersOf({ databaseUrl, orderColumn }: Settings): Orders {
  return databaseUrl ? inDatabase(databaseUrl, orderColumn) : inMemory();
}

function inMemory(): Orders {
  const orders = new Set<string>();
  return {
    add: async (id) => {
      const isThere = orders.has(id);
      orders.add(id);
      if (orders.size > ordersKept) orders.delete(orders.values().next().value as string);
      return isThere;
    },
  };
}

/** With each order goes a message, in one transaction: nobody is told of an order that is not there, and each is told of. */
function inDatabase(connectionString: string, column: string): Orders {
  const pool = new Pool({ connectionString, max: 5 });
  pool.on("error", () => {}); // of an idle connection: the next request makes another one, or fails with its reason
  return {
    add: async (id) => {
      const { rowCount } = await pool.query(
        `WITH added AS (INSERT INTO orders (id, ${column}) VALUES ($1, 'x') ON CONFLICT DO NOTHING RETURNING id)
         INSERT INTO messages (order_id) SELECT id FROM added`,
        [id],
      );
      return rowCount === 0;
    },
  };
}
