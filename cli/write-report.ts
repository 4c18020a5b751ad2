import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closingTable, type Report } from "../load/report";
import { reportHtml } from "../load/report-html";

/** Writes `report.json` and `report.html` into a folder, and prints the closing table, or the report as JSON. */
export function writeReport(report: Report, folder: string, json = false): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  const page = join(folder, "report.html");
  writeFileSync(page, reportHtml(report));
  process.stdout.write(`${json ? JSON.stringify(report) : `\n${closingTable(report)}\nover time: ${page}`}\n`);
}
