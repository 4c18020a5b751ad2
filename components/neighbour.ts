import * as pulumi from "@pulumi/pulumi";
import type { NeighbourReading, NeighbourRole } from "../traffic";

export interface NeighbourArgs {
  /** Its stack, written out: `organization/project/stack`. */
  stack: string;
  /**
   * What it is to this stack: `requires` where a version here needs a contract of one there, `requiredBy` where one there may need
   * a contract of one here, `releasedFirst` where an image is to be released there before it is here.
   */
  roles: readonly NeighbourRole[];
}

/**
 * What another stack has released, as it says in its output `release`, read in each preview and each update. It changes nothing in the
 * cloud: it is there so that the policies, which see this stack's resources only, can judge by it.
 */
export class Neighbour extends pulumi.ComponentResource {
  constructor(name: string, args: NeighbourArgs, opts?: pulumi.ComponentResourceOptions) {
    const { stack, roles } = args;
    const own = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    super("crossfade:index:Neighbour", name, { stack, roles, own, reading: read(stack) }, opts);
    this.registerOutputs({});
  }
}

/**
 * The read of a `StackReference`, as the engine's function. As a resource, a stack that is not there would end the whole program,
 * and with it the way back to stable of a service whose neighbour has trouble.
 */
async function read(name: string): Promise<NeighbourReading> {
  try {
    const { outputs } = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name });
    const release = outputs?.release;
    if (release?.versions !== undefined) return { release };
    return {
      problem: `has no output "release", which stacks of Crossfade have from their first update on: it was never updated, or by another program`,
    };
  } catch (error) {
    // The engine puts its reason behind what it was doing.
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0]?.split(": ").at(-1);
    return { problem: `cannot be read: ${reason}` };
  }
}
