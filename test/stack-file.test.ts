import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { StackFile } from "../cli/stack-file";

const TEXT = `# who releases: the platform team
config:
  aws:region: eu-central-1
  crossfade:blue: shop@sha256:${"1".repeat(64)} # v1
  crossfade:green: shop@sha256:${"2".repeat(64)}
  crossfade:stable: blue
  crossfade:stage: canary-5 # since Tuesday

  crossfade:service: { host: shop.example.com, previewSecret: { secure: AAABADQ= } }
  crossfade:network: { vpcId: vpc-1, subnetIds: [a, b] }
`;

function file(text = TEXT): StackFile {
  const path = join(mkdtempSync(join(tmpdir(), "crossfade-file-")), "Pulumi.dev.yaml");
  writeFileSync(path, text);
  return new StackFile(path);
}

const read = ({ path }: StackFile) => readFileSync(path, "utf8");

test("an edit is the lines that it names: comments, order and blank lines stay", () => {
  const stack = file();
  stack.edit({ stage: "canary-25", green: `shop@sha256:${"3".repeat(64)}` });
  const [before, after] = [TEXT.split("\n"), read(stack).split("\n")];
  expect(after.filter((line) => !before.includes(line))).toEqual([
    `  crossfade:green: shop@sha256:${"3".repeat(64)}`,
    "  crossfade:stage: canary-25 # since Tuesday",
  ]);
  expect(after).toHaveLength(before.length);
  expect(readdirSync(dirname(stack.path))).toEqual(["Pulumi.dev.yaml"]);
});

test("an edit of what is so already writes nothing; one that is taken back leaves the file as it was, to the byte", () => {
  const odd = file(TEXT.replace("  crossfade:stable: blue", "  crossfade:stable:   'blue'"));
  const text = read(odd);
  odd.edit({ stable: "blue", stage: "canary-5" });
  expect(read(odd)).toBe(text);
  odd.edit({ stage: "canary-25" })();
  expect(read(odd)).toBe(text);
});

test("a key that is not there is added, and one is removed", () => {
  const stack = file();
  stack.edit({ green: undefined, rejected: [{ digest: "sha256:1", reason: "slow" }], stage: "idle" });
  expect(stack.get("green")).toBeUndefined();
  expect(stack.get("rejected")).toEqual([{ digest: "sha256:1", reason: "slow" }]);
  expect(read(stack)).toContain("  crossfade:stage: idle # since Tuesday\n");
  expect(read(stack)).toContain("# who releases: the platform team\n");
});

test("what somebody has written since is not taken back", () => {
  const stack = file();
  const undo = stack.edit({ stage: "canary-25" });
  const theirs = read(stack).replace("blue", "green");
  writeFileSync(stack.path, theirs);
  undo();
  expect(read(stack)).toBe(theirs);
});

test("a secret is not opened, and does not keep the rest from being read", () => {
  expect(file().config(false).rollout).toMatchObject({ stable: "blue", stage: "canary-5" });
});

test.each([
  [
    "an alias",
    TEXT.replace("stable: blue", "stable: &now blue").replace("stage: canary-5", "stage: *now"),
    /dev\.yaml:6 has a YAML anchor/,
  ],
  ["an anchor", TEXT.replace("stage: canary-5", "stage: &now canary-5"), /Pulumi\.dev\.yaml:7 has a YAML anchor/],
  [
    "lines from an ESC environment",
    TEXT.replace("  crossfade:stage: canary-5 # since Tuesday\n", "").replace(
      "config:",
      "environment: [shop/prod]\nconfig:",
    ),
    /ESC environment/,
  ],
  [
    "an environment in the file that holds them",
    TEXT.replace("config:", "environment: { values: { pulumiConfig: { 'crossfade:stage': idle } } }\nconfig:"),
    /ESC environment/,
  ],
])("%s is said, and nothing edited", (_, text, said) => {
  const stack = file(text);
  expect(() => stack.assertEditable()).toThrow(said);
  expect(read(stack)).toBe(text);
});

test("an environment beside the lines of the release hinders nobody", () => {
  file(TEXT.replace("config:", "environment: [aws/login]\nconfig:")).assertEditable();
  const partly = TEXT.replace("config:", "environment: [shop/prod]\nconfig:").replace(
    /^ {2}crossfade:network.*\n/m,
    "",
  );
  expect(() => file(partly).config(false)).toThrow(
    /crossfade:network.*from an ESC environment.* which is not read here/s,
  );
  file().assertEditable();
});
