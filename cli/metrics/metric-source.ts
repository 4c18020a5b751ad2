import type { AnalysisConfig } from "../../components/analysis";
import type { AwsClients } from "../../live/aws-clients";
import { Failure } from "../failure";
import { CloudWatchSource } from "./cloudwatch";
import { LOCAL_BLOCK, LocalSource } from "./local";
import { PERIOD } from "./metric-data";
import { PrometheusSource } from "./prometheus";
import type { CountedVersions, MetricSource } from "./source";

/** Seconds of a block of the source that a config names. */
export function blockSecondsOf({ source, prometheus }: AnalysisConfig): number {
  if (source === "local") return LOCAL_BLOCK;
  return prometheus && source === "prometheus" ? prometheus.block : PERIOD;
}

/**
 * The source that a stack's config names.
 * @throws Failure with exit code 2 where the environment lacks what it needs
 */
export async function metricSource(
  { source, prometheus, settle }: AnalysisConfig,
  versions: CountedVersions,
  clients: AwsClients,
  env: NodeJS.ProcessEnv = process.env,
): Promise<MetricSource> {
  if (source === "cloudwatch") {
    return CloudWatchSource.of(clients, versions, settle);
  }
  if (source === "local") {
    const endpoint = env.AWS_ENDPOINT_URL;
    if (endpoint === undefined) {
      throw new Failure(
        "there is no AWS_ENDPOINT_URL, at which the local cloud counts: run it by npx crossfade local --",
        2,
      );
    }
    return new LocalSource(endpoint, versions, settle);
  }
  if (prometheus === undefined) throw new Failure("crossfade:analysis.prometheus is missing", 2);
  const { url, authorization: variable, block } = prometheus;
  const authorization = variable === undefined ? undefined : env[variable];
  if (variable !== undefined && authorization === undefined) {
    throw new Failure(
      `crossfade:analysis.prometheus.authorization names the variable ${variable}, and it is not set: give it the header, such as "Bearer …"`,
      2,
    );
  }
  return new PrometheusSource({ url, authorization }, versions, block, settle);
}
