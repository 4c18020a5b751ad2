import type { BalancerAnswers, EdgeRequests } from "../alb/balancer-answers";
import { nameOf } from "../resource";
import type { Entity } from "../update/entity";
import { type Answer, lost, worst } from "../update/entry-point";
import { assignments, type Moment, momentAfter } from "../update/moment";
import { Directory, type Reference, targets } from "../update/reference";
import { type DnsRecord, homelessPlace, type InForce, inForce } from "./in-force";
import { isPreviewRecord } from "./of-route";
import { type RecordForm, recordForm } from "./records";
import { possibleShares } from "./routing";
import { DnsTargets } from "./targets";

/** All records of one name in one zone. */
export interface NamedRecords {
  name: string;
  zone: Reference;
  records: readonly DnsRecord[];
}

/** What answers a query of the type: records of that type, or of the other where there are none. */
const INSTEAD: Record<string, readonly string[]> = {
  A: ["CNAME"],
  AAAA: ["CNAME"],
  HTTPS: ["CNAME"],
  CNAME: ["A", "AAAA"],
};

/** Aliases of aliases: Route 53 follows no more than so many. */
const DEEPEST = 8;

/** Who answers clients that ask Route 53 for an address, in the course of an update. */
export class DnsAnswers {
  readonly targets: DnsTargets;
  private readonly names = new Map<string, NamedRecords & { records: DnsRecord[] }>();
  private readonly byName = new Map<string, NamedRecords[]>();
  /** What the preview hosts of routes of ours lead to before the update: their names have no live users. */
  readonly previewed = new Set<Entity>();
  /** The URNs of the records and zones that are made in the update, under whichever name. */
  private readonly made: ReadonlySet<string>;

  constructor(entities: readonly Entity[], balancers: BalancerAnswers) {
    const ofType = (type: string) => entities.filter((e) => e.type === type);
    this.targets = new DnsTargets(entities, balancers);
    const records = ofType("aws:route53/record:Record");
    const zones = ofType("aws:route53/zone:Zone");
    this.made = new Set([...records, ...zones].filter(({ forms: [before] }) => !before).map(({ urn }) => urn));
    const read = {
      zones: new Directory(zones),
      healthChecks: new Directory(ofType("aws:route53/healthCheck:HealthCheck")),
      addressed: this.targets.directory,
    };
    for (const entity of records) {
      const forms = entity.forms.map((form) => form && recordForm(form, read));
      if (isPreviewRecord(entity, forms)) {
        for (const target of forms[0]?.values.flatMap(targets) ?? []) this.previewed.add(target);
        continue;
      }
      for (const key of new Set(forms.flatMap((form) => (form ? [keyOf(form)] : [])))) {
        const own = forms.map((form) => (form && keyOf(form) === key ? form : undefined));
        const [form] = own.filter((f) => f !== undefined);
        if (!form) continue;
        const named = this.names.get(key) ?? { name: form.name, zone: form.zone, records: [] };
        if (named.records.push({ entity, forms: own }) > 1) continue;
        this.names.set(key, named);
        this.byName.set(named.name, [...this.namedBy(named.name), named]);
      }
    }
  }

  /** The names that are answered for before the update. */
  namesBefore(): NamedRecords[] {
    return [...this.names.values()].filter(({ records }) => records.some(({ forms: [before] }) => before));
  }

  /** Records that an alias or a CNAME leads to. */
  namedBy(name: string): NamedRecords[] {
    return this.byName.get(name) ?? [];
  }

  /** The answer to clients that ask for the name's records of a type. */
  answer(named: NamedRecords, type: string, requests: EdgeRequests, moment: Moment, depth = 0): Answer {
    const zone = targets(named.zone).find((z) => moment.forms(z).some(({ form }) => form === undefined));
    // A zone that is made again has other name servers, and nobody was told.
    if (zone) return { ...lost(`zone "${nameOf(zone.urn)}" is not there`), retired: !this.made.has(zone.urn) };
    const ways = assignments(
      named.records.map(({ entity }) => entity),
      moment,
    );
    if (!ways) return lost(`the records of ${named.name} change in more ways than can be tried`);
    return worst(ways.map(({ indexes, given }) => this.answerNow(named, type, requests, indexes, given, depth)));
  }

  /** The answer to clients that have one of a record's values. */
  valueAnswer(value: Reference, type: string, requests: EdgeRequests, moment: Moment, depth = 0): Answer {
    const [named] = value.to === "elsewhere" ? this.namedBy(value.name) : [];
    if (!named || depth > DEEPEST) return this.targets.answer(value, requests, moment);
    return this.answer(named, type, requests, moment, depth + 1);
  }

