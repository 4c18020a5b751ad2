import type { Node } from "libpg-query";

/** One statement of a file. */
export interface Statement {
  /** The kind and the tree that PostgreSQL's own parser makes of it. */
  node: Node;
  text: string;
  /** Counted from 1, of its first word. */
  line: number;
}

/** SQL that PostgreSQL would not read. */
export class UnreadableSql extends Error {
  constructor(
    readonly line: number,
    reason: string,
  ) {
    super(`line ${line}: ${reason}`);
  }
}

type Parser = typeof import("libpg-query");

let parser: Parser | undefined;

/** Loads the parser, PostgreSQL 18's compiled to WebAssembly. It takes some 100 ms, which who reads no SQL has no use for. */
export async function loadParser(): Promise<void> {
  if (parser) return;
  const loaded = await import("libpg-query");
  await loaded.loadModule();
  parser = loaded;
}

/** @throws where `loadParser` has not been waited for */
function loaded(): Parser {
  if (!parser) throw new Error("SQL is read before its parser is loaded");
  return parser;
}

/**
 * The statements of a file, after `loadParser`.
 *
 * @throws UnreadableSql
 */
export function parseSql(sql: string): Statement[] {
  const bytes = Buffer.from(sql); // the parser counts in bytes
  const lineAt = (offset: number) => bytes.subarray(0, offset).toString().split("\n").length;
  const { hasSqlDetails, parseSync, scanSync } = loaded();
  try {
    const words = scanSync(sql).tokens.filter(({ tokenName }) => !COMMENTS.has(tokenName));
    return (parseSync(sql).stmts ?? []).flatMap(({ stmt, stmt_location = 0, stmt_len }) => {
      const start = words.find((word) => word.start >= stmt_location)?.start ?? stmt_location;
      const end = stmt_len ? stmt_location + stmt_len : bytes.length;
      const text = bytes.subarray(start, end).toString().trim();
      return stmt ? [{ node: stmt, text, line: lineAt(start) }] : [];
    });
  } catch (error) {
    const { message } = error as Error;
    throw new UnreadableSql(hasSqlDetails(error) ? lineAt(error.sqlDetails?.cursorPosition ?? 0) : 1, message);
  }
}

/** The tree of a `DO` statement's body, which is PL/pgSQL. */
export function parsePlPgSql(statement: string): unknown {
  return loaded().parsePlPgSQLSync(statement);
}

const COMMENTS = new Set(["SQL_COMMENT", "C_COMMENT"]);
