import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../rules";
import { renderReadme } from "./render";

writeFileSync(join(__dirname, "../README.md"), renderReadme(rules));
