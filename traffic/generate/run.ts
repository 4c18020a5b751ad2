import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSpecification } from "./cloudformation";
import { replacementTable, tableFile } from "./replacement-table";

const table = replacementTable({ specification: readSpecification() });
writeFileSync(join(__dirname, "../changes/replacement-table.ts"), tableFile(table));

const rows = Object.values(table.rows);
const properties = rows.reduce((sum, row) => sum + row.properties.length, 0);
for (const line of table.settled) console.log(line);
console.log(`${rows.length} types, ${properties} properties, ${table.settled.length} settled by hand (above)`);
