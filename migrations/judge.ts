import { analyze } from "./analyze";
import { apply } from "./apply";
import type { Analysis, Effect } from "./effect";
import { spokenMode, waitBehind } from "./lock-modes";
import { parseSql, type Statement, UnreadableSql } from "./parse";
import { RULES, type Rule, type RuleName } from "./rules";
import { EMPTY, isFresh, type Schema, settled } from "./schema";

/** One file of a migration, in the order in which they are run. */
export interface MigrationFile {
  name: string;
  sql: string;
}

/**
 * `expand`: before the candidate has weight, so that the version before works on what it leaves. `contract`: after the version
 * before is gone, so that what only it used may go.
 */
export type Phase = "expand" | "contract";

/** A statement that is refused. */
export interface Refusal {
  file: string;
  line: number;
  rule: RuleName;
  what: string;
  why: string;
  /** The statements that do it without harm, one each. */
  safe: readonly string[];
  /** The sentence of the manual, and the version from which the safe way is there. */
  source: string;
}

export interface Setting {
  phase: Phase;
  /** PostgreSQL's major version, of the oldest server that they run on. */
  version: number;
}

/**
 * What is refused of the files that are to be run.
 *
 * @param before the files that have been run, from the first one on: what they made is in use
 * @throws UnreadableSql
 */
export function refusals(
  before: readonly MigrationFile[],
  files: readonly MigrationFile[],
  setting: Setting,
): Refusal[] {
  let schema = settled(before.flatMap(statementsOf).reduce((so, { node }) => apply(so, node), EMPTY));
  return files.flatMap((file) => {
    const statements = statementsOf(file);
    const analyses = statements.map((statement) => {
      const { version } = setting;
      const analysis = inUse(analyze(statement, { schema, version }), schema);
      schema = apply(schema, statement.node);
      return { statement, analysis };
    });
    return inFile(analyses, setting).map((found) => ({ file: file.name, ...found }));
  });
}

/** @throws UnreadableSql which names the file */
export function statementsOf({ name, sql }: MigrationFile): Statement[] {
  try {
    return parseSql(sql);
  } catch (error) {
    if (error instanceof UnreadableSql) error.message = `${name}, ${error.message}`;
    throw error;
  }
}

/** A file is run in a transaction, except one that holds a statement for which that cannot be. */
export function needsNoTransaction(file: MigrationFile, version: number): boolean {
  return statementsOf(file).some((statement) => analyze(statement, { schema: EMPTY, version }).outside);
}

/**
 * Nobody who reads or writes the table waits while this waits: it may do so until the transactions that were before it have ended,
 * as `CREATE INDEX CONCURRENTLY` must. Not so the second half of a DETACH, which locks the partition.
 */
export function isPatient(statement: Statement, version: number): boolean {
  const { outside, effects } = analyze(statement, { schema: EMPTY, version });
  const isBeside = effects.length > 0 && effects.every(({ mode }) => mode === "ShareUpdateExclusive");
  return outside && isBeside && !("AlterTableStmt" in statement.node);
}

/** What is left of a statement where nobody uses what it locks, or what goes by it. */
function inUse(analysis: Analysis, schema: Schema): Analysis {
  return {
    ...analysis,
    effects: analysis.effects.filter(({ table }) => !isFresh(schema, table)),
    goes: analysis.goes.filter(({ table = "" }) => !isFresh(schema, table)),
  };
}

interface Analyzed {
  statement: Statement;
  analysis: Analysis;
}

type Found = Omit<Refusal, "file">;

function inFile(analyzed: readonly Analyzed[], { phase }: Setting): Found[] {
  const isOutside = analyzed.some(({ analysis }) => analysis.outside);
  const alone = analyzed.flatMap((each) => ofStatement(each, phase));
  return [...alone, ...(isOutside ? outside(analyzed) : held(analyzed))].sort((a, b) => a.line - b.line);
}

function ofStatement({ statement, analysis }: Analyzed, phase: Phase): Found[] {
  const found = (rule: RuleName, what: string, why: string, safe: readonly string[]): Found => ({
    line: statement.line,
    rule,
    what,
    why,
    safe,
    source: sourceOf(rule),
  });
  const locks = analysis.effects.flatMap((effect) => {
    const harm = harmOf(effect);
    return harm ? [found(effect.rule ?? "unknown", harm.what, harm.why, effect.safe ?? [])] : [];
  });
  const gone = (phase === "expand" ? analysis.goes : []).map(({ what }) =>
    found("goes", `${what} goes`, "The version before still serves in this phase, and fails where it uses it.", [
      "Do it in a contract, when the environment of the version before is gone",
      "and in the expand before only add: what is new beside what is old, both written by the new version",
    ]),
  );
  const flaws = analysis.flaws.map(({ rule, what, safe }) => found(rule, what, WHY[rule] ?? "", safe));
  // One statement may be refused for the same on both of its tables: it is said once for each table, and once for each rule.
  return [...locks, ...gone, ...flaws].filter(
    (each, index, all) => all.findIndex((other) => other.rule === each.rule && other.what === each.what) === index,
  );
}

