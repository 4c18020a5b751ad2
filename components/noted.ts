import * as pulumi from "@pulumi/pulumi";

/**
 * A value as far as it is known by now. A hook must not wait for an output: the resource that gives it may be the one that waits
 * for the hook, or may have failed.
 */
export class Noted<T> {
  value: pulumi.Unwrap<T> | undefined;

  constructor(input: pulumi.Input<T>) {
    pulumi.output(input).apply((value) => {
      this.value = value as pulumi.Unwrap<T>;
    });
  }
}
