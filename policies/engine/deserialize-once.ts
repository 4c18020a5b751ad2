type Deserialize = (properties: object, proxySecrets?: boolean) => object;

/**
 * The SDK reads every resource anew for each policy (pulumi-policy, `makeAnalyzeRpcFun` and `makeAnalyzeStackRpcFun`): for the
 * 5,000 resources of a stack and a pack of 20 policies that is some seconds, and more than all rules take together. Here what
 * was read once is given to all of them, which is safe for policies that only read. Of an SDK that does it otherwise nothing
 * is changed.
 */
export function deserializeOnce(
  sdk: { deserializeProperties?: Deserialize } = require("@pulumi/policy/deserialize"),
): void {
  const { deserializeProperties: read } = sdk;
  if (typeof read !== "function") return;
  const plain = new WeakMap<object, object>();
  sdk.deserializeProperties = (properties, proxySecrets) => {
    if (proxySecrets) return read(properties, proxySecrets);
    const known = plain.get(properties) ?? read(properties, false);
    plain.set(properties, known);
    return known;
  };
}
