import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { readPreview } from "../../cli/findings";
import type { Preview } from "../../cli/markdown";
import { serveProvider } from "../../local/providers";
import { type LocalWorld, PACK } from "../local-world";
import type { Change } from "./case";
import { PreviewProvider } from "./preview-provider";
import { PROJECT, stateOf } from "./state";
import { written } from "./written";

/**
 * What the pack says of a change in the real engine: the prior state is imported, so that nothing has to be deployed, and the
 * program is previewed.
 */
export async function judgedByEngine(world: LocalWorld, { prior, desired }: Change, now: Date): Promise<Preview> {
  const provider = new PreviewProvider(
    new Map(desired.flatMap((item) => (item.opts?.import === undefined ? [] : [[item.opts.import, item] as const]))),
  );
  const { port, stop } = await serveProvider(provider);
  try {
    const stack = await world.project(PROJECT, readFileSync(join(__dirname, "program.ts"), "utf8"), {
      PULUMI_DEBUG_PROVIDERS: `aws:${port},kubernetes:${port}`,
      PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
    });
    const folder = join(world.home, PROJECT);
    writeFileSync(join(folder, "items.json"), written(desired));
    const run = async (...args: string[]) => {
      const { code, output } = await stack.pulumi.run([...args, "--stack", "dev"]);
      if (code !== 0) throw new Error(`pulumi ${args.join(" ")}: ${output}`);
      return output;
    };
    const state = JSON.parse(await run("stack", "export"));
    state.deployment.resources = stateOf(prior, provider, now);
    const file = join(folder, "state.json");
    writeFileSync(file, JSON.stringify(state));
    await run("stack", "import", "--file", file);
    const { output } = await stack.preview("--json", ...PACK);
    return await readPreview(Readable.from([output]));
  } finally {
    stop();
  }
}
