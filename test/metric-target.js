// Answers for one of two versions. What a request asks for goes wrong on green only: `/?reset=5&slow=7` resets each fifth, and
// lets each seventh wait.
const http = require("node:http");

const { PORT, VERSION } = process.env;
let asked = 0;

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://target");
  if (pathname === "/healthz") return response.end();
  asked++;
  const isTurn = (what) =>
    VERSION === "green" && searchParams.has(what) && asked % Number(searchParams.get(what)) === 0;
  if (isTurn("reset")) return request.socket.resetAndDestroy();
  setTimeout(() => response.end(VERSION), isTurn("slow") ? 1300 : 0);
});
server.keepAliveTimeout = 75_000;
server.listen(Number(PORT), "127.0.0.1");
