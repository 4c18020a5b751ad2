import { LocalCloud } from "../local-cloud";
import type { Answer, CloudOptions, Question, Seen } from "./cloud";

/** In milliseconds: so often is told what the balancers saw. One message for each request would cost as much as the request. */
const tellEvery = 100;

/**
 * The local cloud in a process of its own, so that the load and the balancers do not wait for each other. It ends with the
 * process that started it, however that ends; a Ctrl-C or a closed terminal is for that process to act on.
 */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.once("message", async ({ id, what }: Question) => {
  let seen: Seen = { requests: [], tasks: [] };
  const tell = () => {
    if (seen.requests.length + seen.tasks.length > 0 && process.connected) process.send?.({ seen });
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
      answer({ id, ...(what === "addresses" && { addresses: cloud.addresses() }) });
    });
    process.once("disconnect", async () => {
      clearInterval(telling);
      await cloud.stop();
      process.exit(0);
    });
    answer({ id, env: cloud.env });
  } catch (error) {
    answer({ id, error: (error as Error).message });
    process.disconnect();
  }
});

function answer(message: Answer): void {
  if (process.connected) process.send?.(message);
}
