import { beforeAll, describe, expect, test } from "vitest";
import { loadParser, needsNoTransaction, type Phase, refusals, UnreadableSql } from "../migrations";

beforeAll(loadParser);

const BEFORE = `
  CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20), user_id bigint);
  CREATE TABLE users (id bigint PRIMARY KEY, name text);
  CREATE INDEX orders_note ON orders (note);
`;

/** The rules by which a file is refused, each with its line. */
function rulesOf(sql: string | string[], phase: Phase = "expand", version = 16): string[] {
  const files = [sql].flat().map((text, at) => ({ name: `${at + 2}.sql`, sql: text }));
  const found = refusals([{ name: "1.sql", sql: BEFORE }], files, { phase, version });
  return found.map(({ file, line, rule }) => (files.length > 1 ? `${file}:${line} ${rule}` : `${line} ${rule}`));
}

const BATCH = "UPDATE orders SET note = 'x' WHERE id IN (SELECT id FROM orders WHERE note IS NULL LIMIT 1000)";

describe("what nobody uses yet may be locked", () => {
  const made = "CREATE TABLE parcels (id bigint, order_id bigint)";
  test.each([
    "CREATE INDEX parcels_order ON parcels (order_id)",
    "ALTER TABLE parcels ADD PRIMARY KEY (id)",
    "ALTER TABLE parcels ALTER COLUMN id TYPE text",
    "ALTER TABLE parcels DROP COLUMN order_id",
    "ALTER TABLE parcels RENAME TO packets",
    "UPDATE parcels SET order_id = 1",
    "LOCK TABLE parcels",
    "TRUNCATE parcels",
    "DROP TABLE parcels",
  ])("%s", (sql) => {
    expect(rulesOf(`${made}; ${sql}`)).toEqual([]);
    expect(rulesOf([made, sql])).toEqual([]);
    const known = refusals([{ name: "1.sql", sql: made }], [{ name: "2.sql", sql }], { phase: "expand", version: 16 });
    expect(known).not.toEqual([]); // it has been run, and is in use
  });
});

describe("what the version before may use", () => {
  test.each([
    "ALTER TABLE orders DROP COLUMN note",
    "ALTER TABLE orders RENAME COLUMN note TO remark",
    "ALTER TABLE orders RENAME TO purchases",
    "ALTER TABLE orders SET SCHEMA archive",
    "ALTER TABLE orders DROP CONSTRAINT orders_pkey",
    "DROP TABLE users",
    "REVOKE SELECT ON orders FROM app",
  ])("%s", (sql) => {
    expect(rulesOf(sql, "expand")).toEqual(["1 goes"]);
    expect(rulesOf(sql, "contract")).toEqual([]);
  });
});

describe("a file is run in one transaction", () => {
  test("whose locks are held until its end", () => {
    expect(
      rulesOf(`
        ALTER TABLE orders ADD COLUMN a int;
        ALTER TABLE orders ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
        ALTER TABLE orders VALIDATE CONSTRAINT positive;
        ALTER TABLE users ADD COLUMN b int;
      `),
    ).toEqual(["4 held-lock", "5 held-lock"]);
    expect(
      rulesOf([
        "ALTER TABLE orders ADD COLUMN a int; ALTER TABLE orders ADD CONSTRAINT positive CHECK (a > 0) NOT VALID",
        "ALTER TABLE orders VALIDATE CONSTRAINT positive",
        "ALTER TABLE users ADD COLUMN b int",
      ]),
    ).toEqual([]);
  });

  test("and without, where a statement in it cannot be in one: then a second run must finish the first", () => {
    const build = "CREATE INDEX CONCURRENTLY by_user ON orders (user_id)";
    expect(rulesOf(build)).toEqual(["1 not-repeatable"]);
    expect(rulesOf(`DROP INDEX CONCURRENTLY IF EXISTS by_user; ${build}`)).toEqual([]);
    expect(rulesOf(`DROP INDEX CONCURRENTLY IF EXISTS other; ${build}`)).toEqual(["1 not-repeatable"]);
    expect(rulesOf(`VACUUM orders;\nALTER TABLE orders ADD COLUMN a int`)).toEqual(["2 own-transaction"]);
    expect(needsNoTransaction({ name: "1.sql", sql: build }, 16)).toBe(true);
    expect(needsNoTransaction({ name: "1.sql", sql: "ALTER TYPE s ADD VALUE 'x'" }, 11)).toBe(true);
    expect(needsNoTransaction({ name: "1.sql", sql: "ALTER TYPE s ADD VALUE 'x'" }, 12)).toBe(false);
  });

  test.each(["BEGIN", "COMMIT", "ROLLBACK"])("which is the job's to begin and to end: %s", (sql) => {
    expect(rulesOf(sql)).toEqual(["1 own-transaction"]);
  });
});

