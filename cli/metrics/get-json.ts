import { again, type Patience } from "./again";
import { MetricProblem } from "./metric-problem";
import { checkClock } from "./source-clock";

/** What of an answer that is none is shown. */
const SHOWN = 200;

export interface Asked {
  /** Who is asked, as a person is told it. */
  name: string;
  headers?: Record<string, string>;
  /** What an answer that refuses says, from its body; undefined where it says nothing that is known. */
  reason: (body: unknown) => string | undefined;
  patience: Patience;
  signal?: AbortSignal;
}

/**
 * The JSON at an address, asked for again where it is throttled, fails or is late.
 * @throws MetricProblem where it is not to be had
 */
export function getJson(url: URL, asked: Asked): Promise<unknown> {
  return again(() => askOnce(url, asked), asked.patience, asked.signal);
}

async function askOnce(url: URL, { name, headers, reason, patience, signal }: Asked): Promise<unknown> {
  const late = AbortSignal.timeout(patience.answerMs);
  const at = `${url.origin}${url.pathname}`;
  try {
    const answer = await fetch(url, { headers, signal: signal ? AbortSignal.any([signal, late]) : late });
    const { body, told } = parsed(await answer.text());
    if (!answer.ok) throw refusal(answer.status, reason(body) ?? told, `${name} (${at})`);
    if (body === undefined) {
      throw new MetricProblem(
        `${name} (${at}) answers with no JSON: ${told}. Does the address lead to it, or to a log-in?`,
      );
    }
    checkClock(name, answer.headers.get("date"));
    return body;
  } catch (error) {
    if (error instanceof MetricProblem || signal?.aborted) throw error;
    const why = late.aborted ? `no answer in ${patience.answerMs / 1000} s` : causeOf(error as Error);
    throw new MetricProblem(`${name} (${at}) is not reached: ${why}`, true);
  }
}

function refusal(status: number, told: string, who: string): MetricProblem {
  if (status === 401 || status === 403) {
    return new MetricProblem(
      `${who} does not let us in (${status}): set crossfade:analysis.prometheus.authorization to the variable with the header`,
    );
  }
  return new MetricProblem(`${who} answers ${status}: ${told || "without a reason"}`, status === 429 || status >= 500);
}

function parsed(text: string): { body: unknown; told: string } {
  const told = text.replace(/\s+/g, " ").trim().slice(0, SHOWN);
  try {
    return { body: JSON.parse(text), told };
  } catch {
    return { body: undefined, told };
  }
}

/** `fetch failed` is all that the error itself says. */
function causeOf(error: Error): string {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? error.message;
}
