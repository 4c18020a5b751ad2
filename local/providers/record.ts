import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export type Properties = Record<string, unknown>;

/** A resource of the local cloud. */
export interface LocalRecord {
  type: string;
  id: string;
  inputs: Properties;
  outputs: Properties;
  /** The inputs of each of its versions, the first one first; only of a type that keeps them. */
  versions?: Properties[];
}

/** The local cloud's resources, on disk after each change, so that a kill at any moment loses nothing. */
export class Records {
  private byKey: Map<string, LocalRecord>;
  /** Whether nothing is written to disk for now. */
  private held = false;

  constructor(private readonly file: string) {
    this.byKey = new Map(load(file).map((record) => [key(record.type, record.id), record]));
  }

  /** Makes several changes or, where it throws, none. */
  change<T>(make: () => T): T {
    const before = new Map(this.byKey);
    this.held = true;
    try {
      return make();
    } catch (error) {
      this.byKey = before;
      throw error;
    } finally {
      this.held = false;
      this.save();
    }
  }

  all(): LocalRecord[] {
    return [...this.byKey.values()];
  }

  ofType(type: string): LocalRecord[] {
    return this.all().filter((record) => record.type === type);
  }

  get(type: string, id: string): LocalRecord | undefined {
    return this.byKey.get(key(type, id));
  }

  put(record: LocalRecord): void {
    this.byKey.set(key(record.type, record.id), record);
    this.save();
  }

  delete(type: string, id: string): void {
    if (this.byKey.delete(key(type, id))) this.save();
  }

  private save(): void {
    if (this.held) return;
    mkdirSync(dirname(this.file), { recursive: true });
    const draft = `${this.file}.draft`;
    writeFileSync(draft, JSON.stringify(this.all()));
    renameSync(draft, this.file);
  }
}

function key(type: string, id: string): string {
  return `${type}::${id}`;
}

function load(file: string): LocalRecord[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file} cannot be read: it holds the local cloud's resources. Delete the folder to begin anew`);
  }
}
