import { previewTable } from "./previews";
import { pureTable, stepsTable } from "./pure";

/**
 * What the pack costs: `npx tsx test/bench/pack.ts`, and with `--engine 1000 5000` in previews of stacks of so many resources,
 * beside no pack, an empty one and, where AWSGUARD names a folder with its node_modules, `@pulumi/awsguard`. That one wants an
 * older `@pulumi/aws` than ours, so it is installed apart: `npm install --prefix FOLDER @pulumi/awsguard`.
 */
async function main(): Promise<void> {
  const [engine, ...counts] = process.argv.slice(2);
  console.log(`${pureTable([1000, 5000, 20000]).join("\n")}\n\n${stepsTable([8, 16, 40]).join("\n")}`);
  if (engine !== "--engine") return;
  console.log(`\n${(await previewTable(counts.map(Number), process.env.AWSGUARD)).join("\n")}`);
}

void main();
