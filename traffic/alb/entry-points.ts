import { nameOf } from "../resource";
import type { Entity } from "../update/entity";
import { type EntryPoint, lost } from "../update/entry-point";
import type { Moment } from "../update/moment";
import { targets } from "../update/reference";
import { AlbAnswers, type AlbRequests } from "./answers";
import { areApart, type Condition, covers, oneByOne } from "./rule-conditions";
import { isOn, type On, type Rule, type RuleForm } from "./rules";

/**
 * The requests that each listener and each rule takes in, of the listeners that are there before the update.
 *
 * @param isDark balancers that no user finds
 */
export function albEntryPoints(
  entities: readonly Entity[],
  alb = new AlbAnswers(entities),
  isDark: (balancer: Entity) => boolean = () => false,
): EntryPoint[] {
  const hasUsers = (listener: On) => typeof listener === "string" || !alb.balancersBefore(listener).some(isDark);
  return alb
    .listeners()
    .filter(hasUsers)
    .flatMap((listener) => {
      const requests = distinct([...plain(alb, listener), ...takenOver(alb, listener)]).map((r) => ({
        ...r,
        rules: alb.matching(listener, r.conditions),
      }));
      const kept = requests.flatMap((r) => withCookies(alb, listener, r));
      return [...requests, ...kept].map((r) => entryPoint(alb, listener, r));
    });
}

/** Requests of a kind: those of the resource, in words, and what rules ask of them. */
interface Kind {
  urn: string;
  name: string;
  conditions: readonly Condition[];
}

type Requests = Kind & AlbRequests;

/** What the listener gets and no rule matches, and what each rule matches, before the update or after. */
function plain(alb: AlbAnswers, listener: On): Kind[] {
  const requests: Kind[] = formsOn(alb, listener).flatMap(({ rule, form }) =>
    oneByOne(form.conditions).map((conditions) => ({
      urn: rule.urn,
      name: `the requests of rule "${nameOf(rule.urn)}"`,
      conditions,
    })),
  );
  if (typeof listener !== "string") {
    requests.unshift({
      urn: listener.urn,
      name: `the requests of listener "${nameOf(listener.urn)}"`,
      conditions: [],
    });
  }
  return requests;
}

/** Those of them that have a cookie: before the update, group stickiness keeps these clients on a group. */
function withCookies(alb: AlbAnswers, listener: On, requests: Requests): Requests[] {
  const { handling, groups } = alb.actionBefore(listener, requests) ?? {};
  if (handling?.does !== "forward" || !handling.sticky || !groups) return [];
  return groups.flatMap(targets).map((cookie) => {
    const name = `the requests of clients that a cookie keeps on target group "${nameOf(cookie.urn)}"`;
    return { ...requests, name, cookie };
  });
}

/**
 * What two rules match, where one of them comes, goes or changes what it matches. With these every request is judged: what
 * answers it at one time and what answers it at another are two rules that both match it.
 */
function takenOver(alb: AlbAnswers, listener: On): Kind[] {
  const forms = formsOn(alb, listener);
  const moving = new Set(
    alb
      .rulesOf(listener)
      .filter(movesRequests)
      .map(({ entity }) => entity),
  );
  return forms.flatMap((a, i) =>
    forms.slice(i + 1).flatMap((b): Kind[] => {
      if (!(moving.has(a.rule) || moving.has(b.rule))) return [];
      const [own, others] = [a.form.conditions, b.form.conditions];
      if (!own || !others || covers(own, others) || covers(others, own)) return [];
      const name = `the requests of rule "${nameOf(a.rule.urn)}" that rule "${nameOf(b.rule.urn)}" matches too`;
      return oneByOne(own).flatMap((one) =>
        oneByOne(others)
          .filter((other) => !areApart(one, other))
          .map((other) => ({ urn: a.rule.urn, name, conditions: [...one, ...other] })),
      );
    }),
  );
}

function entryPoint(alb: AlbAnswers, listener: On, requests: Requests): EntryPoint {
  return {
    urn: requests.urn,
    requests: requests.name,
    touched: alb.touched(listener, requests),
    answer: (moment) =>
      typeof listener !== "string" && isOnAnotherPort(alb, listener, moment)
        ? lost(`listener "${nameOf(listener.urn)}" listens on another port`)
        : alb.answer(listener, requests, moment),
  };
}

/** Its clients ask at the port that it had. */
function isOnAnotherPort(alb: AlbAnswers, listener: Entity, moment: Moment): boolean {
  const forms = alb.formsOf(listener);
  return moment.forms(listener).some(({ index }) => forms[index] && forms[index].port !== forms[0]?.port);
}

/** The forms that rules have on the listener. */
function formsOn(alb: AlbAnswers, listener: On): { rule: Entity; form: RuleForm }[] {
  return alb
    .rulesOf(listener)
    .flatMap(({ entity, forms }) => forms.flatMap((form) => (isOn(form, listener) ? [{ rule: entity, form }] : [])));
}

function movesRequests({ forms }: Rule): boolean {
  const key = (form: RuleForm | undefined) =>
    form && [
      conditionsKey(form.conditions),
      form.priority,
      form.listener.to,
      ...targets(form.listener).map((e) => e.urn),
    ];
  return forms.some((form) => JSON.stringify(key(form)) !== JSON.stringify(key(forms[0])));
}

function conditionsKey(conditions: readonly Condition[] | undefined): string {
  return JSON.stringify(conditions?.map(({ field, values }) => [field, [...values].sort()]));
}

function distinct(kinds: readonly Kind[]): Kind[] {
  const first = new Map<string, Kind>();
  for (const kind of kinds) {
    const key = conditionsKey(kind.conditions);
    if (!first.has(key)) first.set(key, kind);
  }
  return [...first.values()];
}
