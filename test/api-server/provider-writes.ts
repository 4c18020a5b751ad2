import type { Answer, ApiClient, Manifest } from "./client";

interface Owner {
  manager: string;
  operation: "Apply" | "Update";
  subresource?: string;
  fieldsV1: object;
}

/**
 * What Pulumi's Kubernetes provider sends, in the order in which it sends it, as its source has it (pulumi-kubernetes 4.32,
 * `provider/pkg/await/await.go`; Flux, `ssa/patch.go`). The provider is in no Go module, so that it cannot be built here.
 *
 * An object is *created* by a plain POST of the manager `pulumi-kubernetes`. An *update* first moves to the object's own
 * manager, `pulumi-kubernetes-` with eight random characters (`__fieldManager` in the stack's state), what was written by POST
 * or PATCH under a name that begins with `kubectl` or `pulumi-kubernetes`; then it applies the whole object, not by force. A
 * *preview* moves nothing, and is forced only where `pulumi-kubernetes` itself has written.
 */
export class ProviderWrites {
  constructor(
    private readonly client: ApiClient,
    /** `__fieldManager` */
    readonly manager: string,
  ) {}

  create(object: Manifest): Promise<Answer> {
    return this.client.create(object, { manager: CREATOR });
  }

  async preview(object: Manifest): Promise<Answer> {
    const owners = ownersOf(await this.live(object));
    const force = owners.some(({ manager, operation }) => manager === CREATOR && operation === "Update");
    return this.client.apply(object, { manager: this.manager, force, dryRun: true });
  }

  /** @param ignored fields of the `spec` that `ignoreChanges` names */
  async update(object: Manifest, ignored: string[] = []): Promise<Answer> {
    await this.adopt(object);
    const live = await this.live(object);
    const kept = ignored.map((field) => [field, this.keptOf(live, field)]);
    const spec = { ...(object.spec as object), ...Object.fromEntries(kept) };
    return this.client.apply({ ...object, spec }, { manager: this.manager });
  }

  private async adopt(object: Manifest): Promise<void> {
    const owners = ownersOf(await this.live(object));
    const own = owners.find((owner) => this.isOwn(owner));
    const taken = owners.filter(
      (owner) =>
        owner !== own && !owner.subresource && ADOPTED[owner.operation].some((name) => owner.manager.startsWith(name)),
    );
    if (taken.length === 0) return;
    const rest = owners.filter((owner) => owner !== own && !taken.includes(owner));
    const [first, ...more] = own ? [own, ...taken] : taken;
    const fieldsV1 = more.reduce((fields, owner) => union(fields, owner.fieldsV1), first?.fieldsV1 ?? {});
    const value = [...rest, { ...first, manager: this.manager, operation: "Apply", fieldsV1 }];
    await this.client.patch(object, "json", [{ op: "replace", path: "/metadata/managedFields", value }]);
  }

  /** What it says of a field that it is to ignore: nothing where that is another's alone, else what is there. */
  private keptOf(live: Manifest, field: string): unknown {
    const owners = ownersOf(live).filter(({ fieldsV1 }) =>
      Object.hasOwn(Object(Object(fieldsV1)["f:spec"]), `f:${field}`),
    );
    const isOthers = owners.length > 0 && !owners.some((owner) => this.isOwn(owner));
    return isOthers ? undefined : Object(live.spec)[field];
  }

  private isOwn({ manager, operation }: Owner): boolean {
    return manager === this.manager && operation === "Apply";
  }

  private async live(object: Manifest): Promise<Manifest> {
    return (await this.client.get(object)).body;
  }
}

const CREATOR = "pulumi-kubernetes";
const ADOPTED = {
  Apply: ["kubectl"],
  Update: ["kubectl", "before-first-apply", CREATOR, "pulumi-resource-kubernetes"],
};

const ownersOf = ({ metadata }: Manifest) => (metadata.managedFields ?? []) as Owner[];

/** Of two sets of fields, each a tree of names. */
function union(one: object, other: object): object {
  const merged: Record<string, object> = { ...one };
  for (const [name, fields] of Object.entries(other)) merged[name] = union(merged[name] ?? {}, fields);
  return merged;
}
