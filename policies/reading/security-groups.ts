import { at, list, type Resource, text, UNKNOWN } from "../../traffic";
import { type State, setting } from "./state";

export const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";

/** Which way a connection is made, from the one whose group it is. */
export type Direction = "ingress" | "egress";

const EITHER_WAY = "aws:ec2/securityGroupRule:SecurityGroupRule";
const ONE_WAY: Record<Direction, string> = {
  ingress: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  egress: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
};

/** Whether a resource of the type has a say in what a security group lets through. */
export function guards(type: string): boolean {
  return [SECURITY_GROUP, EITHER_WAY, ...Object.values(ONE_WAY)].includes(type);
}

/** The rules of a security group that are resources of their own. */
export function separateRules(group: Resource, direction: Direction, state: State): Resource[] {
  return state
    .ofType(ONE_WAY[direction], EITHER_WAY)
    .filter((rule) => rule.type !== EITHER_WAY || setting(rule, "type") === direction)
    .filter((rule) => state.referred(rule, "securityGroupId", setting(rule, "securityGroupId")).includes(group));
}

/** What a connection is made to. */
export interface Port {
  protocols: readonly string[];
  /** Undefined for any. */
  number?: number;
}

/** Whether a rule lets connections to a port through, from anybody. What is not known may be so. */
export function admits(rule: unknown, { protocols, number }: Port): boolean {
  const protocol = at(rule, "ipProtocol") ?? at(rule, "protocol");
  if (protocol === UNKNOWN || ALL.has(String(protocol))) return true;
  const name = text(protocol)?.toLowerCase() ?? "";
  if (!protocols.includes(NUMBERED[name] ?? name)) return false;
  const [from, to] = [at(rule, "fromPort"), at(rule, "toPort")];
  if (number === undefined || from === UNKNOWN || to === UNKNOWN) return true;
  return Number(from) <= number && number <= Number(to);
}

/** Of all protocols a rule has all ports (EC2 API, IpPermission). */
const ALL: ReadonlySet<string> = new Set(["-1", "all"]);
const NUMBERED: Record<string, string> = { "6": "tcp", "17": "udp" };

/** The rules that a group's own program writes into it; of one that says nothing of them, those that it said before. */
export function inlineRules(group: Resource, direction: Direction, before?: Resource): unknown[] {
  const asked = group.inputs[direction] ?? before?.inputs[direction];
  return asked === UNKNOWN ? [{ protocol: UNKNOWN }] : list(asked);
}
