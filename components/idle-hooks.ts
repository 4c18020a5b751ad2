import type * as pulumi from "@pulumi/pulumi";
import type { Gates } from "./gates";
import { refuseUpdateBehind } from "./idle-guard";
import { Noted } from "./noted";

/** The options of a resource that may be changed and deleted only while no live user reaches it, where the program says so. */
export function idleHooks(gates: Gates | undefined): pulumi.CustomResourceOptions {
  if (!gates) return {};
  const { beforeUpdate, beforeDelete } = gates.program;
  return { hooks: { beforeUpdate: [beforeUpdate], beforeDelete: [beforeDelete] } };
}

/**
 * As `idleHooks`, of a resource that does not know its target group, such as a Deployment. Its deletion is not guarded: the state
 * keeps a hook by its name and not for which group it was. Its group's is.
 */
export function idleHooksBehind(
  name: string,
  groupArn: pulumi.Input<string>,
  gates: Gates | undefined,
): pulumi.CustomResourceOptions {
  if (!gates) return {};
  const group = new Noted(groupArn);
  const { program } = gates;
  const beforeUpdate = program.hook(`update-${name}`, (args) => refuseUpdateBehind(group.value, args, program));
  return { hooks: { beforeUpdate: [beforeUpdate] } };
}

/** The options of a resource that may be deleted only while no live user reaches it. */
export function deleteHooks(gates: Gates | undefined): pulumi.CustomResourceOptions {
  return gates ? { hooks: { beforeDelete: [gates.program.beforeDelete] } } : {};
}
