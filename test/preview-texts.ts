/** The texts that the engine writes of a stack and a preview of it, in small: as recorded from pulumi 3.259. */

export const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";
export const NOT_KNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const GROUP = "aws:lb/targetGroup:TargetGroup";

export interface Written {
  urn: string;
  type: string;
  custom: boolean;
  id?: string;
  inputs: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  [field: string]: unknown;
}

export interface WrittenStep {
  op: string;
  urn: string;
  old?: Written;
  new?: Written;
  keys?: string[];
  diffs?: string[];
  detailedDiff?: Record<string, { diffKind: string }> | null;
}

export function urn(name: string, type = GROUP): string {
  return `urn:pulumi:dev::test::${type}::${name}`;
}

/** A resource that is there. */
export function there(name: string, inputs: Record<string, unknown> = {}, more: Partial<Written> = {}): Written {
  const type = more.type ?? GROUP;
  const id = more.id ?? `arn:${name}`;
  return { urn: urn(name, type), type, custom: true, id, inputs, outputs: { ...inputs, arn: id, id }, ...more };
}

/** A resource as a program asks for it. */
export function asked(name: string, inputs: Record<string, unknown> = {}, more: Partial<Written> = {}): Written {
  const type = more.type ?? GROUP;
  return { urn: urn(name, type), type, custom: true, inputs, ...more };
}

export function exported(resources: readonly Written[], more: object = {}): string {
  return JSON.stringify({ version: 3, deployment: { resources, ...more } });
}

/** The stream of events. */
export function stream(steps: readonly WrittenStep[], summary: object = {}): string {
  const events = [
    { preludeEvent: { config: {} } },
    ...steps.map((metadata) => ({
      resourcePreEvent: { metadata: { detailedDiff: null, ...metadata }, planning: true },
    })),
    {
      summaryEvent: {
        result: "succeeded",
        isPreview: true,
        resourceChanges: counts(steps),
        PolicyPacks: {},
        ...summary,
      },
    },
    { cancelEvent: {} },
  ];
  return events.map((event, i) => `${JSON.stringify({ sequence: i, timestamp: 0, ...event })}\n`).join("");
}

/** The document, as with `--show-sames --show-replacement-steps`. */
export function document(steps: readonly WrittenStep[], more: object = {}): string {
  const written = steps.map(({ old: oldState, new: newState, keys, diffs, detailedDiff = null, ...step }) => {
    const kinds = Object.entries(detailedDiff ?? {}).map(([path, { diffKind }]) => [path, { kind: diffKind }]);
    const detailed = detailedDiff && Object.fromEntries(kinds);
    return { ...step, oldState, newState, replaceReasons: keys, diffReasons: diffs, detailedDiff: detailed };
  });
  return JSON.stringify({ steps: written, changeSummary: counts(steps), ...more }, undefined, 4);
}

/** A plan file with these entries by URN. */
export function planFile(resourcePlans: Record<string, object>): string {
  return JSON.stringify({ manifest: { version: "v3.259.0" }, resourcePlans });
}

function counts(steps: readonly WrittenStep[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { op } of steps) {
    if (["same", "create", "update", "delete", "replace", "import"].includes(op)) counted[op] = (counted[op] ?? 0) + 1;
  }
  return counted;
}