  /** All that the answer may hang on. */
  touched({ records, zone }: NamedRecords, requests: EdgeRequests, depth = 0): Set<Entity> {
    const forms = records.flatMap(({ forms }) => forms.filter((form) => form !== undefined));
    const values = forms.flatMap(({ values }) => values);
    const checks = forms.flatMap(({ healthCheck }) => (healthCheck ? targets(healthCheck) : []));
    const further = depth > DEEPEST ? [] : values.flatMap((v) => (v.to === "elsewhere" ? this.namedBy(v.name) : []));
    return new Set([
      ...records.map(({ entity }) => entity),
      ...targets(zone),
      ...checks,
      ...values.flatMap((value) => this.targets.touched(value, requests)),
      ...forms.flatMap((form) => (form.evaluatesTarget ? form.values.flatMap((v) => this.targets.health(v)) : [])),
      ...further.flatMap((named) => [...this.touched(named, requests, depth + 1)]),
    ]);
  }

  private answerNow(
    { name, records }: NamedRecords,
    type: string,
    requests: EdgeRequests,
    indexes: readonly number[],
    moment: Moment,
    depth: number,
  ): Answer {
    const now = inForce(records, indexes);
    const ofTypes = (types: readonly string[]) => now.filter(({ form }) => types.includes(form.type));
    const asked = ofTypes([type]);
    const answering = asked.length > 0 ? asked : ofTypes(INSTEAD[type] ?? []);
    if (answering.length === 0) {
      // The program took the name away, unless it gave the record another: nobody was told.
      const isReplaced = records.some(({ entity }) => this.made.has(entity.urn));
      return { ...lost(`no record answers for ${name} (${type})`), retired: depth === 0 && !isReplaced };
    }
    const homeless = homelessPlace(records, answering);
    if (homeless) return lost(`record "${nameOf(homeless.urn)}" is not there, and none answers for anywhere`);
    const known = new Set(records.flatMap(({ forms: [before] }) => before?.values.flatMap(targets) ?? []));
    const answers = answering.map(({ form }) => {
      const answer = this.formAnswer(form, type, requests, moment, depth);
      // A balancer that they are new to and that refuses them was not made ready for them.
      return form.values.flatMap(targets).every((target) => known.has(target)) ? answer : { ...answer, retired: false };
    });
    const candidates = answering.map((r) => ({ routing: r.form.routing, uncertain: this.isUncertain(r, moment) }));
    return worst(
      possibleShares(candidates).map((shares) => {
        const share = shares.reduce((sum, part, i) => sum + part * (answers[i]?.share ?? 0), 0);
        const failing = answers.filter((a, i) => a.share < 1 && (shares[i] ?? 0) > 0);
        const why = [...new Set(failing.flatMap((a) => a.why))];
        return { share, why, retired: failing.length > 0 && failing.every(({ retired }) => retired) };
      }),
    );
  }

  /** Of a record's values a client gets any: each has its part. */
  private formAnswer(form: RecordForm, type: string, requests: EdgeRequests, moment: Moment, depth: number): Answer {
    const answers = form.values.map((value) => this.valueAnswer(value, type, requests, moment, depth));
    const failing = answers.filter(({ share }) => share < 1);
    if (answers.length === 0) return lost("what it leads to is not known before the update");
    return {
      share: answers.reduce((sum, { share }) => sum + share, 0) / answers.length,
      why: failing.flatMap(({ why }) => why),
      retired: failing.length > 0 && failing.every(({ retired }) => retired),
    };
  }

  /**
   * Whether Route 53 may take a record for unhealthy that was not before: a health check that is not there ("the future status
   * … can't be predicted", Route 53 API, DeleteHealthCheck), or that asks for something else now; an alias to a balancer of
   * which a group has nobody left.
   */
  private isUncertain({ form }: InForce, moment: Moment): boolean {
    const { healthCheck } = form;
    const checkMoves = (check: Entity) =>
      moment.forms(check).some((now) => now.form === undefined || (now.index > 0 && check.forms[0] !== undefined));
    if (healthCheck && (healthCheck.to === "unknown" ? healthCheck.entities.length === 0 : false)) return true;
    if (healthCheck && targets(healthCheck).some(checkMoves)) return true;
    if (!form.evaluatesTarget) return false;
    const before = momentAfter(() => false);
    return form.values.some((value) => this.targets.hasNewDead(value, moment, before));
  }
}

function keyOf({ zone, name }: RecordForm): string {
  const [entity] = targets(zone);
  return JSON.stringify([entity ? [entity.urn, entity.isNew] : zone.to === "elsewhere" ? zone.name : null, name]);
}
