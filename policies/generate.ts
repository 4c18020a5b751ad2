import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderReadme } from "./readme";
import { rules } from "./rules";

writeFileSync(join(__dirname, "README.md"), renderReadme(rules));
