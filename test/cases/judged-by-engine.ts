import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { stringify } from "yaml";
import { readPreview } from "../../cli/findings";
import type { Preview } from "../../cli/markdown";
import { serveProvider } from "../../local/providers";
import type { Sources } from "../../traffic/sources";
import { type LocalWorld, PACK, type TestStack } from "../local-world";
import type { Change } from "./case";
import type { Item } from "./item";
import { PreviewProvider } from "./preview-provider";
import { PROJECT, stateOf } from "./state";
import { written } from "./written";

/** The stack of the cases, in the real engine. */
export class EngineJudge {
  private constructor(
    private readonly stack: TestStack,
    private readonly folder: string,
    private readonly imported: Map<string, Item>,
    readonly stop: () => void,
  ) {}

  static async start(world: LocalWorld): Promise<EngineJudge> {
    const imported = new Map<string, Item>();
    const { port, stop } = await serveProvider(new PreviewProvider(imported));
    const stack = await world.project(PROJECT, readFileSync(join(__dirname, "program.ts"), "utf8"), {
      PULUMI_DEBUG_PROVIDERS: `aws:${port},kubernetes:${port}`,
      PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
    });
    return new EngineJudge(stack, join(world.home, PROJECT), imported, stop);
  }

  /**
   * What the pack says of a change: the prior state is imported, so that nothing has to be deployed, and the program is
   * previewed.
   */
  async judge(
    { prior, desired }: Change,
    now: Date,
    { config = {}, policyConfig = {} }: { config?: Record<string, unknown>; policyConfig?: object } = {},
  ): Promise<Preview> {
    for (const item of desired) if (item.opts?.import !== undefined) this.imported.set(item.opts.import, item);
    const write = (name: string, text: string) => {
      writeFileSync(join(this.folder, name), text);
      return join(this.folder, name);
    };
    write("items.json", written(desired));
    write("Pulumi.dev.yaml", stringify({ config }));
    const state = JSON.parse(await this.run("stack", "export"));
    state.deployment.resources = stateOf(prior, new PreviewProvider(), now);
    await this.run("stack", "import", "--file", write("state.json", JSON.stringify(state)));
    const settings = write("policies.json", JSON.stringify(policyConfig));
    const { output } = await this.stack.preview("--json", ...PACK, "--policy-pack-config", settings);
    return readPreview(Readable.from([output]));
  }

  /** The same change once more, without the pack: what of it is told besides. */
  async sources(): Promise<Required<Sources>> {
    const plan = join(this.folder, "plan.json");
    const { output } = await this.stack.preview("--json", "--save-plan", plan);
    return { preview: output, plan: readFileSync(plan, "utf8"), state: await this.run("stack", "export") };
  }

  private async run(...args: string[]): Promise<string> {
    const { code, output } = await this.stack.pulumi.run([...args, "--stack", "dev"]);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")}: ${output}`);
    return output;
  }
}
