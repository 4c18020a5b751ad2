import { afterAll, beforeAll, expect, test } from "vitest";
import { LocalWorld, PACK, ROOT, type TestStack } from "./local-world";

const CART = "organization/cart/dev";

let world: LocalWorld;
let shop: TestStack;
let cart: TestStack;

beforeAll(async () => {
  world = await LocalWorld.start();
  shop = await world.ownStack();
  cart = await world.project("cart", "");
});
afterAll(() => world?.stop());

/** The other service, as far as others see it, where its stable version serves one contract and its candidate another. */
const released = (stage: string) => `
  import { output } from "@pulumi/pulumi";
  import { releaseOf, Rollout } from "${ROOT}/components";
  const image = "cart@sha256:${"1".repeat(64)}";
  const rollout = new Rollout("cart", { stable: "blue", stage: "${stage}", stages: [{ name: "half", weight: 50, bake: 0 }] });
  const versions = { blue: { image, contract: "3" }, green: { image, contract: ">=3 <=4" } };
  export const release = releaseOf(rollout, versions, { shares: output(rollout.shares) });`;

/** What the pack says of the shop's next update. */
async function previewed() {
  const { code, output } = await shop.preview(...PACK);
  const said = output.slice(output.indexOf("dependency-released"));
  return { code, said: output.includes("dependency-released") ? said.replace(/\s+/g, " ") : "" };
}

test("a service gets weight when the one that it needs has been released, and not before", {
  timeout: 600_000,
}, async () => {
  const needs = (...stacks: string[]) =>
    shop.config.set(
      "requires",
      stacks.map((stack) => ({ stack, contract: ">=4" })),
    );
  needs(CART, "organization/none/dev");
  // Whoever is missing does not end the program: a way back must be open beside it.
  const missing = await previewed();
  expect(missing.code).not.toBe(0);
  expect(missing.said).toContain(`contract 4 and later of ${CART}: ${CART} has no output "release"`);
  expect(missing.said).toContain("organization/none/dev cannot be read: unknown stack");
  needs(CART);

  const up = async (stage: string) => {
    cart.write(released(stage));
    expect(await cart.up("--skip-preview")).toMatchObject({ code: 0 });
  };
  await up("half");
  const early = await previewed();
  expect(early.code).not.toBe(0);
  expect(early.said).toContain("blue there serves contract 3, with 50 % of the requests.");

  await up("full");
  const inTime = await previewed();
  expect(inTime).toMatchObject({ code: 0, said: expect.stringContaining("which has it on trial") });
});

/** A service that needs a contract of the shop. */
const needing = (contract: string) => `
  import { output } from "@pulumi/pulumi";
  import { releaseOf, Rollout } from "${ROOT}/components";
  const rollout = new Rollout("till", { stable: "blue", stages: [{ name: "half", weight: 50, bake: 0 }] });
  const requires = [{ stack: "organization/crossfade/local", contract: "${contract}" }];
  const versions = { blue: { image: "till@sha256:${"1".repeat(64)}", requires } };
  export const release = releaseOf(rollout, versions, { shares: output(rollout.shares) });`;

test("nor does a version get weight that does not serve what another service still needs", {
  timeout: 600_000,
}, async () => {
  const till = await world.project("till", needing("3"));
  expect(await till.up("--skip-preview")).toMatchObject({ code: 0 });
  const images = Object.keys(shop.config.config().local?.images ?? {});
  const version = (index: number, contract: string) => ({ image: images[index], contract });
  shop.config.edit({ requires: undefined, requiredBy: ["organization/till/dev"] });
  shop.config.edit({ blue: version(0, "3"), green: version(1, "4") });
  expect(await shop.up("--skip-preview")).toMatchObject({ code: 0 });

  shop.config.set("stage", "canary-5");
  const unserved = await previewed();
  expect(unserved.code).not.toBe(0);
  expect(unserved.said).toContain("green, which serves contract 4, and organization/till/dev needs contract 3");
  shop.config.set("green", version(1, ">=3 <=4"));
  expect(await previewed()).toEqual({ code: 0, said: "" });
});
