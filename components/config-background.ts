import { COLORS } from "../traffic";
import type { Report } from "./config-problem";
import type { Parsed } from "./config-schema";
import { fargateSizeProblem } from "./fargate-size";
import { VERSION_DEFAULTS } from "./version-defaults";

/** Background work runs in containers on Fargate or Kubernetes, at times that the one or the other can read. */
export function checkBackground(data: Partial<Parsed>, report: Report): void {
  const { compute } = data;
  if (!compute) return;
  for (const where of ["service", ...COLORS] as const) {
    const { workers = {}, schedules = {}, signal } = data[where] ?? {};
    if (compute === "autoscaling") {
      for (const [key, value] of Object.entries({ workers: data[where]?.workers, schedules: data[where]?.schedules })) {
        if (value) report(`${where}.${key}`, `is for containers: ${ON_INSTANCES}`);
      }
      if (signal) report(`${where}.signal`, `is told to tasks and pods, and to no instance: ${ON_INSTANCES}`);
      continue;
    }
    for (const [name, { at }] of Object.entries(schedules)) {
      const { form, words } = TIMES[compute];
      if (!form.test(at)) report(`${where}.schedules.${name}.at`, `"${at}": on ${compute} ${words}`);
    }
    if (compute === "fargate") checkSizes({ ...workers, ...schedules }, where, data, report);
  }
}

const ON_INSTANCES = "crossfade:compute is autoscaling. Run it by a stack of its own that follows stable";

const TIMES = {
  fargate: {
    form: /^(cron|rate|at)\(.+\)$/,
    words: "it is EventBridge Scheduler's: cron(0 3 * * ? *), or rate(5 minutes)",
  },
  kubernetes: { form: /^(@\w+|\S+( \S+){4})$/, words: "it is a CronJob's, of five fields: 0 3 * * *" },
} as const;

function checkSizes(
  named: Record<string, { cpu?: number; memory?: number }>,
  where: "service" | (typeof COLORS)[number],
  data: Partial<Parsed>,
  report: Report,
): void {
  for (const [name, own] of Object.entries(named)) {
    const { cpu = VERSION_DEFAULTS.cpu, memory = VERSION_DEFAULTS.memory } = {
      ...data.service,
      ...data[where],
      ...own,
    };
    const size = fargateSizeProblem(cpu, memory);
    if (size) report(`${where}, "${name}"`, `${cpu} CPU units with ${memory} MiB do not go together: ${size}`);
  }
}
