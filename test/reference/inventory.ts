import { type Kind, kindOf, Live, type Resource } from "./resources";

/** The resources that are in the cloud, found by ARN, id, URN or name. */
export class Inventory {
  private readonly live = new Set<Live>();
  /** Every reference that ever named a resource here: what is in none of them belongs to another stack. */
  private readonly known = new Set<string>();

  add(resource: Resource): Live | undefined {
    const kind = kindOf(resource.type);
    if (!kind) return undefined;
    const item = new Live(kind, resource);
    this.live.add(item);
    this.remember(item);
    return item;
  }

  update(item: Live, resource: Resource): void {
    item.update(resource);
    this.remember(item);
  }

  remove(item: Live): void {
    this.live.delete(item);
  }

  all(kind: Kind): Live[] {
    return [...this.live].filter((item) => item.kind === kind);
  }

  /** What a property refers to. */
  find(kind: Kind, reference: string | undefined): Live | undefined {
    if (reference === undefined) return undefined;
    return this.all(kind).find((item) => namesOf(item).includes(reference));
  }

  /** The resource that an update or a deletion means: by its id, for a replacement and its original share a URN. */
  current(resource: Resource): Live | undefined {
    const same = [...this.live].filter((item) => item.resource.urn === resource.urn);
    if (same.length < 2) return same[0];
    const own = idOf(resource);
    return same.find((item) => idOf(item.resource) === own) ?? same.at(-1);
  }

  /** Whether a reference never named anything here. */
  isForeign(kind: Kind, reference: string): boolean {
    return !this.known.has(`${kind} ${reference}`);
  }

  private remember(item: Live): void {
    for (const name of namesOf(item)) this.known.add(`${item.kind} ${name}`);
  }
}

function namesOf(item: Live): (string | undefined)[] {
  return [
    item.text("arn"),
    item.resource.id,
    item.text("id"),
    item.resource.urn,
    item.text("name"),
    item.text("zoneId"),
  ];
}

function idOf({ id, outputs }: Resource): unknown {
  return id ?? outputs?.id ?? outputs?.arn;
}
