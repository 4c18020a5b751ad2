#!/usr/bin/env node
// In the repository the source runs as it is: no build to forget.
require("tsx/cjs");
require("./crossfade.ts").main(process.argv);
