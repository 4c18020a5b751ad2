const { existsSync } = require("node:fs");
const { join } = require("node:path");

// In the repository the source runs as it is, whatever `dist/` holds. The engine's own loader would type-check it at every
// preview; `npm test` has done so once. The npm package has the bundle and no source.
const source = join(__dirname, "pack.ts");
const fromSource = existsSync(source);
if (fromSource) require("tsx/cjs");
require(fromSource ? source : join(__dirname, "../dist/policies/pack.js"));
