import { at, nameOf, number } from "../resource";
import { type Flow, source } from "../serving/flow";
import type { Entity } from "../update/entity";
import { Directory, targets } from "../update/reference";

const FUNCTION = "aws:lambda/function:Function";
const ALIAS = "aws:lambda/alias:Alias";
const URL = "aws:lambda/functionUrl:FunctionUrl";

/** How calls go on from aliases and URLs to functions; who calls an alias or a URL is not known, so somebody does. */
export function lambdaFlows(entities: readonly Entity[]): Flow[] {
  const functions = new Directory(entities.filter(({ type }) => type === FUNCTION));
  return entities.flatMap((entity): Flow[] => {
    const [form] = entity.forms;
    if (!form || (entity.type !== ALIAS && entity.type !== URL)) return [];
    const name = `${entity.type === ALIAS ? "alias" : "function URL"} "${nameOf(entity.urn)}"`;
    const called = targets(functions.resolve(form.props.functionName, "functionName", form));
    return [
      source(entity, `takes calls as ${name}${versions(form.props)}`),
      ...called.map((to): Flow => ({ from: entity, to, share: 1, why: () => `answers the calls of ${name}` })),
    ];
  });
}

/** The share of each version (Lambda guide, "Implement Lambda canary deployments using a weighted alias"). */
function versions({ functionVersion, routingConfig }: Record<string, unknown>): string {
  const others = Object.entries((at(routingConfig, "additionalVersionWeights") ?? {}) as object);
  if (others.length === 0) return "";
  const weights = others.map(([version, weight]) => [version, number(weight) ?? 1] as const);
  const first = Math.max(0, 1 - weights.reduce((sum, [, weight]) => sum + weight, 0));
  const shares = [[String(functionVersion), first] as const, ...weights];
  return `, ${shares.map(([version, weight]) => `${Math.round(weight * 100)} % of them version ${version}`).join(", ")}`;
}
