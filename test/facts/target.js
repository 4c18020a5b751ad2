// A small server to test against. Its environment says how it starts and ends, each request's query how it is answered.
const http = require("node:http");

const { PORT, VERSION = "v1", KEEP_ALIVE = "75000", LISTEN_AFTER = "0", EXIT_WITH, IGNORE_SIGTERM } = process.env;
let health = Number(process.env.HEALTH ?? 200);
let attempts = 0;

if (EXIT_WITH) process.exit(Number(EXIT_WITH));

process.on("SIGTERM", () => {
  console.log(`${VERSION} got SIGTERM`);
  if (!IGNORE_SIGTERM) process.exit(0);
});

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, Number(ms)));

const server = http.createServer(async (request, response) => {
  const { pathname, searchParams: ask } = new URL(request.url, "http://target");
  if (pathname === "/healthz") return response.writeHead(health).end();
  if (pathname === "/attempts") return response.end(String(attempts));
  if (pathname === "/health") {
    health = Number(ask.get("status"));
    return response.end();
  }

  attempts++;
  response.on("close", () => response.writableFinished || console.log(`${VERSION} lost the client of ${request.url}`));
  if (ask.has("delay")) await sleep(ask.get("delay"));
  if (ask.has("reset")) return request.socket.resetAndDestroy();
  if (ask.has("fin")) return request.socket.end();
  if (ask.has("raw")) return request.socket.end(`${ask.get("raw")}\r\n\r\n`);
  if (ask.has("echo")) {
    response.writeHead(200, { "x-got": JSON.stringify(request.rawHeaders), server: "target/1", "x-twice": ["a", "b"] });
    return request.pipe(response);
  }
  if (ask.has("cut")) {
    response.writeHead(200, { "content-length": 1000 }).write("the first part");
    await sleep(100);
    return request.socket.destroy();
  }
  if (ask.has("parts")) {
    for (let part = 1; part <= Number(ask.get("parts")); part++) {
      response.write(`part ${part} of ${VERSION}\n`);
      await sleep(ask.get("every"));
    }
    return response.end();
  }
  if (ask.has("flood")) {
    let sent = 0;
    const flood = Buffer.alloc(64 * 1024);
    response.on("close", () => console.log(`flood sent ${sent} bytes`));
    const more = () => {
      do sent += flood.length;
      while (sent < Number(ask.get("flood")) && response.write(flood));
    };
    response.on("drain", more);
    return more();
  }
  response.writeHead(Number(ask.get("status") ?? 200)).end(VERSION);
});

// Longer than the balancer's idle timeout, as a target must have it; some tests set it shorter.
server.keepAliveTimeout = Number(KEEP_ALIVE);
setTimeout(
  () => server.listen(Number(PORT), "127.0.0.1", () => console.log(`${VERSION} listens, pid ${process.pid}`)),
  Number(LISTEN_AFTER),
);
