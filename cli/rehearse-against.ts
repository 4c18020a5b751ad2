import { randomInt } from "node:crypto";
import { resolve } from "node:path";
import { siteLimits, startLoad } from "../load/load";
import { progressTo } from "../load/progress";
import { measured, type Report } from "../load/report";
import { Failure } from "./failure";
import { findStackFile } from "./find-stack-file";
import { followStages } from "./follow-stages";
import { StackFile } from "./stack-file";
import { stopSignal } from "./stop-signal";
import { writeReport } from "./write-report";

export interface AgainstFlags {
  compute: string;
  route: string;
  against: string;
  stack?: string;
  configFile?: string;
  minutes: number;
  versionHeader: string;
  rps?: number;
  seed?: number;
  json?: boolean;
}

/**
 * Sends the load to a service that is deployed, while its owner promotes it, and reports as of a rehearsal. GET requests only,
 * bounded, and only to a host that the stack's config names. The exit code is 1 where a request was lost.
 */
export async function rehearseAgainst(flags: AgainstFlags): Promise<number> {
  const { stack, versionHeader, minutes, rps = 20 } = flags;
  const { compute, route } = flags;
  if (compute !== "fargate" || route !== "alb") {
    const given = route === "alb" ? `--compute ${compute}` : `--route ${route}`;
    throw new Failure(`${given} is a release on this machine: a deployed service is asked as --against names it`, 2);
  }
  const url = urlOf(flags.against);
  if (stack === undefined) throw new Failure("--against needs --stack: the stack whose config names the host", 2);
  if (rps > siteLimits.rate)
    throw new Failure(`--rps ${rps} is too much for a service that is deployed: ${siteLimits.rate} at most`, 2);
  if (minutes * 60 > siteLimits.seconds)
    throw new Failure(`--minutes ${minutes} is too long: ${siteLimits.seconds / 60} at most`, 2);
  const file = new StackFile(flags.configFile ?? findStackFile(process.cwd(), stack));
  if (!file.names(url.hostname)) {
    throw new Failure(
      `${file.path} does not name ${url.hostname}. The load is sent only to a host that the stack's config names, so that a slip of the pen asks nobody else's service`,
      2,
    );
  }
  await tryOnce(url);

  const progress = progressTo(process.stderr);
  const stopped = stopSignal(new Failure("stopped"));
  const seconds = minutes * 60;
  progress.event(`${rps} GET requests a second to ${url.href}, for ${minutes} min; Ctrl-C ends it with a report`);
  const began = Date.now();
  const load = startLoad({
    addresses: [url.origin],
    host: url.hostname,
    ask: { path: `${url.pathname}${url.search}` },
    environmentOf: ({ headers }) => headers[versionHeader.toLowerCase()]?.toString(),
    stage: { name: "as it is", weight: 0 },
    rate: rps,
    seed: flags.seed ?? randomInt(2 ** 31),
    drainSeconds: 0,
    maxSeconds: seconds,
    onSample: ({ sent, lost, serverErrors }) =>
      progress.status(
        `${sent} requests, ${lost} lost, ${serverErrors} errors of the service, ${Math.max(0, Math.round(seconds - sent / rps))} s left`,
      ),
  });
  try {
    await followStages(stack, seconds, load, progress, stopped.signal);
    const report: Report = {
      ...measured(await load.stop()),
      refused: [],
      rollBacks: [],
      faults: [],
      durationMs: Date.now() - began,
      engine: `${url.origin}, promoted by its owner`,
    };
    progress.end();
    writeReport(report, resolve("rehearsal"), flags.json);
    return report.requests.lost === 0 ? 0 : 1;
  } finally {
    await load.stop();
    stopped.end();
  }
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !url.username) return url;
  throw new Failure(`--against ${text} is no URL such as https://shop.staging.example.com/`, 2);
}

/** One request before there are many: a wrong path or name is a slip, and no loss of a release. */
async function tryOnce(url: URL): Promise<void> {
  const next = "Nothing more was sent. Name a page that it serves, and try again";
  let answer: Response;
  try {
    answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new Failure(`${url.href} does not answer: ${cause?.message || message}. ${next}`);
  }
  await answer.body?.cancel();
  if (answer.status >= 400) throw new Failure(`${url.href} answers ${answer.status}. ${next}`);
}
