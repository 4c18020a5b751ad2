import { COLORS, type Color, isAmi, list, nameOf, otherColor, type Resource, sameValue, UNKNOWN } from "../../traffic";
import { groupBy } from "./group-by";
import { CLOCK, ROLLOUT } from "./types";

/** A resource as it can be compared with the one in its place elsewhere. */
export interface Likeness {
  resource: Resource;
  /** It is the candidate's: there only while a release is under way. */
  ofCandidate: boolean;
  /** What is asked for, by the path of the property, lists as sets; undefined where it is not known before the update. */
  properties: ReadonlyMap<string, string | undefined>;
}

/**
 * What a provider makes of a stack, by type and place, with what is its own taken out: its name, which color is stable, what ARNs and
 * ids are called, the digest of an image. A name that the provider makes up is none.
 */
export function likenessOf(resources: readonly Resource[]): ReadonlyMap<string, Likeness> {
  return likenessBy(wordsOf(resources), resources);
}

/** The same of what belongs to one color, with the color taken out. */
export function likenessOfColor(resources: readonly Resource[], color: Color): ReadonlyMap<string, Likeness> {
  return likenessBy((said) => said.replace(wholeWord(color), "<color>"), resources);
}

function likenessBy(inWords: (text: string) => string, resources: readonly Resource[]): ReadonlyMap<string, Likeness> {
  const there = resources.filter(({ pendingDelete }) => !pendingDelete);
  const placeOf = ({ urn }: Resource) => `${inWords(urn.split("::")[2] ?? "")}::${inWords(nameOf(urn))}`;
  const compared = there.filter(({ custom, type }) => custom && type !== CLOCK && !type.startsWith("pulumi:"));
  const byId = groupBy(compared, ({ outputs }) => new Set([outputs.arn, outputs.id]));
  const placeOfId = (id: string) => {
    const called = byId.get(id) ?? [];
    return called.length === 1 && called[0] ? placeOf(called[0]) : undefined;
  };
  const spoken = (value: unknown) => spokenAs(value, (said) => placeOfId(said) ?? foreign(said) ?? inWords(said));
  return new Map(
    compared.map((resource) => {
      const place = placeOf(resource);
      return [place, { resource, ofCandidate: place.includes(CANDIDATE), properties: flat(resource.inputs, spoken) }];
    }),
  );
}

/** The properties in which two differ, each with what the one and the other have. */
export function differing(one: Likeness, other: Likeness): { path: string; own: string; others: string }[] {
  const paths = [...new Set([...one.properties.keys(), ...other.properties.keys()])].sort();
  return paths.flatMap((path) => {
    const isKnown = [one, other].every(({ properties }) => !properties.has(path) || properties.get(path) !== undefined);
    const [own, others] = [one, other].map(({ properties }) => properties.get(path) ?? "nothing") as [string, string];
    return isKnown && own !== others ? [{ path, own, others }] : [];
  });
}

const CANDIDATE = "<candidate>";

/** Puts a word in the place of what a stack alone has in its names. */
function wordsOf(resources: readonly Resource[]): (text: string) => string {
  const stack = resources[0]?.urn.split("::")[0]?.slice("urn:pulumi:".length) ?? "";
  const rollouts = resources.filter(({ type }) => type === ROLLOUT).map(({ inputs }) => inputs.stable);
  // Of several rollouts whose stable colors differ nobody can tell by a name alone which it is.
  const stable = rollouts.every((color) => sameValue(color, rollouts[0]))
    ? COLORS.find((color) => color === rollouts[0])
    : undefined;
  const words: [RegExp, string][] =
    stable === undefined
      ? []
      : [
          [wholeWord(stable), "<stable>"],
          [wholeWord(otherColor(stable)), CANDIDATE],
        ];
  if (stack !== "") words.push([wholeWord(stack), "<stack>"]);
  return (said) => words.reduce((rest, [word, instead]) => rest.replace(word, instead), said);
}

function wholeWord(word: string): RegExp {
  return new RegExp(`(?<![a-z0-9])${word.replace(/[^\w]/g, "\\$&")}(?![a-z0-9])`, "gi");
}

/** What another resource or the cloud itself is called, as its kind: the same thing has another name in each account. */
function foreign(said: string): string | undefined {
  const arn = /^arn:[^:]*:([^:]*):[^:]*:([^:]*):/.exec(said);
  // What is AWS's own is the same everywhere.
  if (arn && arn[2] !== "aws") return `<ARN of ${arn[1]}>`;
  const id = /^(vpc|subnet|sg|rtb|igw|nat|eni|lt|acl|pl)-[\w-]+$/.exec(said);
  if (id) return `<id of ${id[1]}>`;
  if (isAmi(said)) return "<AMI>";
  const image = /^(?:[^/@]+\.[^/@]+\/)?(.+)@sha256:[0-9a-f]{64}$/.exec(said);
  return image ? `${image[1]}@<digest>` : undefined;
}

function spokenAs(value: unknown, said: (text: string) => string): string | undefined {
  if (value === UNKNOWN) return undefined;
  return typeof value === "string" ? said(value) : String(value);
}

/** Each leaf by its path; of a list the leaves together, in an order of their own. JSON text is what it says. */
function flat(
  inputs: unknown,
  spoken: (value: unknown) => string | undefined,
): ReadonlyMap<string, string | undefined> {
  const leaves = new Map<string, Set<string | undefined>>();
  const walk = (value: unknown, path: string) => {
    const inner = parsedText(value);
    if (inner === undefined || inner === null) return;
    if (Array.isArray(inner)) for (const each of inner) walk(each, path);
    else if (typeof inner === "object") {
      const madeUp = list((inner as Record<string, unknown>).__defaults);
      for (const [key, each] of Object.entries(inner)) {
        if (!key.startsWith("__") && !madeUp.includes(key)) walk(each, path === "" ? key : `${path}.${key}`);
      }
    } else {
      const said = spoken(inner);
      // What refers to a candidate is there while one is.
      if (!said?.includes(CANDIDATE)) leaves.set(path, (leaves.get(path) ?? new Set()).add(said));
    }
  };
  walk(inputs, "");
  return new Map(
    [...leaves].map(([path, values]) => [path, values.has(undefined) ? undefined : [...values].sort().join(", ")]),
  );
}

function parsedText(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
