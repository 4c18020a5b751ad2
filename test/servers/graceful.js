// The same with a SIGTERM that loses nothing, whoever sends it: unhealthy from then on, and gone when nobody asks any more.
const http = require("node:http");

const { PORT, ANSWER_MS = "5" } = process.env;
let stopping = false;
let lastAsked = Date.now();

const server = http.createServer((request, response) => {
  if (request.url === "/healthz") return response.writeHead(stopping ? 503 : 200).end();
  lastAsked = Date.now();
  setTimeout(() => response.end("I stay\n"), Number(ANSWER_MS));
});
server.keepAliveTimeout = 65_000;
server.listen(Number(PORT), "127.0.0.1");

process.on("SIGTERM", () => {
  stopping = true;
  setInterval(() => {
    if (Date.now() - lastAsked > 1000) process.exit(0);
  }, 100);
});