const WHY: { [K in RuleName]?: string } = {
  "add-column-not-null":
    "It fails as soon as the table has a row; and the version before, which does not know the column, could insert none.",
  "all-rows": "Who changes one of these rows waits until the whole of it is done.",
  "lock-timeout":
    "A statement that waits for its lock keeps all waiting that come after it, so that it must give up soon.",
  "own-transaction":
    "The job records in the same transaction that the file was run: one that ends early leaves half of it done.",
  unknown: "What it locks, and for how long, cannot be told from the file.",
};

const DONE: Record<Exclude<Effect["work"], "none">, string> = {
  scan: "all of its rows are read",
  index: "an index is built of all of its rows",
  rewrite: "all of its rows are written anew",
  rows: "rows are changed, of which nobody can say how many",
};

/** What a lock does to those who use the table, where it lasts or could be had weaker. */
function harmOf({ table, mode, work, avoidable }: Effect): { what: string; why: string } | undefined {
  const waiting = waitBehind(mode);
  if (work === "rows") {
    return {
      what: `${DONE.rows} in one transaction, of "${table}"`,
      why: `Who changes one of them waits until all are done.`,
    };
  }
  if (waiting === "nobody" || (work === "none" && !avoidable)) return undefined;
  const lock = `"${table}" is locked in mode ${spokenMode(mode)}`;
  if (work === "none")
    return {
      what: `${lock}, which is not needed`,
      why: `The ${waiting} of it wait, and behind it all that come after.`,
    };
  return {
    what: `${lock} while ${DONE[work]}`,
    why: `The ${waiting} of it wait for as long as that takes, which grows with the table.`,
  };
}

/** A lock is held until the transaction ends: what comes after it in the file makes it last. */
function held(analyzed: readonly Analyzed[]): Found[] {
  const locked = new Map<string, number>();
  return analyzed.flatMap(({ statement, analysis }) => {
    const own = analysis.effects.filter(({ mode }) => waitBehind(mode) !== "nobody").map(({ table }) => table);
    const lasting = analysis.effects.find(({ work }) => work !== "none");
    const [first] = [...locked].filter(([table]) => lasting || (own.length > 0 && !own.includes(table)));
    for (const table of own) if (!locked.has(table)) locked.set(table, statement.line);
    if (!first) return [];
    const [table, line] = first;
    return [
      {
        line: statement.line,
        rule: "held-lock" as const,
        what: `"${table}" stays locked from line ${line} on, while ${lasting ? DONE[lasting.work as keyof typeof DONE] : `the lock of "${own[0]}" is waited for`}`,
        why: "A lock is held until its transaction ends, and a file is run in one.",
        safe: ["Move this statement into a file of its own, after this one"],
        source: sourceOf("held-lock"),
      },
    ];
  });
}

/** Without a transaction a file may stop between any two statements, and is run again from its first. */
function outside(analyzed: readonly Analyzed[]): Found[] {
  // Stopped half way it can only be finished by FINALIZE, as the server says then: alone in its file it is changed into that.
  if (analyzed.length === 1 && analyzed.every(({ statement }) => "AlterTableStmt" in statement.node)) return [];
  const dropped = new Set(analyzed.flatMap(({ statement }) => droppedIndexes(statement)));
  return analyzed.flatMap(({ statement, analysis }) => {
    const index = createdIndex(statement);
    if (analysis.repeatable || (index !== undefined && dropped.has(index))) return [];
    const isIndex = index !== undefined;
    return [
      {
        line: statement.line,
        rule: isIndex || analysis.outside ? ("not-repeatable" as const) : ("own-transaction" as const),
        what: isIndex
          ? `the index "${index}" stays behind, invalid, where it could not be built, and is in the way of a second run`
          : "the statement is run without a transaction, as the file holds one for which there can be none, and a second run meets what the first has done",
        why: "A run that was stopped, or waited too long for a lock, must be finished by the next one.",
        safe: isIndex
          ? [`DROP INDEX CONCURRENTLY IF EXISTS ${index}, before it in the same file`, statement.text]
          : ["Move it into a file of its own"],
        source: sourceOf(isIndex ? "not-repeatable" : "own-transaction"),
      },
    ];
  });
}

function createdIndex({ node }: Statement): string | undefined {
  return "IndexStmt" in node && node.IndexStmt.concurrent ? (node.IndexStmt.idxname ?? "") : undefined;
}

function droppedIndexes({ node }: Statement): string[] {
  const drop = "DropStmt" in node ? node.DropStmt : undefined;
  if (drop?.removeType !== "OBJECT_INDEX" || !drop.concurrent || !drop.missing_ok) return [];
  return (drop.objects ?? []).map((object) => {
    const names = "List" in object ? (object.List.items ?? []) : [];
    const last = names.at(-1);
    return last && "String" in last ? (last.String.sval ?? "") : "";
  });
}

function sourceOf(name: RuleName): string {
  const { source, since }: Rule = RULES[name];
  if (name === "unknown") return source; // no sentence of the manual's
  return `PostgreSQL 18's manual, ${source}${since ? ` So from PostgreSQL ${since} on.` : ""}`;
}
