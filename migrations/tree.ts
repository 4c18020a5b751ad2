import type { Node, RangeVar, TypeName } from "libpg-query";

/** The members of a union of single-key objects, by key: what a node of this kind holds. */
type Kinds<T> = T extends T ? { [K in keyof T]: T[K] } : never;
type Merged<T> = (T extends T ? (kinds: Kinds<T>) => void : never) extends (kinds: infer K) => void ? K : never;
export type NodeKinds = Merged<Node>;
export type NodeKind = keyof NodeKinds;

/** What a node holds, if it is of that kind. */
export function of<K extends NodeKind>(kind: K, node: Node | undefined): NodeKinds[K] | undefined {
  return node && kind in node ? (node as unknown as NodeKinds)[kind] : undefined;
}

export function kindOf(node: Node): NodeKind {
  return Object.keys(node)[0] as NodeKind;
}

/** A relation as it is told and compared: `orders`, and `archive.orders` outside of the schema `public`. */
export function relationName(relation: RangeVar | undefined): string {
  return qualified([relation?.schemaname ?? "", relation?.relname ?? ""]);
}

/** The same of a name in parts, as `DROP` has it. */
export function listedName(node: Node | undefined): string {
  const items = of("List", node)?.items ?? of("TypeName", node)?.names ?? (node ? [node] : []);
  return qualified(strings(items));
}

export function qualified(parts: readonly string[]): string {
  return parts
    .filter((part, index) => part !== "" && !(index === 0 && parts.length > 1 && part === "public"))
    .join(".");
}

export function strings(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => of("String", node)?.sval ?? []);
}

/** A column's type: its name without `pg_catalog`, and what stands in its parentheses. */
export interface ColumnType {
  name: string;
  mods: number[];
  isArray: boolean;
}

export function columnType(type: TypeName | undefined): ColumnType {
  const names = strings(type?.names).filter((name) => name !== "pg_catalog");
  return {
    name: qualified(names),
    mods: (type?.typmods ?? []).flatMap((mod) => {
      const constant = of("A_Const", mod);
      return constant && "ival" in constant ? [constant.ival?.ival ?? 0] : [];
    }),
    isArray: (type?.arrayBounds ?? []).length > 0,
  };
}

/** An option such as `CONCURRENTLY` in parentheses, which is on unless it says `false`. */
export function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  return (options ?? []).some((option) => {
    const found = of("DefElem", option);
    if (found?.defname?.toLowerCase() !== name) return false;
    const value = found.arg && (of("Boolean", found.arg)?.boolval ?? strings([found.arg])[0]);
    return value === undefined || value === true || ["true", "on", "1"].includes(String(value));
  });
}

/** All nodes of a kind in a tree, at any depth. */
export function within<K extends NodeKind>(kind: K, tree: unknown): NodeKinds[K][] {
  if (Array.isArray(tree)) return tree.flatMap((each) => within(kind, each));
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => [
    ...(key === kind ? [value as NodeKinds[K]] : []),
    ...within(kind, value),
  ]);
}
