import type * as pulumi from "@pulumi/pulumi";
import { AwsCallError } from "../live/asked";
import type { AwsClients } from "../live/aws-clients";
import { readBalancersOf, readRulesOn } from "../live/balancer";
import { readRecords } from "../live/records";
import { readRule, readRules } from "../live/rule";
import { at, dnsNameOf, ledToBy, list, nameOf, number, servesBy, text, weightsIn } from "../traffic";
import type { ProgramHooks, RecordShare } from "./program-hooks";

/**
 * Before a change of what the program gives no request, whether live users reach it all the same: somebody may have moved the
 * weights beside Pulumi, by `crossfade rollback` or by hand, and neither the state nor a policy pack knows.
 */

/** @throws Error where it serves on the wire, or that cannot be told. What the program gives requests is not its business. */
export async function refuseUpdate(args: pulumi.ResourceHookArgs, program: ProgramHooks): Promise<void> {
  await guard(args, "update", program, async (clients) => {
    for (const group of groupsBehind(args)) {
      const why = await routedTo(group, program, clients);
      if (why !== undefined) return why;
    }
    return undefined;
  });
}

/** As `refuseUpdate`, of a resource that has no target group among its own properties. */
export async function refuseUpdateBehind(
  group: string | undefined,
  args: pulumi.ResourceHookArgs,
  program: ProgramHooks,
): Promise<void> {
  if (group === undefined) return;
  await guard(args, "update", program, (clients) => routedTo(group, program, clients));
}

/**
 * Before a rule leaves out a group to which the state gives no weight: what stands behind it may be deleted right after.
 * @throws Error where the rule sends it requests by now, or that cannot be told
 */
export async function refuseLeavingOut(
  groups: readonly string[],
  args: pulumi.ResourceHookArgs,
  program: ProgramHooks,
): Promise<void> {
  if (groups.length === 0) return;
  await guard(args, "update", program, async (clients) => {
    const rule = await readRule(clients, args.id);
    return groups.flatMap((group) => servesBy(rule, group) ?? [])[0];
  });
}

/** @throws Error where what is deleted serves on the wire, or that cannot be told. */
export async function refuseDelete(args: pulumi.ResourceHookArgs, program: ProgramHooks): Promise<void> {
  await guard(args, "delete", program, async (clients) => {
    if (args.type === RECORD) return recordServes(args, clients);
    const name = args.type === BALANCER ? text(args.oldOutputs?.dnsName) : undefined;
    if (name !== undefined) return recordsLeadTo([dnsNameOf(name)], program.recordShares, clients);
    for (const group of groupsBehind(args)) {
      // The old one of a replacement, behind a group that the program gives requests, is for the policies.
      const isAsked = program.ruleShares.some((rule) => rule.group.value === group && rule.share > 0);
      const why = isAsked ? undefined : await reachedBy(group, program, clients);
      if (why !== undefined) return why;
    }
    return undefined;
  });
}

const RECORD = "aws:route53/record:Record";
const BALANCER = "aws:lb/loadBalancer:LoadBalancer";

async function guard(
  { urn, type }: pulumi.ResourceHookArgs,
  does: "update" | "delete",
  program: ProgramHooks,
  whyServing: (clients: AwsClients) => Promise<string | undefined>,
): Promise<void> {
  const what = `"${nameOf(urn)}" (${type}) is not ${does}d`;
  let why: string | undefined;
  try {
    why = await whyServing(program.clients());
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    throw new Error(
      `${what}: whether live users reach it cannot be told. ${error.message}. To go on without asking: crossfade:gates: false in the stack config`,
    );
  }
  if (why === undefined) return;
  throw new Error(
    `${what}: in Pulumi's state it is idle, or leaves out what is idle, and on the wire ${why}. Somebody has moved that beside Pulumi, and those requests would be lost. See what is live (\`crossfade status\`), take the weight away, wait for the drain, and run it again; or \`pulumi refresh\`, and decide by what the state has then`,
  );
}

