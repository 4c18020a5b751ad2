import { previewTable } from "./previews";
import { processTable } from "./processes";
import { pureTable, stepsTable } from "./pure";

/**
 * What the pack costs: `npx tsx test/bench/pack.ts`; with `--process 1000 5000` what its process does in a preview of so many
 * resources, which is counted in processor time and so hardly changes with the load of the machine; and with
 * `--engine 1000 5000` whole previews beside no pack. Both beside an empty one and, where AWSGUARD names a folder with its
 * node_modules, `@pulumi/awsguard`. That one wants an older `@pulumi/aws` than ours, so it is installed apart:
 * `npm install --prefix FOLDER @pulumi/awsguard`.
 */
async function main(): Promise<void> {
  const [way, ...given] = process.argv.slice(2);
  const [counts, guard] = [given.map(Number), process.env.AWSGUARD];
  if (way === "--process") return console.log((await processTable(counts, guard)).join("\n"));
  console.log(`${pureTable([1000, 5000, 20000]).join("\n")}\n\n${stepsTable([8, 16, 40]).join("\n")}`);
  if (way === "--engine") console.log(`\n${(await previewTable(counts, guard)).join("\n")}`);
}

void main();
