import type { Answer, ApiClient, Manifest } from "./client";

interface Owner {
  manager: string;
  operation: "Apply" | "Update";
  subresource?: string;
  fieldsV1: object;
}

/**
 * What Pulumi's Kubernetes provider sends, in the order in which it sends it, as its source has it (pulumi-kubernetes,
 * `provider/pkg/await/await.go`, of July 2026; with Flux's `ssa/patch.go`). The provider itself is in no Go module, so that
 * it cannot be run here.
 *
 * An object is *created* by a plain POST of the manager `pulumi-kubernetes`. An *update* first moves to the object's own
 * manager, `pulumi-kubernetes-` with eight random characters (`__fieldManager` in the stack's state), whatever was written
 * by POST or PATCH under a name that begins with `kubectl` or `pulumi-kubernetes`; then it applies the whole object, not by
 * force. A *preview* moves nothing, and is forced only where `pulumi-kubernetes` itself has written.
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
    const force = (await this.owners(object)).some(
      ({ manager, operation }) => manager === CREATOR && operation === "Update",
    );
    return this.client.apply(object, { manager: this.manager, force, dryRun: true });
  }

  async update(object: Manifest): Promise<Answer> {
    await this.adopt(object);
    return this.client.apply(object, { manager: this.manager });
  }

  private async adopt(object: Manifest): Promise<void> {
    const owners = await this.owners(object);
    const own = owners.find(({ manager, operation }) => manager === this.manager && operation === "Apply");
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

  private async owners(object: Manifest): Promise<Owner[]> {
    const { body } = await this.client.get(object);
    return body.metadata.managedFields ?? [];
  }
}

const CREATOR = "pulumi-kubernetes";
const ADOPTED = {
  Apply: ["kubectl"],
  Update: ["kubectl", "before-first-apply", CREATOR, "pulumi-resource-kubernetes"],
};

/** Of two sets of fields, each a tree of names. */
function union(one: object, other: object): object {
  const merged: Record<string, object> = { ...one };
  for (const [name, fields] of Object.entries(other)) merged[name] = union(merged[name] ?? {}, fields);
  return merged;
}
