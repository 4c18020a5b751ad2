import { createHash } from "node:crypto";
import { AWS, UNKNOWN } from "./aws";
import { changedPaths } from "./changed-paths";
import type { Dialect } from "./dialect";
import { AwsError, NotSteady } from "./errors";
import type { Properties, Records } from "./record";
import { sameProperties } from "./same-properties";
import type { TypeRow } from "./types/type-row";

/** What the cloud does when its records change. */
export interface Behaviour {
  /**
   * Brings the traffic to what the records say. Resolves when the provider would come back.
   * @param timeout the program's `customTimeouts` for it, in seconds; 0 where it has none
   */
  changed(type: string, id: string, timeout: number): Promise<void>;
  /** For tests: what AWS is to answer to the next call of the kind, if anything. */
  fault?(operation: "create" | "update" | "delete", type: string, inputs: Properties): string | undefined;
}

export interface Diff {
  changed: string[];
  /** Where in them, for a program's `replaceOnChanges`; only of a provider that says so. */
  paths?: string[];
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/** A provider's operations on plain objects: one generic record, and a row of its types for what a type adds. */
export class LocalProvider {
  private readonly unlisted = new Set<string>();

  constructor(
    private readonly records: Records,
    private readonly behaviour: Behaviour,
    private readonly say: (line: string) => void,
    private readonly dialect: Dialect = AWS,
  ) {}

  get sdk(): string {
    return this.dialect.sdk;
  }

  /** Fills in the name. A replacement is checked a second time without the old inputs, and so gets another name. */
  check(urn: string, olds: Properties, news: Properties, seed: Uint8Array): Properties {
    const row = this.row(urn);
    row.validate?.(news);
    const unique = createHash("sha256").update(seed).update(urn).digest("hex");
    return this.dialect.named({ row, name: urn.split("::").at(-1) ?? "", unique, olds, news });
  }

  diff(urn: string, oldInputs: Properties, news: Properties): Diff {
    const row = this.row(urn);
    const keys = [...new Set([...Object.keys(oldInputs), ...Object.keys(news)])].filter((k) => !k.startsWith("__"));
    return {
      changed: keys.filter((k) => !sameProperties(oldInputs[k], news[k])),
      ...(this.dialect.saysPaths && { paths: changedPaths(oldInputs, news) }),
      replaces: (row.replacedBy ?? []).filter((path) => !sameProperties(within(oldInputs, path), within(news, path))),
      deleteBeforeReplace: this.dialect.keepsOwnName(row, oldInputs, news),
    };
  }

  /** The properties of the provider itself whose change replaces all under it: of this cloud there is one. */
  diffConfig(_olds: Properties, _news: Properties): string[] {
    return [];
  }

  async create(
    urn: string,
    inputs: Properties,
    preview: boolean,
    timeout = 0,
  ): Promise<{ id: string; properties: Properties }> {
    const type = typeOf(urn);
    const row = this.row(urn);
    const unique = createHash("sha256")
      .update(`${urn}${inputs.name}${process.hrtime.bigint()}`)
      .digest("hex")
      .slice(0, 16);
    const outputs = row.outputs(inputs, unique, this.records);
    const properties = this.dialect.created(inputs, outputs, preview);
    if (preview) return { id: "", properties };
    this.failAsTold("create", type, inputs);
    row.check?.(inputs, this.records);
    const { id } = outputs;
    const versions = row.versioned && { versions: [inputs] };
    this.records.put({ type, id, inputs, outputs: properties, ...versions });
    try {
      return { id, properties: await this.afterChange(type, id, timeout) };
    } catch (error) {
      if (error instanceof NotSteady) error.resource = { id, inputs, properties };
      throw error;
    }
  }

  async update(
    urn: string,
    id: string,
    olds: Properties,
    oldInputs: Properties,
    news: Properties,
    preview: boolean,
    timeout = 0,
  ) {
    const type = typeOf(urn);
    const { versioned, check } = this.row(urn);
    const before = this.records.get(type, id);
    const versions = versioned === undefined ? undefined : [...(before?.versions ?? []), news];
    const outputs = {
      ...this.dialect.updated(news, oldInputs, olds),
      ...(versioned !== undefined && { [versioned]: preview ? UNKNOWN : versions?.length }),
    };
    if (preview) return outputs;
    this.failAsTold("update", type, news);
    check?.(news, this.records, id);
    this.records.put({ type, id, inputs: news, outputs, ...(versions && { versions }) });
    try {
      return await this.afterChange(type, id, timeout);
    } catch (error) {
      if (error instanceof NotSteady) {
        // The circuit breaker has put the old revision back: the next update starts from there.
        if (error.isTakenBack && before) this.records.put(before);
        else error.resource = { id, inputs: news, properties: outputs };
      }
      throw error;
    }
  }

  async delete(urn: string, id: string, timeout = 0): Promise<void> {
    const type = typeOf(urn);
    const record = this.records.get(type, id);
    if (!record) return; // an interrupted delete is asked for again
    this.failAsTold("delete", type, record.inputs);
    this.row(urn).checkDelete?.(record, this.records);
    for (const other of this.row(urn).deletesToo?.(record, this.records) ?? [])
      this.records.delete(other.type, other.id);
    this.records.delete(type, id);
    await this.behaviour.changed(type, id, timeout);
  }

  read(urn: string, id: string): { inputs: Properties; properties: Properties } | undefined {
    const record = this.records.get(typeOf(urn), id);
    return record && { inputs: record.inputs, properties: record.outputs };
  }

  invoke(token: string): Properties {
    return this.dialect.invoke(token);
  }

  private async afterChange(type: string, id: string, timeout: number): Promise<Properties> {
    await this.behaviour.changed(type, id, timeout);
    const record = this.records.get(type, id);
    if (!record) throw new Error(`${id} was deleted while it was changed`);
    return record.outputs;
  }

  private row(urn: string): TypeRow {
    const type = typeOf(urn);
    const row = this.dialect.types[type];
    if (!row && !this.unlisted.has(type)) {
      this.unlisted.add(type);
      this.say(`${type} is kept as a plain record: the local cloud does nothing with it`);
    }
    return row ?? this.dialect.unlisted;
  }

  private failAsTold(operation: "create" | "update" | "delete", type: string, inputs: Properties): void {
    const reason = this.behaviour.fault?.(operation, type, inputs);
    if (reason !== undefined) throw new AwsError(operation, "InternalFailure", reason);
  }
}

/** The type of a URN: after the last `$` of its third part. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** What stands at a path such as `spec.selector`. */
function within(properties: Properties, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, key) => (inner as Properties | undefined)?.[key], properties);
}
