import { nameOf } from "../resource";
import type { Entity } from "../update/entity";
import { ANSWERED, type Answer, type EntryPoint, lost, worst } from "../update/entry-point";
import { Directory, targets } from "../update/reference";

const ALIAS = "aws:lambda/alias:Alias";
const URL = "aws:lambda/functionUrl:FunctionUrl";

/**
 * The calls of functions by an alias or a URL of their own. A version is published as a whole and answers at once, so weights
 * between versions lose nothing: what loses calls is an alias, a URL or a function that goes.
 */
export function lambdaEntryPoints(entities: readonly Entity[]): EntryPoint[] {
  const functions = new Directory(entities.filter(({ type }) => type === "aws:lambda/function:Function"));
  return entities
    .filter(({ type, forms: [before] }) => before && (type === ALIAS || type === URL))
    .map((entity) => {
      const refs = entity.forms.map((form) => form && functions.resolve(form.props.functionName, "functionName", form));
      const others = entities.filter((other) => other !== entity && other.urn === entity.urn);
      const what = `${entity.type === ALIAS ? "alias" : "function URL"} "${nameOf(entity.urn)}"`;
      return {
        urn: entity.urn,
        requests: `the calls of ${what}`,
        touched: new Set([entity, ...refs.flatMap((ref) => (ref ? targets(ref) : []))]),
        answer: (moment) =>
          worst(
            moment.forms(entity).map(({ form, index, given }): Answer => {
              // The program took it away, unless another comes: that has another name or address.
              if (!form) return { ...lost(`${what} is not there`), retired: others.length === 0 };
              const ref = refs[index];
              const called = ref ? targets(ref) : [];
              if (ref?.to === "unknown" && called.length === 0)
                return lost("which function it calls is not known before the update");
              const gone = called.filter((fn) => given.forms(fn).some((now) => now.form === undefined));
              const isGone = gone.length > 0 && (ref?.to === "unknown" || gone.length === called.length);
              return isGone ? lost(`function "${nameOf(gone[0]?.urn ?? "")}" is not there`) : ANSWERED;
            }),
          ),
      };
    });
}
