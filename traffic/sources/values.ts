import { type Properties, UNKNOWN } from "../resource";

/** How the engine writes a value that it does not know yet, one for each type (pulumi/sdk, `plugin.UnknownStringValue`). */
const UNKNOWNS = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** The engine's marks for a secret, and for the value in it (pulumi/sdk, `sig.Key` and `sig.Secret`). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_VALUE = "1b47061264138c4ac30d75fd1eb44270";

/** What the document of `pulumi preview --json` has in a secret's place (pulumi/pkg, `massagePropertyValue`). */
const BLINDED = "[secret]";

/** Stands, while a source is read, for a secret whose value it does not tell. */
export const SECRET = Symbol("secret");

/** Reads a value as the engine writes it: unknowns are marked, and secrets unless they are there in plain text and to be opened. */
export function readValue(value: unknown, opensSecrets = false): unknown {
  if (typeof value === "string") return UNKNOWNS.has(value) ? UNKNOWN : value === BLINDED ? SECRET : value;
  if (value === null || typeof value !== "object") return value;
  const { [SIGNATURE]: signature, plaintext } = value as Properties;
  if (signature === SECRET_VALUE) {
    return opensSecrets && typeof plaintext === "string" ? readPlain(plaintext) : SECRET;
  }
  return withEach(value, (inner) => readValue(inner, opensSecrets));
}

/** The same object or list where nothing in it becomes another: of thousands of resources hardly any does. */
function withEach(value: object, read: (inner: unknown) => unknown): object {
  let copy: Properties | undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = read(inner);
    if (found === inner) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Properties;
    copy[key] = found;
  }
  return copy ?? value;
}

function readPlain(json: string): unknown {
  try {
    return readValue(JSON.parse(json), true);
  } catch {
    return SECRET;
  }
}

export function containsSecret(value: unknown): boolean {
  if (value === SECRET) return true;
  return value !== null && typeof value === "object" && Object.values(value).some(containsSecret);
}

/** The same with each secret as unknown: it may be anything. */
export function opened(value: unknown): unknown {
  if (value === SECRET) return UNKNOWN;
  return value !== null && typeof value === "object" ? withEach(value, opened) : value;
}

/** Reads properties of which nothing more will be known: secrets without their text are unknown. */
export function readProperties(properties: Properties): Properties {
  return opened(readValue(properties)) as Properties;
}
