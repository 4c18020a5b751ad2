import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { type Document, parseDocument } from "yaml";
import { type Config, parseConfig } from "../components/config";
import { Failure } from "./failure";

/** A stack's config file, edited as a person would: one line changes, comments and order stay. */
export class StackFile {
  constructor(readonly path: string) {}

  /** The value of a `crossfade:` key; undefined where it is not set. */
  get(key: string): unknown {
    const { config } = this.read().toJS() as { config?: Record<string, unknown> };
    return config?.[`crossfade:${key}`];
  }

  /** Whether a value of the config, of whatever project, is just this text. */
  names(text: string): boolean {
    const { config } = this.read().toJS() as { config?: unknown };
    const holds = (value: unknown): boolean =>
      typeof value === "object" && value !== null ? Object.values(value).some(holds) : value === text;
    return holds(config);
  }

  /**
   * The whole config, read as the program in the local cloud would read it.
   * @throws ConfigError with everything that is wrong with it.
   */
  config(): Config {
    const { config = {} } = this.read().toJS() as { config?: Record<string, unknown> };
    const own = Object.entries(config).filter(([key]) => key.startsWith("crossfade:"));
    const texts = own.map(([key, value]) => [
      key.slice("crossfade:".length),
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]);
    return parseConfig(basename(this.path), Object.fromEntries(texts), true);
  }

  /** Sets a key, or removes it where the value is undefined; in one step, so that nobody reads half a file. */
  set(key: string, value: unknown): void {
    const document = this.read();
    const path = ["config", `crossfade:${key}`];
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, document.createNode(value));
    const draft = `${this.path}.draft`;
    writeFileSync(draft, document.toString({ lineWidth: 0 }));
    renameSync(draft, this.path);
  }

  private read(): Document {
    let text: string;
    try {
      text = readFileSync(this.path, "utf8");
    } catch {
      throw new Failure(`${this.path} cannot be read: it holds the config of the stack`, 2);
    }
    const document = parseDocument(text);
    const [error] = document.errors;
    if (error) throw new Failure(`${this.path} is no YAML: ${error.message.split("\n")[0]}`, 2);
    return document;
  }
}
