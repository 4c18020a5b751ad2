/** A shop whose orders are in PostgreSQL. v1 does not know `phone`, and v2 does not know `legacy`. */
const http = require("node:http");
const { Pool } = require("pg");

const version = process.env.VERSION;
const column = version === "v1" ? "legacy" : "phone";
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 5 });

/** Each second request is an order. */
let asked = 0;
const server = http.createServer(async (request, response) => {
  try {
    const isOrder = request.url === "/" && asked++ % 2 === 0;
    if (isOrder) await pool.query(`INSERT INTO orders (note, ${column}) VALUES ('an order', 'x')`);
    await pool.query(`SELECT id, note, ${column} FROM orders ORDER BY id DESC LIMIT 5`);
    response.writeHead(200, { "x-shop-version": version }).end("ok");
  } catch (error) {
    response.writeHead(500, { "x-shop-version": version }).end(error.message);
  }
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
