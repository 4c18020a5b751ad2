import { isAmi } from "../traffic";
import type { Report } from "./config-problem";
import type { Parsed } from "./config-schema";

/** A job that migrates runs in a container, whatever the service runs on. */
export function checkMigration(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  if (given.migration === undefined || data.compute !== "autoscaling") return;
  for (const color of ["blue", "green"] as const) {
    const image = data[color]?.image;
    if (image === undefined || !isAmi(image)) continue;
    report(
      "migration",
      `runs a container of the version's image, and ${color} is an AMI. Run crossfade migrate by a job of your own`,
    );
  }
}
