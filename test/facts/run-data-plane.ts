// A process with a data plane of its own, to be killed: tasksFile, desired state as JSON, and whether it stops by itself.
import { DataPlane, type Desired } from "../../local/dataplane";
import { freshPort } from "../ports";

async function main() {
  const [tasksFile = "", desiredText = "", stop] = process.argv.slice(2);
  const desired: Desired = JSON.parse(desiredText);
  const plane = new DataPlane({ adoptionDelay: [0, 0], basePort: freshPort(), tasksFile, onLog: console.log });
  await plane.apply(desired);
  for (const { arn } of desired.services) await plane.steady(arn);
  console.log("steady");
  if (stop) await plane.stop();
}

main();
