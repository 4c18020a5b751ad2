#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { join } = require("node:path");

// In the repository the source runs as it is, whatever `dist/` holds: no build to forget. The npm package has no source.
const source = join(__dirname, "crossfade.ts");
const fromSource = existsSync(source);
if (fromSource) require("tsx/cjs");
require(fromSource ? source : join(__dirname, "../dist/cli/crossfade.js")).main(process.argv);
