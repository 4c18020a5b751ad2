import { actionOf, defaultActionOf, groupsOf } from "./actions";
import { fullName, isForeignKind, recordsOf } from "./dns";
import type { Inventory } from "./inventory";
import { kindOf, Live, type Resource } from "./resources";
import { RULES, type RuleName } from "./rules";

/** Why AWS refuses to create a resource; nothing if it does not. */
export function refusesCreation(resource: Resource, inventory: Inventory): string | undefined {
  const kind = kindOf(resource.type);
  if (!kind) return undefined;
  const wanted = new Live(kind, resource);
  const others = inventory.all(kind);
  const broken: Partial<Record<typeof kind, [RuleName, () => boolean]>> = {
    rule: ["priority-in-use", () => others.some((other) => samePlace(other, wanted))],
    record: [
      "record-exists",
      () => !wanted.flag("allowOverwrite") && others.some((other) => sameRecord(other, wanted, inventory)),
    ],
    group: ["name-in-use", () => others.some((other) => sameName(other, wanted))],
    balancer: ["name-in-use", () => others.some((other) => sameName(other, wanted))],
    service: ["service-needs-attached-group", () => !groupsAreAttached(wanted, inventory)],
  };
  const [rule, applies] = broken[kind] ?? [];
  return rule && applies?.() ? RULES[rule].says : refusesForward(wanted, inventory);
}

/** Why AWS refuses a rule's or a listener's action, on its creation or its update; nothing if it does not. */
export function refusesForward(wanted: Live, inventory: Inventory): string | undefined {
  const groups = forwardedGroups(wanted, inventory);
  const balancer = balancerOf(wanted, inventory);
  const elsewhere = [...inventory.all("listener"), ...inventory.all("rule")].filter(
    (other) => balancerOf(other, inventory) !== balancer,
  );
  const taken = elsewhere.some((other) => forwardedGroups(other, inventory).some((group) => groups.includes(group)));
  return taken ? RULES["one-balancer-a-group"].says : undefined;
}

/** Why AWS refuses to delete a resource; nothing if it does not. */
export function refusesDeletion(item: Live, inventory: Inventory): string | undefined {
  if (item.kind === "group" && referencedGroups(inventory).has(item)) return RULES["group-in-use"].says;
  if (item.kind === "balancer" && item.flag("enableDeletionProtection")) return RULES["deletion-protection"].says;
  if (item.kind === "zone" && !item.flag("forceDestroy") && recordsOf(item, inventory).length > 0) {
    return RULES["zone-not-empty"].says;
  }
  return undefined;
}

function samePlace(one: Live, other: Live): boolean {
  const priority = other.text("priority") ?? other.props.priority;
  return (
    priority !== undefined &&
    one.text("listenerArn") === other.text("listenerArn") &&
    one.number("priority", -1) === other.number("priority", -2)
  );
}

function sameRecord(one: Live, other: Live, inventory: Inventory): boolean {
  const zones = inventory.all("zone");
  const identity = (record: Live) =>
    [fullName(record, zones), record.text("zoneId"), record.text("type"), record.text("setIdentifier")].join(" ");
  return identity(one) === identity(other);
}

function sameName(one: Live, other: Live): boolean {
  return other.text("name") !== undefined && one.text("name") === other.text("name");
}

/** The groups of this cloud in a rule's or a listener's action. */
function forwardedGroups(item: Live, inventory: Inventory): Live[] {
  if (item.kind !== "rule" && item.kind !== "listener") return [];
  const action = item.kind === "rule" ? actionOf(item.objects("actions")) : defaultActionOf(item);
  const groups = groupsOf(action).map((reference) => inventory.find("group", reference));
  return groups.filter((group) => group !== undefined);
}

function balancerOf(item: Live, inventory: Inventory): string | undefined {
  const listener = item.kind === "listener" ? item : inventory.find("listener", item.text("listenerArn"));
  const reference = listener?.text("loadBalancerArn") ?? item.text("listenerArn");
  return inventory.find("balancer", reference)?.key ?? reference;
}

/** The groups in the actions of every rule and listener. */
function referencedGroups(inventory: Inventory): Set<Live | undefined> {
  return new Set(
    [...inventory.all("listener"), ...inventory.all("rule")].flatMap((item) => forwardedGroups(item, inventory)),
  );
}

/** Only an Application Load Balancer's rules are simulated: with another kind here, a group may be attached to that. */
function groupsAreAttached(service: Live, inventory: Inventory): boolean {
  if (inventory.all("balancer").some(isForeignKind)) return true;
  const attached = referencedGroups(inventory);
  return service
    .objects("loadBalancers")
    .map(({ targetGroupArn }) => inventory.find("group", String(targetGroupArn)))
    .every((group) => group === undefined || attached.has(group));
}
