/**
 * What Kayenta's judge says by one metric, as its sources have it (`MannWhitneyClassifier.scala`, `MannWhitney.scala`): the
 * two-sided confidence interval of the shift between the samples, by the normal approximation of the Mann-Whitney U test with
 * ties and continuity correction, and "High" where its lower end is above a part of the estimated shift.
 */
export interface KayentaSettings {
  /** Of the interval; 0.98 in Kayenta's judge. */
  confidence: number;
  /** The part of the estimated shift that the lower end must exceed; 0.25 in Kayenta's judge. */
  tolerance: number;
}

export const KAYENTA: KayentaSettings = { confidence: 0.98, tolerance: 0.25 };

/** The standard normal law's quantile for a confidence of 0.98, two-sided. */
const Z_98 = 2.3263478740408408;

/** Whether the experiment is judged to be higher than the control. */
export function isHigh(experiment: readonly number[], control: readonly number[]): boolean {
  const shift = estimate(experiment, control);
  // The statistic falls as the shift grows: the lower end is above a value where the statistic there is above the quantile.
  return shift !== undefined && statistic(experiment, control, KAYENTA.tolerance * Math.abs(shift)) > Z_98;
}

/** The shift at which neither sample is higher; undefined where all values are tied, for which Kayenta has no answer. */
export function estimate(experiment: readonly number[], control: readonly number[]): number | undefined {
  let low = Math.min(...experiment) - Math.max(...control);
  let high = Math.max(...experiment) - Math.min(...control);
  if (low === high) return undefined;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (statistic(experiment, control, middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** U of the experiment less the shift against the control, in standard deviations. */
export function statistic(experiment: readonly number[], control: readonly number[], shift: number): number {
  const values = [
    ...experiment.map((value) => ({ value: value - shift, own: true })),
    ...control.map((value) => ({ value, own: false })),
  ].sort((a, b) => a.value - b.value);
  const [n, m] = [experiment.length, control.length];
  let ranks = 0;
  let ties = 0;
  for (let from = 0, to = 0; from < values.length; from = to) {
    while (to < values.length && values[to]?.value === values[from]?.value) to++;
    const own = values.slice(from, to).filter((each) => each.own).length;
    ranks += (own * (from + 1 + to)) / 2;
    ties += (to - from) ** 3 - (to - from);
  }
  const difference = ranks - (n * (n + 1)) / 2 - (n * m) / 2;
  const all = n + m;
  const deviation = Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))));
  return deviation === 0 ? 0 : (difference - Math.sign(difference) * 0.5) / deviation;
}
