import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Rollout } from "./rollout";
import { signalOf } from "./signal";

export interface RoleSignalArgs {
  rollout: Rollout;
  /** The route: its weights are on the wire before they are told. */
  after?: pulumi.Resource;
}

/**
 * Tells the tasks of both colors who is stable, and who has which share of the requests, by a parameter of Systems Manager. It is not a
 * variable of theirs, for that would make another version of each task at each stage: what is asked changes, and who asks does not. An
 * environment with `signal` gets its color and the parameter's name as variables, and may read it:
 *
 *     CROSSFADE_COLOR=green
 *     CROSSFADE_SIGNAL=/crossfade/shop/production/shop
 *     aws ssm get-parameter --name "$CROSSFADE_SIGNAL" --query Parameter.Value
 *     {"stable":"blue","stage":"canary-5","shares":{"blue":95,"green":5}}
 *
 * It is told after the weights have moved, by updates and by `crossfade rollback`. Ask it twice a minute or so, and where it cannot be
 * read do what stable does not mind: nothing.
 */
export class RoleSignal extends pulumi.ComponentResource {
  readonly parameter: aws.ssm.Parameter;

  constructor(name: string, { rollout, after }: RoleSignalArgs, opts?: pulumi.ComponentResourceOptions) {
    super("crossfade:index:RoleSignal", name, {}, { parent: rollout, ...opts });
    this.parameter = new aws.ssm.Parameter(
      name,
      {
        // By its own name: environments are told it before the route is there after which it is written.
        name: RoleSignal.parameterName(name),
        type: "String",
        // It is no secret: a preview shows what is told.
        insecureValue: signalOf(rollout),
      },
      { parent: this, ...(after && { dependsOn: [after] }) },
    );
    this.registerOutputs({});
  }

  /** What `signal` of an environment is. */
  static parameterName(name: string): string {
    return `/crossfade/${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
  }
}
