// The engine's own loader would type-check the pack at every preview; `npm test` has done so once.
require("tsx/cjs");
require("./index.ts");
