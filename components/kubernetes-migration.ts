import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { keepSchema, readSchema, type SchemaArgs } from "./migration-files";
import { RESTRICTED, RESTRICTED_POD, variables } from "./pod";
import type { VersionArgs } from "./version-args";

export interface KubernetesMigrationArgs extends SchemaArgs, Pick<VersionArgs, "image" | "env" | "secrets"> {
  namespace: pulumi.Input<string>;
  /**
   * The service account that the job's pod has; no token of it is mounted.
   * @default "default", the namespace's own
   */
  serviceAccountName?: pulumi.Input<string>;
  /**
   * Seconds that the job may take, 60 at least; then it is ended, and the update fails.
   * @default 7200
   */
  patience?: number;
}

/**
 * Brings a database to a version of its schema, by a job that runs once, as a Kubernetes Job with the image, the variables and the
 * secrets of a version. Where it fails the update does, and the next one makes it anew. Environments that depend on it start on the
 * schema that it leaves: `{ dependsOn: [migration] }`.
 *
 * A Job's pod cannot be changed, so that another image makes another Job; what it was to run is there then, and it runs nothing.
 */
export class KubernetesMigration extends pulumi.ComponentResource {
  /** The version of the schema that the database has. */
  readonly version: pulumi.Output<number>;
  readonly job: k8s.batch.v1.Job;

  /** @throws InputPropertiesError with all that is wrong with the arguments, the directory's files among them. */
  constructor(name: string, args: KubernetesMigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    const schema = readSchema(name, args);
    const { files, to, command } = schema;
    super("crossfade:index:KubernetesMigration", name, { ...args, files, to }, opts);
    const child = { parent: this };
    const { namespace, serviceAccountName = "default", patience = 7200 } = args;
    const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "pulumi" };

    this.job = new k8s.batch.v1.Job(
      name,
      {
        metadata: {
          namespace,
          labels,
          // Else one that has failed is waited for in the next update, and not made anew.
          annotations: { "pulumi.com/replaceUnready": "true" },
        },
        spec: {
          // What passes, such as a lock that others have, the tool tries again itself; what does not fails again.
          backoffLimit: 0,
          // A pod that a drained node has lost is no failure ("Jobs", Pod failure policy).
          podFailurePolicy: {
            rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
          },
          activeDeadlineSeconds: patience,
          template: {
            metadata: { labels },
            spec: {
              restartPolicy: "Never",
              serviceAccountName,
              automountServiceAccountToken: false,
              securityContext: RESTRICTED_POD,
              containers: [
                {
                  name: "migration",
                  image: args.image,
                  command,
                  env: variables(args),
                  resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "512Mi" } },
                  securityContext: RESTRICTED,
                },
              ],
            },
          },
        },
      },
      // The provider waits for its end, for ten minutes where nothing else is said.
      { ...child, customTimeouts: { create: `${patience + 60}s`, update: `${patience + 60}s` } },
    );
    this.version = keepSchema(name, schema, { ...child, dependsOn: [this.job] });
    this.registerOutputs({ version: this.version });
  }
}
