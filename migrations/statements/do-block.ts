import type { DoStmt } from "libpg-query";
import { analyze } from "../analyze";
import type { Analysis, Context, Flaw } from "../effect";
import { parsePlPgSql, parseSql, type Statement } from "../parse";
import { of, strings } from "../tree";

/**
 * What a `DO` block does: all that the statements in it do, and where it commits between them, each in a transaction of its own,
 * so that PostgreSQL takes it outside of a transaction block only (DO: "If DO is executed in a transaction block, then the procedure
 * code cannot execute transaction control statements").
 */
export function doBlock({ args = [] }: DoStmt, statement: Statement, context: Context): Partial<Analysis> {
  const option = (name: string) =>
    args.flatMap((arg) => {
      const found = of("DefElem", arg);
      return found?.defname === name && found.arg ? strings([found.arg]) : [];
    })[0];
  if ((option("language") ?? "plpgsql") !== "plpgsql") {
    return { flaws: [unseen("a DO block in another language than PL/pgSQL")] };
  }
  const parts = piecesOf(parsePlPgSql(statement.text));
  const inside: Analysis[] = [];
  const flaws: Flaw[] = [];
  for (const { sql, repeats } of parts.queries) {
    for (const each of parseSql(sql)) {
      const analysis = analyze(each, context);
      inside.push(analysis);
      const changes = analysis.effects.some(({ mode }) => mode === "RowExclusive");
      if (repeats && changes && !parts.commits) {
        flaws.push({
          rule: "all-rows",
          what: "a loop changes rows over and over in one transaction, and each stays locked until its end",
          safe: ["COMMIT at the end of each turn"],
        });
      }
    }
  }
  if (parts.dynamic) flaws.push(unseen("an EXECUTE in a DO block, whose text is not known before it runs"));
  return {
    effects: inside.flatMap(({ effects }) => effects),
    goes: inside.flatMap(({ goes }) => goes),
    flaws: [...inside.flatMap((each) => each.flaws), ...flaws],
    outside: parts.commits,
    repeatable: parts.commits,
  };
}

/** What cannot be read here, and so is refused. */
export function unseen(what: string): Flaw {
  return { rule: "unknown", what, safe: ["Write the statements themselves into the file"] };
}

interface Pieces {
  queries: { sql: string; repeats: boolean }[];
  commits: boolean;
  dynamic: boolean;
}

/** The SQL of a PL/pgSQL tree, whose nodes are named like `PLpgSQL_stmt_execsql`. */
function piecesOf(tree: unknown): Pieces {
  const found: Pieces = { queries: [], commits: false, dynamic: false };
  const walk = (value: unknown, repeats: boolean) => {
    if (Array.isArray(value)) for (const each of value) walk(each, repeats);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "PLpgSQL_stmt_commit") found.commits = true;
      if (key.startsWith("PLpgSQL_stmt_dyn")) found.dynamic = true;
      const query = (inner as { sqlstmt?: { PLpgSQL_expr?: { query?: string } } } | null)?.sqlstmt?.PLpgSQL_expr?.query;
      if (key === "PLpgSQL_stmt_execsql" && query) found.queries.push({ sql: query, repeats });
      walk(inner, repeats || /^PLpgSQL_stmt_(loop|while|for)/.test(key));
    }
  };
  walk(tree, false);
  return found;
}
