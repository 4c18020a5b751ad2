import { createHash } from "node:crypto";
import { AwsError, NotSteady } from "./aws-error";
import { PLAIN_RECORD, TYPES } from "./aws-types";
import type { Properties, Records } from "./record";
import { sameProperties } from "./same-properties";
import type { TypeRow } from "./types/type-row";

/** How the engine writes a value that it does not know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What the cloud does when its records change. */
export interface Behaviour {
  /** Brings the traffic to what the records say. Resolves when the provider would come back. */
  changed(type: string, id: string): Promise<void>;
  /** For tests: what AWS is to answer to the next call of the kind, if anything. */
  fault?(operation: "create" | "update" | "delete", type: string, inputs: Properties): string | undefined;
}

export interface Diff {
  changed: string[];
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/** The provider's operations on plain objects: one generic record, and a row of `TYPES` for what a type adds. */
export class LocalProvider {
  private readonly unlisted = new Set<string>();

  constructor(
    private readonly records: Records,
    private readonly behaviour: Behaviour,
    private readonly say: (line: string) => void,
  ) {}

  /** Fills in the name. A replacement is checked a second time without the old inputs, and so gets another name. */
  check(urn: string, olds: Properties, news: Properties, seed: Uint8Array): Properties {
    const { autoName, validate } = this.row(urn);
    validate?.(news);
    if (autoName === undefined || news.name !== undefined || news.namePrefix !== undefined) {
      return { ...news, __defaults: [] };
    }
    const kept = (olds.__defaults as string[] | undefined)?.includes("name") ? olds.name : undefined;
    const resource = urn.split("::").at(-1) ?? "";
    const unique = createHash("sha256").update(seed).update(urn).digest("hex").slice(0, 7);
    const name = kept ?? `${resource}-${unique}`;
    if (String(name).length > autoName) {
      throw new Error(`the auto-name "${name}" is longer than the ${autoName} characters that AWS allows`);
    }
    return { ...news, name, __defaults: ["name"] };
  }

  diff(urn: string, oldInputs: Properties, news: Properties): Diff {
    const { replacedBy = [], autoName } = this.row(urn);
    const keys = [...new Set([...Object.keys(oldInputs), ...Object.keys(news)])].filter((k) => !k.startsWith("__"));
    const changed = keys.filter((k) => !sameProperties(oldInputs[k], news[k]));
    const explicit = autoName !== undefined && !(oldInputs.__defaults as string[] | undefined)?.includes("name");
    return {
      changed,
      replaces: changed.filter((k) => replacedBy.includes(k)),
      deleteBeforeReplace: explicit && oldInputs.name !== undefined && oldInputs.name === news.name,
    };
  }

  /** The properties of the provider itself whose change replaces all under it: of this cloud there is one. */
  diffConfig(_olds: Properties, _news: Properties): string[] {
    return [];
  }

  async create(urn: string, inputs: Properties, preview: boolean): Promise<{ id: string; properties: Properties }> {
    const type = typeOf(urn);
    const row = this.row(urn);
    const unique = createHash("sha256")
      .update(`${urn}${inputs.name}${process.hrtime.bigint()}`)
      .digest("hex")
      .slice(0, 16);
    const outputs = row.outputs(inputs, unique, this.records);
    if (preview) {
      const unknown = Object.fromEntries(Object.keys(outputs).map((k) => [k, UNKNOWN]));
      return { id: "", properties: { ...inputs, ...unknown } };
    }
    this.failAsTold("create", type, inputs);
    row.check?.(inputs, this.records);
    const { id } = outputs;
    const properties = { ...inputs, ...outputs };
    this.records.put({ type, id, inputs, outputs: properties });
    try {
      return { id, properties: await this.afterChange(type, id) };
    } catch (error) {
      if (error instanceof NotSteady) error.resource = { id, inputs, properties };
      throw error;
    }
  }

  /** An update keeps what AWS gave: its outputs are known in the preview too. */
  async update(urn: string, id: string, olds: Properties, oldInputs: Properties, news: Properties, preview: boolean) {
    const type = typeOf(urn);
    const given = Object.entries(olds).filter(([key]) => !(key in oldInputs));
    const outputs: Properties = { ...news, ...Object.fromEntries(given) };
    if (preview) return outputs;
    this.failAsTold("update", type, news);
    this.row(urn).check?.(news, this.records, id);
    const before = this.records.get(type, id);
    this.records.put({ type, id, inputs: news, outputs });
    try {
      return await this.afterChange(type, id);
    } catch (error) {
      // The circuit breaker has put the old revision back: the next update starts from there.
      if (error instanceof NotSteady && before) this.records.put(before);
      throw error;
    }
  }

  async delete(urn: string, id: string): Promise<void> {
    const type = typeOf(urn);
    const record = this.records.get(type, id);
    if (!record) return; // an interrupted delete is asked for again
    this.failAsTold("delete", type, record.inputs);
    this.row(urn).checkDelete?.(record, this.records);
    for (const other of this.row(urn).deletesToo?.(record, this.records) ?? [])
      this.records.delete(other.type, other.id);
    this.records.delete(type, id);
    await this.behaviour.changed(type, id);
  }

  read(urn: string, id: string): { inputs: Properties; properties: Properties } | undefined {
    const record = this.records.get(typeOf(urn), id);
    return record && { inputs: record.inputs, properties: record.outputs };
  }

  invoke(token: string): Properties {
    if (token === "aws:index/getRegion:getRegion") {
      return {
        id: "eu-local-1",
        region: "eu-local-1",
        name: "eu-local-1",
        description: "the local cloud",
        endpoint: "",
      };
    }
    throw new Error(`${token} is not in the local cloud: no stack, policy or command of ours uses it`);
  }

  private async afterChange(type: string, id: string): Promise<Properties> {
    await this.behaviour.changed(type, id);
    const record = this.records.get(type, id);
    if (!record) throw new Error(`${id} was deleted while it was changed`);
    return record.outputs;
  }

  private row(urn: string): TypeRow {
    const type = typeOf(urn);
    const row = TYPES[type];
    if (!row && !this.unlisted.has(type)) {
      this.unlisted.add(type);
      this.say(`${type} is kept as a plain record: the local cloud does nothing with it`);
    }
    return row ?? PLAIN_RECORD;
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
