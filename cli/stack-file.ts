import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Document, isAlias, isScalar, LineCounter, parseDocument, stringify, visit } from "yaml";
import { type Config, parseConfig } from "../components/config";
import { Failure } from "./failure";

/** A stack's config file, edited as a person would: one line changes, comments and order stay. */
export class StackFile {
  constructor(readonly path: string) {}

  /** The value of a `crossfade:` key, or of another namespace's; undefined where it is not set. */
  get(key: string, namespace = "crossfade"): unknown {
    const { config } = this.read().toJS() as { config?: Record<string, unknown> };
    return config?.[`${namespace}:${key}`];
  }

  /** Whether a value of the config, of whatever project, is just this text. */
  names(text: string): boolean {
    const { config } = this.read().toJS() as { config?: unknown };
    const holds = (value: unknown): boolean =>
      typeof value === "object" && value !== null ? Object.values(value).some(holds) : value === text;
    return holds(config);
  }

  /**
   * The whole config, read as the program would read it. A secret is not opened: it counts as some text.
   * @param insideLocalCloud by default as the program in the local cloud reads it
   * @throws ConfigError with everything that is wrong with it; Failure where the rest of it may be in an ESC environment
   */
  config(insideLocalCloud = true): Config {
    type Written = { config?: Record<string, unknown>; environment?: unknown };
    const { config = {}, environment } = this.read().toJS() as Written;
    const own = Object.entries(config).filter(([key]) => key.startsWith("crossfade:"));
    const texts = own.map(([key, value]) => {
      const read = withoutSecrets(value);
      return [key.slice("crossfade:".length), typeof read === "object" ? JSON.stringify(read) : String(read)];
    });
    try {
      return parseConfig(basename(this.path), Object.fromEntries(texts), insideLocalCloud);
    } catch (error) {
      if (environment === undefined) throw error;
      // What is said to be missing may well be there.
      throw new Failure(
        `${(error as Error).message}\nThe file takes config from an ESC environment (\`environment:\`), which is not read here: write all crossfade: keys into its own \`config:\`, which goes before it`,
        2,
      );
    }
  }

  /** Sets a key, or removes it where the value is undefined. */
  set(key: string, value: unknown): void {
    this.edit({ [key]: value });
  }

  /**
   * Sets keys, and removes those whose value is undefined; all in one step, so that nobody reads half an edit. What is so already
   * is not written.
   * @returns what takes the edit back, and says whether it did: where somebody has written the file since, it stays
   */
  edit(changes: Readonly<Record<string, unknown>>): () => boolean {
    const before = this.text();
    const differs = Object.entries(changes).filter(([key, value]) => !isDeepStrictEqual(this.get(key), value));
    if (differs.length === 0) return () => true;
    const after = differs.reduce((text, [key, value]) => edited(this.parse(text), text, key, value), before);
    this.write(after);
    return () => {
      if (this.text() !== after) return false;
      this.write(before);
      return true;
    };
  }

  /**
   * That a line of it can be edited, and is what holds.
   * @throws Failure where the lines of a release come from elsewhere, or stand in several places at once
   */
  assertEditable(): void {
    const lines = new LineCounter();
    const document = this.read(lines);
    const { environment, config } = document.toJS() as { environment?: unknown; config?: Record<string, unknown> };
    const there = (key: string) => config?.[`crossfade:${key}`] !== undefined;
    const isElsewhere = JSON.stringify(environment ?? "").includes("crossfade:") || !there("stable") || !there("stage");
    if (environment !== undefined && isElsewhere) {
      throw new Failure(
        `${this.path} takes the config from an ESC environment (\`environment:\`), which is not edited here: write crossfade:stable and crossfade:stage into the file's own \`config:\`, which goes before it; or edit the environment and run \`pulumi up\``,
        2,
      );
    }
    visit(document, {
      Node: (_, node) => {
        if (!isAlias(node) && node.anchor === undefined) return;
        const line = lines.linePos(node.range?.[0] ?? 0).line;
        throw new Failure(
          `${this.path}:${line} has a YAML ${isAlias(node) ? "alias" : "anchor"}: an edit of one line would be one of several, and Pulumi itself does not keep them. Write the value out`,
          2,
        );
      },
    });
  }

  private read(lineCounter?: LineCounter): Document {
    return this.parse(this.text(), lineCounter);
  }

  private parse(text: string, lineCounter?: LineCounter): Document {
    const document = parseDocument(text, { lineCounter });
    const [error] = document.errors;
    if (error) throw new Failure(`${this.path} is no YAML: ${error.message.split("\n")[0]}`, 2);
    return document;
  }

  private text(): string {
    try {
      return readFileSync(this.path, "utf8");
    } catch {
      throw new Failure(`${this.path} cannot be read: it holds the config of the stack`, 2);
    }
  }

  private write(text: string): void {
    const draft = `${this.path}.draft`;
    writeFileSync(draft, text);
    renameSync(draft, this.path);
  }
}

/** A text in the place of a text is put there and nowhere else; of the rest the library keeps comments and order. */
function edited(document: Document, text: string, key: string, value: unknown): string {
  const path = ["config", `crossfade:${key}`];
  const node = document.getIn(path, true);
  if (isScalar(node) && node.range && typeof value === "string") {
    const [start, end] = node.range;
    return text.slice(0, start) + stringify(value, { lineWidth: 0 }).trimEnd() + text.slice(end);
  }
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, document.createNode(value));
  return document.toString({ lineWidth: 0 });
}

/** `{ secure: … }` is how Pulumi writes a secret. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  if ("secure" in value) return "(a secret)";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}