/** The target groups that a resource is, fills or sends to. */
function groupsBehind({ type, oldInputs, oldOutputs }: pulumi.ResourceHookArgs): string[] {
  const arns: Record<string, () => unknown[]> = {
    "aws:ecs/service:Service": () => list(oldInputs?.loadBalancers).map((balancer) => at(balancer, "targetGroupArn")),
    "aws:autoscaling/group:Group": () => list(oldInputs?.targetGroupArns),
    "aws:lb/targetGroup:TargetGroup": () => [oldOutputs?.arn],
    "aws:lb/listenerRule:ListenerRule": () => weightsIn(oldInputs?.actions).map(({ arn }) => arn),
  };
  return (arns[type]?.() ?? []).flatMap((arn) => text(arn) ?? []);
}

/** Why the rule or the records by which the program gives a group nothing give it something. */
async function routedTo(group: string, program: ProgramHooks, clients: AwsClients): Promise<string | undefined> {
  const rules = program.ruleShares.filter((rule) => rule.group.value === group);
  if (rules.some(({ share }) => share > 0)) return undefined;
  for (const { listenerArn, priority } of rules) {
    if (listenerArn.value === undefined) continue;
    const live = await readRules(clients, listenerArn.value);
    const why = live.flatMap((rule) => (rule.priority === priority ? (servesBy(rule, group) ?? []) : []))[0];
    if (why !== undefined) return why;
  }
  if (program.recordShares.length === 0) return undefined;
  const names = (await readBalancersOf(clients, group)).map(({ dnsName }) => dnsName);
  const edges = program.recordShares.filter((edge) => leadsTo(edge, names));
  return edges.some(({ share }) => share > 0) ? undefined : recordsLeadTo(names, edges, clients);
}

/** Why users reach a group by any rule of any listener; where records of the program lead to its balancer, by these as well. */
async function reachedBy(group: string, program: ProgramHooks, clients: AwsClients): Promise<string | undefined> {
  for (const balancer of await readBalancersOf(clients, group)) {
    const [why] = (await readRulesOn(clients, balancer.arn)).flatMap((rule) => servesBy(rule, group) ?? []);
    if (why === undefined) continue;
    const edges = program.recordShares.filter((edge) => leadsTo(edge, [balancer.dnsName]));
    if (edges.length === 0) return why;
    if (edges.some(({ share }) => share > 0)) continue;
    const led = await recordsLeadTo([balancer.dnsName], edges, clients);
    if (led !== undefined) return led;
  }
  return undefined;
}

/** A weighted record that the state gives no weight: whether it has one by now. */
async function recordServes({ oldInputs, oldOutputs }: pulumi.ResourceHookArgs, clients: AwsClients) {
  const policy = list(oldOutputs?.weightedRoutingPolicies ?? oldInputs?.weightedRoutingPolicies)[0];
  const [zoneId, host] = [text(oldInputs?.zoneId), text(oldInputs?.name)];
  if (number(at(policy, "weight")) !== 0 || zoneId === undefined || host === undefined) return undefined;
  const own = (await readRecords(clients, { zoneId, host })).filter(
    ({ type, setIdentifier }) => type === oldInputs?.type && setIdentifier === oldInputs?.setIdentifier,
  );
  return ledToBy(
    host,
    own,
    own.flatMap((record) => record.leadsTo),
  );
}

async function recordsLeadTo(
  names: readonly string[],
  edges: readonly RecordShare[],
  clients: AwsClients,
): Promise<string | undefined> {
  const asked = new Set<string>();
  for (const { zoneId, host } of edges) {
    const key = `${zoneId.value} ${host}`;
    if (zoneId.value === undefined || asked.has(key)) continue;
    asked.add(key);
    const why = ledToBy(host, await readRecords(clients, { zoneId: zoneId.value, host }), names);
    if (why !== undefined) return why;
  }
  return undefined;
}

function leadsTo({ names }: RecordShare, balancers: readonly string[]): boolean {
  return names.value?.some((name) => balancers.includes(dnsNameOf(name))) === true;
}
