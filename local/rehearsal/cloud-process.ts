import { LocalCloud, type LocalCloudOptions } from "../local-cloud";

/**
 * The local cloud in a process of its own, so that the load and the balancers do not wait for each other. It ends with the
 * process that started it, however that ends; a Ctrl-C or a closed terminal is for that process to act on.
 */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.once(
  "message",
  async (options: Omit<LocalCloudOptions, "images"> & { images: ReturnType<LocalCloudOptions["images"]> }) => {
    try {
      const cloud = await LocalCloud.start({ ...options, images: () => options.images });
      process.on("message", async (ask) => {
        if (ask === "addresses") process.send?.({ addresses: cloud.addresses() });
        if (ask !== "settled") return;
        await cloud.dataPlane.settled();
        if (process.connected) process.send?.({});
      });
      process.once("disconnect", async () => {
        await cloud.stop();
        process.exit(0);
      });
      process.send?.({ env: cloud.env });
    } catch (error) {
      process.send?.({ error: (error as Error).message });
      process.disconnect();
    }
  },
);
