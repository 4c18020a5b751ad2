import { lookup } from "node:dns/promises";
import type { Question, Reply } from "./system-resolver";

/** Looks names up as programs of this system do. It ends with the process that started it. */
process.on("message", async ({ id, name }: Question) => {
  const reply = await lookup(name, { family: 4 }).then(
    ({ address }): Reply => ({ id, address }),
    ({ message }: Error): Reply => ({ id, error: message }),
  );
  if (process.connected) process.send?.(reply, () => {});
});
process.on("disconnect", () => process.exit());
// A Ctrl-C reaches all that belong to the terminal: when this ends is for the load to say.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.send?.("ready");
