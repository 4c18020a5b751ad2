import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { builtinModules } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../policies/rules";
import { ask } from "./facts/local-cloud";
import { LocalWorld, ROOT } from "./local-world";
import { MANIFEST, PACK, pack, type Tarball, TheirProject } from "./packed";
import {
  DNS,
  IMAGE,
  KUBERNETES,
  OWN_PACK,
  OWN_SERVICES,
  plainProgram,
  README_PROGRAM,
  WRONG_TYPES,
} from "./packed-programs";

/**
 * The lowest and the newest of each peer's range that Node 20 runs, by `npm view <name> versions` and `npm view <name>@<version>
 * engines` on 2026-11-21: @pulumi/pulumi 3.249.0 is the first that needs Node 22, the registry has no @pulumi/aws 7 before 7.2.0
 * and no @pulumi/kubernetes 4.24 before 4.24.1. Written down, so that tomorrow's release is not tested by accident.
 */
const PEERS = {
  lowest: { "@pulumi/pulumi": "3.248.0", "@pulumi/aws": "7.2.0", "@pulumi/kubernetes": "4.24.1" },
  newest: { "@pulumi/pulumi": "3.248.0", "@pulumi/aws": "7.48.0", "@pulumi/kubernetes": "4.34.2" },
};

let folder: string;
let tarball: Tarball;
const projects = {} as Record<keyof typeof PEERS, TheirProject>;
beforeAll(async () => {
  // Outside of the repository, or its own node_modules would be found.
  folder = realpathSync(mkdtempSync(join(tmpdir(), "crossfade-package-")));
  tarball = await pack(folder);
  const install = async (set: keyof typeof PEERS) => {
    projects[set] = await TheirProject.install(join(folder, set), tarball, PEERS[set]);
  };
  await Promise.all([install("lowest"), install("newest")]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the tarball", () => {
  test("holds compiled code, types and the pack, and nothing else", () => {
    const expected =
      /^(LICENSE|README\.md|package\.json|cli\/bin\.js|policies\/(PulumiPolicy\.yaml|package\.json|start\.js)|dist\/(components|live|migrations(\/statements)?|traffic(\/\w+)?|policies(\/\w+)?)\/[\w-]+\.d\.ts|dist\/(components|traffic(\/(?!generate)\w+)?|policies(\/(?!readme)\w+)?|cli(\/(analysis|headroom|metrics|migrate|promote|rollback|status))?|live|load|migrations(\/statements)?)\/[\w-]+\.js)$/;
    expect(tarball.files.filter((path) => !expected.test(path))).toEqual([]);
    const { main, types, bin, exports } = MANIFEST;
    const named = [
      main,
      types,
      bin.crossfade,
      ...Object.values(exports["."]),
      ...Object.values(exports["./kubernetes"]),
      ...Object.values(exports["./policies"]),
      ...Object.values(exports["./testing"]),
    ];
    const files = tarball.files.map((path) => `./${path}`);
    expect(files).toEqual(expect.arrayContaining(named.map((path: string) => path.replace(/^(\.\/)?/, "./"))));
    expect(files.filter((path) => path.startsWith("./policies/"))).toHaveLength(3);
  });

  test("its code needs what it declares and no more", () => {
    const root = join(projects.newest.folder, "node_modules/pulumi-crossfade");
    const code = tarball.files.filter((path) => /^dist\/.*\.js$/.test(path));
    const needed = code
      .flatMap((path) => [
        ...readFileSync(join(root, path), "utf8").matchAll(/\b(?:require|import)\("([^."][^"]*)"\)/g),
      ])
      .map(([, name = ""]) => name)
      .filter((name) => !name.startsWith("node:") && !builtinModules.includes(name))
      // Of a path in a package, the package.
      .map((name) =>
        name
          .split("/")
          .slice(0, name.startsWith("@") ? 2 : 1)
          .join("/"),
      );
    const declared = [...Object.keys(MANIFEST.dependencies), ...Object.keys(MANIFEST.peerDependencies)];
    expect([...new Set(needed)].sort()).toEqual(declared.sort());
  });

  test("the package, its pack and the folder of the pack have one version", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "policies/package.json"), "utf8"));
    expect(version).toBe(MANIFEST.version);
    expect(tarball.path).toContain(`pulumi-crossfade-${version}.tgz`);
  });

  test("the README says what is installed, beside which peers, and where the pack is", () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const { "@pulumi/pulumi": pulumi, "@pulumi/aws": aws } = MANIFEST.peerDependencies;
    expect(readme).toContain(`\`@pulumi/pulumi\` (${pulumi}) and \`@pulumi/aws\` (${aws})`);
    expect(readme).toContain(`npm install ./${basename(tarball.path)} @pulumi/pulumi@3.248 @pulumi/aws@7\n`);
    expect(readme).toContain(`pulumi up ${PACK.join(" ")}\n`);
  });

  test.each([
    ["@pulumi/pulumi", "3.247.0"],
    ["@pulumi/aws", "6.83.4"],
    ["@pulumi/kubernetes", "4.23.0"],
  ])("npm refuses %s %s, which is below its range", async (name, version) => {
    const peers = { ...PEERS.lowest, [name]: version };
    const broken = TheirProject.install(join(folder, `below-${name.split("/")[1]}`), tarball, peers);
    await expect(broken).rejects.toThrow("ERESOLVE");
  });
});

