// A server as one writes it first: node:http with its default settings, SIGTERM's too.
const http = require("node:http");

const { PORT, VERSION = "v1", KEEP_ALIVE_SECONDS, ANSWER_MS = "5" } = process.env;

const server = http.createServer(({ url }, response) => {
  const answer = () => response.setHeader("x-version", VERSION).end(`I am ${VERSION}\n`);
  setTimeout(answer, url === "/healthz" ? 0 : Number(ANSWER_MS));
});
if (KEEP_ALIVE_SECONDS) server.keepAliveTimeout = Number(KEEP_ALIVE_SECONDS) * 1000;
server.listen(Number(PORT), "127.0.0.1");
