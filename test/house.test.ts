import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./local-world";

/** Which rooms a room may import from. The bottom of the house is `traffic`. */
const ARROWS: Record<string, string[]> = {
  // Before `traffic`, the room around them: a room is found by the first name that fits.
  "traffic/generate": ["traffic"],
  "traffic/sources": ["traffic"],
  traffic: [],
  migrations: [],
  // What the provider says now: below the components, whose hooks ask it, and the commands.
  live: ["traffic"],
  components: ["traffic", "live", "migrations"],
  policies: ["traffic", "traffic/sources", "migrations"],
  stacks: ["components"],
  load: [],
  cli: [
    "components",
    "policies",
    "traffic",
    "traffic/sources",
    "live",
    "migrations",
    "load",
    "local",
    "local/engine",
    "local/rehearsal",
  ],
  "local/engine": ["local"],
  "local/dataplane": ["local"],
  "local/providers": ["local/dataplane"],
  "local/api": ["local/dataplane", "local/providers"],
  "local/rehearsal": ["local/dataplane", "local", "cli", "load", "live", "traffic"],
  local: ["local/api", "local/dataplane", "local/providers"],
  "examples/weighted-dns": ["components"],
  examples: [],
};

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(ROOT, path)).isDirectory()) return sources(path);
    return /\.(ts|js|go)$/.test(name) ? [path] : [];
  });
}

function roomOf(path: string): string {
  return Object.keys(ARROWS).find((room) => path.startsWith(`${room}/`)) ?? path;
}

test("rooms import only along the arrows", () => {
  const wrong = [...new Set(Object.keys(ARROWS).map((room) => room.split("/")[0] ?? room))]
    .flatMap(sources)
    .flatMap((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      const imports = [...text.matchAll(/(?:from|require\(|import\()\s*"(\.[^"]*)"/g)].map(([, to]) => to ?? "");
      return imports
        .map((to) => roomOf(`${relative(ROOT, join(ROOT, dirname(path), to))}/`))
        .filter((to) => to !== roomOf(path) && !ARROWS[roomOf(path)]?.includes(to))
        .map((to) => `${path} imports from ${to}`);
    });
  expect(wrong).toEqual([]);
});

test("the local cloud does not outgrow what it is there to try", () => {
  const lines = (room: string) =>
    sources(room).reduce((sum, path) => sum + readFileSync(join(ROOT, path), "utf8").split("\n").length - 1, 0);
  const rooms = [
    "components",
    "live",
    "traffic",
    "traffic/generate",
    "migrations",
    "policies",
    "cli",
    "load",
    "local",
    "stacks",
    "examples",
  ];
  const counts = Object.fromEntries(rooms.map((room) => [room, lines(room)]));
  console.log(`source lines by room: ${rooms.map((room) => `${room} ${counts[room]}`).join(", ")}`);
  const {
    "traffic/generate": generate = 0,
    components = 0,
    live = 0,
    traffic = 0,
    policies = 0,
    cli = 0,
    load = 0,
  } = counts;
  // What writes a table is no part of the product, which the local cloud is measured by.
  expect(lines("local")).toBeLessThan(components + live + traffic - generate + policies + cli + load);
});