describe("a DO block is what is in it", () => {
  const block = (body: string) => `DO $$ BEGIN ${body}; END $$`;
  test.each([
    [block(`LOOP ${BATCH}; EXIT WHEN NOT FOUND; COMMIT; END LOOP`), []],
    [block(`LOOP ${BATCH}; EXIT WHEN NOT FOUND; END LOOP`), ["1 all-rows"]],
    [block("IF true THEN UPDATE orders SET note = 'x'; END IF"), ["1 all-rows"]],
    [block("CREATE INDEX by_user ON orders (user_id)"), ["1 create-index"]],
    [block("EXECUTE 'DROP TABLE ' || 'orders'"), ["1 unknown"]],
    ["DO LANGUAGE plpython3u $$ pass $$", ["1 unknown"]],
  ])("%s", (sql, rules) => {
    expect(rulesOf(sql)).toEqual(rules);
  });
});

test("a partition is detached beside its users in a file of its own, which only FINALIZE can finish", () => {
  const detach = "ALTER TABLE events DETACH PARTITION old CONCURRENTLY";
  expect(rulesOf(detach)).toEqual([]);
  expect(rulesOf(`${detach}; CREATE TABLE other (id int)`)).toContain("1 not-repeatable");
});

test.each([
  ["CALL fill()", ["1 unknown"]],
  ["SELECT fill()", ["1 unknown"]],
  ["SELECT setval('orders_id_seq', 7)", []],
  ["SET lock_timeout = 0; ALTER TABLE orders ADD COLUMN a int", ["1 lock-timeout"]],
  ["RESET lock_timeout", ["1 lock-timeout"]],
  ["SET lock_timeout = '1s'; ALTER TABLE orders ADD COLUMN a int", []],
  ["DELETE FROM nowhere WHERE id = 1", ["1 all-rows"]],
  ["ALTER TABLE nowhere ALTER COLUMN a TYPE text", ["1 column-type"]],
])("what cannot be known counts as the worst: %s", (sql, rules) => {
  expect(rulesOf(sql)).toEqual(rules);
});

test("how it is done without harm, and from which version on, is said with the manual's sentence", () => {
  const [found] = refusals(
    [{ name: "1.sql", sql: BEFORE }],
    [{ name: "2.sql", sql: "-- everybody has one\nALTER TABLE orders\n  ALTER COLUMN user_id SET NOT NULL" }],
    { phase: "expand", version: 16 },
  );
  expect(found).toMatchObject({ file: "2.sql", line: 2, rule: "set-not-null" });
  expect(found?.safe).toEqual([
    "ALTER TABLE orders ADD CONSTRAINT orders_user_id_not_null CHECK (user_id IS NOT NULL) NOT VALID",
    "ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_not_null, in a later transaction",
    "ALTER TABLE orders ALTER COLUMN user_id SET NOT NULL",
    "ALTER TABLE orders DROP CONSTRAINT orders_user_id_not_null",
  ]);
  expect(found?.source).toMatch(/scanning the entire table.*So from PostgreSQL 12 on\./);
  const call = refusals([], [{ name: "2.sql", sql: "CALL fill()" }], { phase: "expand", version: 16 });
  expect(call.map(({ source }) => source)).toEqual(["What is not known to be harmless is taken not to be."]);
  // As it says, it passes.
  const [add, validate, set, drop] = found?.safe.map((each) => each.replace(", in a later transaction", "")) ?? [];
  expect(rulesOf([`${add}`, `${validate}`, `${set}; ${drop}`])).toEqual([]);
});

test("SQL that PostgreSQL would not read is told with its line", () => {
  const read = () => rulesOf("ALTER TABLE orders ADD COLUMN ä int;\n\nALTER TABEL orders ADD b int;");
  expect(read).toThrow(UnreadableSql);
  expect(read).toThrow('2.sql, line 3: syntax error at or near "TABEL"');
});
