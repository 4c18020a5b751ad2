import { hasSqlDetails, loadModule, type Node, parseSync, scanSync } from "libpg-query";

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

/** The parser is PostgreSQL 18's, compiled to WebAssembly: it is there when this has resolved. */
export const parserReady: Promise<void> = loadModule();

/**
 * The statements of a file, after `parserReady`.
 *
 * @throws UnreadableSql
 */
export function parseSql(sql: string): Statement[] {
  const bytes = Buffer.from(sql); // the parser counts in bytes
  const lineAt = (offset: number) => bytes.subarray(0, offset).toString().split("\n").length;
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

const COMMENTS = new Set(["SQL_COMMENT", "C_COMMENT"]);
