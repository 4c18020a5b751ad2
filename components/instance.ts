import * as pulumi from "@pulumi/pulumi";
import { isAmi } from "../traffic";
import type { VersionArgs } from "./version-args";

/** What an instance of an Auto Scaling group runs. */
export interface InstanceArgs extends Pick<VersionArgs, "image" | "command" | "env" | "secrets" | "port" | "stop"> {
  /**
   * Lines of bash that the instance runs as root at its first start, when the version's variables are written and before its
   * container is started. On an `image` that is an AMI they start the service: `systemctl start shop`.
   * @default none
   */
  userData?: pulumi.Input<string>;
}

/** Where the version's variables are, one `NAME=value` a line, as systemd's `EnvironmentFile=` and docker's `--env-file` read them. */
const ENVIRONMENT = "/etc/crossfade/environment";

/**
 * The script that makes an instance run its version, in plain text. It fails where one of its lines does: then nothing answers
 * the health check, and the group ends the instance.
 */
export function startScript(args: InstanceArgs): pulumi.Output<string> {
  const { command, env = {}, secrets = {}, port = 8080, stop = 30, userData = "" } = args;
  return pulumi
    .all([args.image, env, secrets, userData])
    .apply(([image, variables, references, own]) =>
      [
        "#!/bin/bash",
        "set -euo pipefail",
        ...environmentLines(variables),
        ...(Object.keys(references).length > 0 ? SECRET : []),
        ...Object.entries(references).map(([name, arn]) => `secret ${quoted(name)} ${quoted(arn)}`),
        ...(own ? [own.trimEnd()] : []),
        ...(isAmi(image) ? [] : containerLines(image, { command, port, stop })),
        "",
      ].join("\n"),
    );
}

function environmentLines(variables: Record<string, string>): string[] {
  const broken = Object.keys(variables).find((name) => variables[name]?.includes("\n"));
  if (broken !== undefined) {
    const reason =
      "has a line break, and on an instance variables are the lines of a file. Write it in base64, or as a secret";
    throw new pulumi.InputPropertyError({ propertyPath: `env.${broken}`, reason });
  }
  return [
    `install -D -m 600 /dev/null ${ENVIRONMENT}`,
    `cat > ${ENVIRONMENT} <<'END'`,
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    "END",
  ];
}

/** A secret is read as it is at the instance's start, by the instance's own role, and is in no state and no launch template. */
const SECRET = [
  "secret() {",
  '  region=$(cut -d: -f4 <<< "$2")',
  '  case "$2" in',
  '    *:secretsmanager:*) value=$(aws secretsmanager get-secret-value --region "$region" --secret-id "$2" --query SecretString --output text) ;;',
  '    *) value=$(aws ssm get-parameter --region "$region" --with-decryption --name "$2" --query Parameter.Value --output text) ;;',
  "  esac",
  `  printf '%s=%s\\n' "$1" "$value" >> ${ENVIRONMENT}`,
  "}",
];

function containerLines(
  image: string,
  { command = [], port, stop }: { command?: string[]; port: number; stop: number },
): string[] {
  const [, host, region] = /^(\d+\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?)\//.exec(image) ?? [];
  const flags = ["--detach", "--name service", "--restart always", `--env-file ${ENVIRONMENT}`];
  const words = ['"$image"', ...command.map(quoted)].join(" ");
  return [
    `image=${quoted(image)}`,
    ...(host
      ? [`aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin ${host}`]
      : []),
    `docker run ${flags.join(" ")} --publish ${port}:${port} --stop-timeout ${stop} ${words}`,
  ];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
