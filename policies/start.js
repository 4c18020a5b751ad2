const { existsSync } = require("node:fs");
const { join } = require("node:path");

// In the repository the source runs as it is, whatever `dist/` holds. The engine's own loader would type-check it at every
// preview, which `npm test` has done once; a loader of one file after the other takes five times as long as bundling all of
// them. The npm package has the bundle and no source.
const source = join(__dirname, "pack.ts");
if (existsSync(source)) {
  const { outputFiles } = require("esbuild").buildSync({
    entryPoints: [source],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    target: "node20",
    write: false,
  });
  module._compile(outputFiles[0].text, join(__dirname, "pack.js"));
} else {
  require(join(__dirname, "../dist/policies/pack.js"));
}
