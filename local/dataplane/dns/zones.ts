import type { DesiredDns, DesiredRecord, DesiredZone } from "../desired";
import { above, isUnder } from "./names";

/** The zones as the name servers have them: a change of records comes some time after it was asked for. */
export class Zones {
  private zones: readonly DesiredZone[] = [];
  private asked = new Map<string, DesiredRecord>();
  private readonly served = new Map<string, DesiredRecord>();
  /** Which change a record set was touched by last: an older one that comes later does not touch it. */
  private readonly touchedBy = new Map<string, number>();
  private changes = 0;

  /** Asks for all of this, and gives the one change that this makes, or nothing. */
  ask({ zones }: DesiredDns): (() => void) | undefined {
    this.zones = zones;
    const wanted = new Map(zones.flatMap(({ id, records }) => records.map((record) => [keyOf(id, record), record])));
    const keys = [...new Set([...this.asked.keys(), ...wanted.keys()])];
    const changed = keys.filter((key) => JSON.stringify(this.asked.get(key)) !== JSON.stringify(wanted.get(key)));
    this.asked = wanted;
    if (changed.length === 0) return undefined;
    const number = ++this.changes;
    return () => {
      for (const key of changed) this.take(key, wanted.get(key), number);
    };
  }

  /** The zone with the longest name that the name is in. */
  zoneOf(name: string): DesiredZone | undefined {
    const containing = this.zones.filter((zone) => isUnder(name, zone.name));
    return containing.sort((a, b) => b.name.length - a.name.length)[0];
  }

  /**
   * The records of a name, of all types; those of the wildcard that covers it where the name does not exist (RFC 4592).
   * Undefined where there is no such name; a name with others under it is there without records.
   */
  recordsAt(zone: DesiredZone, name: string): DesiredRecord[] | undefined {
    const own = this.ofZone(zone);
    const exists = (wanted: string) => wanted === zone.name || own.some((record) => isUnder(record.name, wanted));
    if (exists(name)) return own.filter((record) => record.name === name);
    const closest = above(name).find(exists);
    const wild = own.filter((record) => record.name === `*.${closest}`);
    return wild.length > 0 ? wild : undefined;
  }

  private ofZone(zone: DesiredZone): DesiredRecord[] {
    return [...this.served].filter(([key]) => key.startsWith(`${zone.id} `)).map(([, record]) => record);
  }

  private take(key: string, record: DesiredRecord | undefined, number: number) {
    if ((this.touchedBy.get(key) ?? 0) > number) return;
    this.touchedBy.set(key, number);
    if (record) this.served.set(key, record);
    else this.served.delete(key);
  }
}

function keyOf(zoneId: string, { name, type, setIdentifier }: DesiredRecord): string {
  return `${zoneId} ${name} ${type} ${setIdentifier ?? ""}`;
}
