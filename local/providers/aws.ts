import { PLAIN_RECORD, TYPES } from "./aws-types";
import type { Dialect } from "./dialect";
import type { Properties } from "./record";

/** How the engine writes a value that it does not know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The AWS provider. */
export const AWS: Dialect = {
  sdk: "@pulumi/aws",
  types: TYPES,
  unlisted: PLAIN_RECORD,

  named({ row: { autoName }, name: resource, unique, olds, news }) {
    if (autoName === undefined || news.name !== undefined || news.namePrefix !== undefined) {
      return { ...news, __defaults: [] };
    }
    const kept = isNamedByProvider(olds) ? olds.name : undefined;
    const name = kept ?? `${resource}-${unique.slice(0, 7)}`;
    if (String(name).length > autoName) {
      throw new Error(`the auto-name "${name}" is longer than the ${autoName} characters that AWS allows`);
    }
    return { ...news, name, __defaults: ["name"] };
  },

  keepsOwnName({ autoName }, oldInputs, news) {
    const explicit = autoName !== undefined && !isNamedByProvider(oldInputs);
    return explicit && oldInputs.name !== undefined && oldInputs.name === news.name;
  },

  created(inputs, outputs, preview) {
    if (!preview) return { ...inputs, ...outputs };
    return { ...inputs, ...Object.fromEntries(Object.keys(outputs).map((key) => [key, UNKNOWN])) };
  },

  /** It keeps what AWS gave: an update's outputs are known in the preview too. */
  updated(inputs, oldInputs, oldOutputs) {
    const given = Object.entries(oldOutputs).filter(([key]) => !(key in oldInputs));
    return { ...inputs, ...Object.fromEntries(given) };
  },

  invoke(token) {
    if (token === "aws:index/getRegion:getRegion") {
      return {
        id: "eu-local-1",
        region: "eu-local-1",
        name: "eu-local-1",
        description: "the local cloud",
        endpoint: "",
      };
    }
    throw new Error(`${token} is not in the local cloud: no stack, policy or command of ours uses it`);
  },
};

function isNamedByProvider({ __defaults }: Properties): boolean {
  return (__defaults as string[] | undefined)?.includes("name") === true;
}