describe.each(["lowest", "newest"] as const)("with the %s peers", (set) => {
  let world: LocalWorld;
  let project: TheirProject;
  beforeEach(async () => {
    project = projects[set];
    const target = { run: `node ${join(ROOT, "test/facts/target.js")}`, env: { VERSION: "v1" } };
    world = await LocalWorld.start({ images: () => ({ [IMAGE]: target }) });
  });
  afterEach(async () => {
    await world.stop();
    rmSync(world.home, { recursive: true });
  });

  const get = (host: string) => ask(world.cloud.addresses()[0], "/", { headers: { host } });

  test("the package is found in their folder, with these peers once, and brings no tool of the repository", async () => {
    const script = `console.log(require("node:fs").realpathSync(require.resolve("pulumi-crossfade")))`;
    const { output } = await project.run("node", ["-e", script]);
    expect(output.trim()).toBe(join(project.folder, "node_modules/pulumi-crossfade/dist/components/index.js"));
    const installed = project.installed();
    for (const [name, version] of Object.entries(PEERS[set])) {
      const copies = Object.entries(installed).filter(([path]) => path.endsWith(`node_modules/${name}`));
      expect(copies).toEqual([[`node_modules/${name}`, version]]);
    }
    for (const tool of ["tsx", "esbuild", "vitest"]) expect(installed).not.toHaveProperty([`node_modules/${tool}`]);
  });

  test("the README's program: an environment beside their own listener answers", async () => {
    const stack = await project.stack(world, "index.ts", README_PROGRAM);
    const { code, output } = await stack.up(...PACK);
    expect(output).not.toContain("error:");
    expect(code).toBe(0);
    expect(await get("shop.example.com")).toMatchObject({ status: 200, body: "v1" });
    expect(await get("other.example.com")).toMatchObject({ status: 404 });
  });

  // What the newest have changed in AWS's types is seen by the program above.
  test.runIf(set === "lowest")(
    "their own target groups and services: installed, promoted, and no stage is skipped",
    async () => {
      const stack = await project.stack(world, "index.ts", OWN_SERVICES);
      expect(await stack.up("--skip-preview", ...PACK)).toMatchObject({ code: 0 });
      const answers = async () => {
        const bodies = await Promise.all(Array.from({ length: 60 }, async () => (await get("shop.example.com")).body));
        return [...new Set(bodies)].sort();
      };
      expect(await answers()).toEqual(["blue"]);

      const skipped = await stack.preview(...PACK, "-c", "stage=full");
      expect(skipped.output).toMatch(/\[mandatory\] +stage-order/);
      expect(skipped.code).not.toBe(0);

      expect(await stack.up(...PACK, "-c", "stage=half")).toMatchObject({ code: 0 });
      expect(await answers()).toEqual(["blue", "green"]);
    },
  );

  test.runIf(set === "lowest")("the policies on a stack that knows nothing of Crossfade", async () => {
    const stack = await project.stack(world, "index.js", plainProgram());
    const installed = await stack.up(...PACK);
    expect(installed.output).toContain(
      `crossfade@v${MANIFEST.version} (local: node_modules/pulumi-crossfade/policies)`,
    );
    expect(installed.code).toBe(0);

    stack.write(plainProgram({ drain: 10 }));
    const harmless = await stack.preview(...PACK);
    expect(harmless.output).toMatch(/aws:lb:TargetGroup web update/);
    expect(harmless.code).toBe(0);

    // As a pull request's job would: the refusal is in the stream, and the command of the package reads it.
    stack.write(plainProgram({ port: 9090 }));
    stack.pulumi.env.PULUMI_ENABLE_STREAMING_JSON_PREVIEW = "true";
    const refused = await stack.preview(...PACK, "--json");
    expect(refused.code).not.toBe(0);
    const events = refused.output.match(/^\{.*$/gm)?.join("\n");
    const findings = await project.run("npx", ["crossfade", "findings", "--stack", "dev"], events);
    expect(findings.output).toContain("**Refused by the policies: 1**");
    expect(findings.output).toMatch(/serving-replacement .*\n.*\n *"web" would be replaced, for port 8080 -> 9090/);
    expect(findings.code).toBe(1);

    delete stack.pulumi.env.PULUMI_ENABLE_STREAMING_JSON_PREVIEW;
    project.write("off.json", '{ "serving-replacement": "disabled" }');
    const control = await stack.preview(...PACK, "--policy-pack-config", "off.json");
    expect(control.output).toMatch(/aws:lb:TargetGroup web (create-)?replace/);
    expect(control.code).toBe(0);
  });

  test.runIf(set === "lowest")("the policies in a pack of their own", async () => {
    const stack = await project.stack(world, "index.js", plainProgram());
    expect(await stack.up("--skip-preview")).toMatchObject({ code: 0 });
    stack.write(plainProgram({ port: 9090 }));
    project.write("their-pack/PulumiPolicy.yaml", "runtime: nodejs\nmain: index.ts\n");
    project.write("their-pack/package.json", '{ "name": "their-pack", "version": "2.0.0" }');
    project.write("their-pack/index.ts", OWN_PACK);
    const refused = await stack.preview("--policy-pack", "their-pack");
    expect(refused.output).toContain("theirs@v2.0.0 (local: their-pack)");
    expect(refused.output).toContain("theirs was asked too");
    expect(refused.output).toMatch(/\[mandatory\] +serving-replacement/);
    expect(refused.code).not.toBe(0);
  });
});

describe("the types", () => {
  beforeAll(() => {
    projects.newest.write("types/shop.ts", README_PROGRAM);
    projects.newest.write("types/own.ts", OWN_SERVICES);
    projects.newest.write("types/dns.ts", DNS);
    projects.newest.write("types/kubernetes.ts", KUBERNETES);
    projects.newest.write("types/pack.ts", OWN_PACK);
    projects.newest.write("types/wrong.ts", WRONG_TYPES);
  });
  const tsc = (files: string[], ...options: string[]) => {
    const paths = files.map((name) => `types/${name}.ts`);
    return projects.newest.run("node_modules/.bin/tsc", ["--noEmit", "--strict", ...options, ...paths]);
  };

  test.each([
    ["node10", "commonjs"],
    ["node16", "node16"],
    ["bundler", "esnext"],
  ])("resolve by %s, and hold what they must", async (resolution, module) => {
    const options = ["--module", module, "--moduleResolution", resolution, "--target", "es2022", "--skipLibCheck"];
    expect(await tsc(["shop", "own", "dns", "kubernetes", "pack", "wrong"], ...options)).toMatchObject({
      output: "",
      code: 0,
    });
  });

  test("hold with the compiler options of Pulumi's template, which check the libraries' own types", async () => {
    const options = ["--module", "commonjs", "--moduleResolution", "node", "--target", "es2020"];
    // Without the pack: the types of @pulumi/policy 1.21.0 themselves do not compile so.
    expect(await tsc(["shop", "own", "dns", "kubernetes"], ...options)).toMatchObject({ output: "", code: 0 });
  });
});

describe("the code", () => {
  const node = (...args: string[]) => projects.newest.run("node", args);

  test("is found by import and by require, and starts nothing", async () => {
    const print = "console.log(typeof FargateEnvironment, policies.map(({ name }) => name).join());";
    const expected = `function ${[...rules.map(({ name }) => name), "break-glass"].join()}\n`;
    const imported = `import { FargateEnvironment } from "pulumi-crossfade";
      import { policies } from "pulumi-crossfade/policies";`;
    expect(await node("--input-type=module", "--eval", imported + print)).toEqual({ output: expected, code: 0 });
    const required = `const { FargateEnvironment } = require("pulumi-crossfade");
      const { policies } = require("pulumi-crossfade/policies");`;
    // Pipes are the process's own streams; a server or a timer would be here too.
    const active = 'console.log(process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap"));';
    const output = `${expected}[]\n`;
    expect(await node("--eval", `${required} ${print} ${active}`)).toEqual({ output, code: 0 });
  });

  test("without @pulumi/kubernetes all but its own entry is there, and that one says what is missing", async () => {
    const peer = join(projects.newest.folder, "node_modules/@pulumi/kubernetes");
    const print = `console.log(typeof require("pulumi-crossfade").Rollout, require("pulumi-crossfade/policies").policies.length > 0);`;
    const kubernetes = `console.log(typeof require("pulumi-crossfade/kubernetes").KubernetesEnvironment);`;
    renameSync(peer, `${peer}-away`);
    try {
      expect(await node("--eval", print)).toEqual({ output: "function true\n", code: 0 });
      const missing = await node("--eval", kubernetes);
      expect(missing.output).toContain("Cannot find module '@pulumi/kubernetes'");
      expect(missing.code).not.toBe(0);
    } finally {
      renameSync(`${peer}-away`, peer);
    }
    expect(await node("--eval", kubernetes)).toEqual({ output: "function\n", code: 0 });
  });

  test("the command is there", async () => {
    const { code, output } = await projects.newest.run("npx", ["crossfade", "--help"]);
    expect(output).toContain("Usage: crossfade");
    expect(output).toContain("findings");
    expect(code).toBe(0);
  });

  test("rehearse --against sends its load and writes its report", async () => {
    const server = createServer((_, response) => response.end("hello"));
    await once(server.listen(0, "localhost"), "listening");
    const { folder: project } = projects.newest;
    writeFileSync(join(project, "Pulumi.staging.yaml"), "config:\n  web:host: localhost\n");
    const against = [`http://localhost:${(server.address() as AddressInfo).port}/`, "--stack", "staging"];
    const args = ["rehearse", "--against", ...against, "--config-file", "Pulumi.staging.yaml", "--json"];
    const child = spawn("node", ["node_modules/pulumi-crossfade/cli/bin.js", ...args], { cwd: project });
    try {
      let output = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      await sleep(4000);
      child.kill("SIGINT");
      expect(await once(child, "close")).toEqual([0, null]);
      const { total, lost } = JSON.parse(output).requests;
      expect(total).toBeGreaterThan(10);
      expect(lost).toBe(0);
      expect(existsSync(join(project, "rehearsal/report.html"))).toBe(true);
    } finally {
      child.kill("SIGKILL");
      server.close();
      server.closeAllConnections();
    }
  });

  test.each([["rehearse"], ["local"]])("%s says that it is not in the package", async (command) => {
    expect(await node("node_modules/pulumi-crossfade/cli/bin.js", command)).toEqual({
      output: expect.stringMatching(
        /^crossfade: this command is part of the repository, not of the npm package: .*\n$/,
      ),
      code: 1,
    });
  });
});

test.each([
  ["cli/bin.js", "cli/crossfade.ts", "dist/cli/crossfade.js"],
  ["policies/start.js", "policies/pack.ts", "dist/policies/pack.js"],
])("%s runs the source where there is one, whatever dist/ holds", async (start, source, built) => {
  const both = join(folder, start.replace("/", "-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(both, path)), { recursive: true });
    writeFileSync(join(both, path), text);
  };
  write(start, readFileSync(join(ROOT, start), "utf8"));
  write(source, 'export const main = () => {}; console.log("the source" as string);');
  write(built, 'exports.main = () => {}; console.log("the build");');
  symlinkSync(join(ROOT, "node_modules"), join(both, "node_modules"));
  const run = async () => (await promisify(execFile)("node", [join(both, start)])).stdout;
  expect(await run()).toBe("the source\n");
  rmSync(join(both, source));
  expect(await run()).toBe("the build\n");
});
