import { once } from "node:events";
import { LocalCloud } from "../local-cloud";
import type { Answer, CloudOptions, Question, Seen } from "./cloud";

/** In milliseconds: so often is told what the balancers saw. One message for each request would cost as much as the request. */
const tellEvery = 100;

/**
 * The local cloud in a process of its own, so that the load and the balancers do not wait for each other. It ends with the
 * process that started it, however that ends; whatever else a shutdown sends to all is for that process to act on.
 */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
const left = once(process, "disconnect"); // from the first moment on: it may come while the cloud starts
process.once("message", async ({ id, what }: Question) => {
  let seen: Seen = { requests: [], tasks: [] };
  const tell = () => {
    if (seen.requests.length + seen.tasks.length > 0) send({ seen });
    seen = { requests: [], tasks: [] };
  };
  try {
    const { images, ...options } = what as CloudOptions;
    const cloud = await LocalCloud.start({
      ...options,
      images: () => images,
      onRequest: (line) => void seen.requests.push(line),
      onTask: (event) => void seen.tasks.push(event),
    });
    const telling = setInterval(tell, tellEvery);
    process.on("message", async ({ id, what }: Question) => {
      if (what === "settled") await cloud.dataPlane.settled();
      tell();
      if (what === "addresses") return send({ id, addresses: cloud.addresses() });
      if (what === "dns") return send({ id, addresses: cloud.dataPlane.dnsAddresses() });
      send({ id });
    });
    send({ id, env: cloud.env });
    await left;
    clearInterval(telling);
    await cloud.stop();
    process.exit(0);
  } catch (error) {
    send({ id, error: (error as Error).message });
    process.disconnect();
  }
});

/** A reader who was killed is seen here before it is seen as gone: without the callback that would end this at once. */
function send(message: Answer | { seen: Seen }): void {
  if (process.connected) process.send?.(message, () => {});
}
