import type { AnalysisConfig } from "../components/analysis";
import { parseConfig } from "../components/config";
import { analysisOf } from "../components/config-analysis";
import { ConfigError } from "../components/config-problem";
import { AwsClients } from "../live/aws-clients";
import { providerSettings } from "../live/provider-settings";
import { COLORS } from "../traffic";
import type { Previewed } from "../traffic/sources";
import { totals } from "./analysis/counts";
import { Failure } from "./failure";
import { countedVersion } from "./metrics/counted-versions";
import { MetricProblem } from "./metrics/metric-problem";
import { blockSecondsOf, metricSource } from "./metrics/metric-source";
import type { Metric } from "./metrics/source";
import type { Outlook } from "./outlook";
import { type RouteNow, routesNow } from "./rollout-now";
import { type JudgedStage, type Measured, metricSight, type Sight } from "./sight";

/** Seconds before now in which events are counted. */
const COUNTED = 1800;
/** Nobody waits long for a figure that nothing hangs on. */
const TRIES = 2;
const GIVE = "give it by --rate, in requests a second";

export interface SightOptions {
  /** Requests a second, as the user knows them. */
  rate?: number;
  /** Whether it is a stack, whose source of metrics can be asked. */
  isStack: boolean;
  now?: Date;
}

/** The outlook with what can be seen at the stages ahead, by the rate that is given or that the stack's source has counted. */
export function withSight(
  outlook: readonly Outlook[],
  previewed: Previewed,
  options: SightOptions,
): Promise<Outlook[]> {
  const analysis = analysisIn(previewed);
  const routes = routesNow(previewed.prior);
  return Promise.all(
    outlook.map(async (one) => {
      const { urn, rollout } = one;
      if (!rollout || rollout.ahead.length === 0) return one;
      const route = routes.find((each) => each.urn === urn);
      const sight = await sightOf(rollout.ahead, analysis, route, previewed, options);
      return { ...one, rollout: { ...rollout, sight } };
    }),
  );
}

/** As the config has it. A program that has no config of ours has the analysis by default, as its promotion would. */
function analysisIn({ config }: Previewed): AnalysisConfig | undefined {
  const own = Object.entries(config).filter(([key]) => key.startsWith("crossfade:"));
  const texts = Object.fromEntries(own.map(([key, text]) => [key.slice("crossfade:".length), text]));
  try {
    return parseConfig("", texts, process.env.CROSSFADE_LOCAL !== undefined).analysis;
  } catch (error) {
    if (error instanceof ConfigError) return analysisOf({});
    throw error;
  }
}

async function sightOf(
  stages: readonly JudgedStage[],
  analysis: AnalysisConfig | undefined,
  route: RouteNow | undefined,
  previewed: Previewed,
  { rate, isStack, now = new Date() }: SightOptions,
): Promise<Sight> {
  if (analysis === undefined) return { unknown: "nobody is named who counts: set crossfade:analysis" };
  const { deadline, unanswered } = analysis;
  const times = { blockSeconds: blockSecondsOf(analysis), deadline, unanswered };
  const sight = (by: string, measured: readonly Measured[]): Sight => ({
    by,
    metrics: analysis.metrics.flatMap((metric, index) => {
      const events = measured[index];
      return events ? [metricSight(metric, events, stages, times)] : [];
    }),
  });
  if (rate !== undefined)
    return sight(
      "by --rate",
      analysis.metrics.map(() => ({ rate, stableRate: 0 })),
    );
  if (!isStack) return { unknown: `a preview does not tell the rate of requests: ${GIVE}` };
  if (!route?.shares) return { unknown: `nothing has requests yet: ${GIVE}` };
  try {
    const ask = (metric: Metric) => measure(metric, route, analysis, previewed, now);
    const measured = await Promise.all(analysis.metrics.map(ask));
    return sight(`as ${analysis.source} counted in half an hour`, measured);
  } catch (error) {
    if (!(error instanceof MetricProblem || error instanceof Failure)) throw error;
    return { unknown: `${error.message}. Or ${GIVE}` };
  }
}

/** The events of all colors that serve, and how many of stable's were bad. */
async function measure(
  metric: Metric,
  route: RouteNow,
  analysis: AnalysisConfig,
  { config }: Previewed,
  now: Date,
): Promise<Measured> {
  const clients = new AwsClients(
    providerSettings((key) => config[`aws:${key}`]),
    TRIES,
  );
  const { stable } = route.recorded;
  const serving = COLORS.filter((color) => (route.shares?.[color] ?? 0) > 0);
  const counted = await Promise.all(
    serving.map(async (color) => {
      const version = countedVersion(route, color);
      const source = await metricSource(analysis, { candidate: version, stable: version }, clients);
      const blocks = await source.blocks(metric, new Date(now.getTime() - 1000 * COUNTED), now);
      return { color, ...totals(blocks).stable, seconds: blocks.length * source.blockSeconds };
    }),
  );
  const rate = counted.reduce((sum, { all, seconds }) => sum + (seconds > 0 ? all / seconds : 0), 0);
  if (rate === 0) throw new MetricProblem(`${analysis.source} has counted nothing in half an hour`);
  const ofStable = counted.find(({ color }) => color === stable);
  return { rate, stableRate: ofStable && ofStable.all > 0 ? ofStable.bad / ofStable.all : 0 };
}
