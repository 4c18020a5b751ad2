/** What the candidate is judged by. */
export interface Criteria {
  /**
   * How often, at most, a verdict may be wrong: the part of all rollouts of a candidate that is within the tolerance which end
   * as a regression, and of one that is beyond it which end as a pass. However often it is looked at; 0 to 1, both left out.
   * Who judges by several metrics divides it among them.
   */
  alpha: number;
  /**
   * How much worse than stable the candidate may be: of the events that would have been good on stable, the part that may be bad.
   * 0.01 is one in a hundred: a rate of 0.1 % beside stable's may be 1.1 %, one of 50 % may be 50.5 %. 0 to 1, both left out:
   * without any, stable's luck alone would make the candidate bad.
   */
  tolerance: number;
  /**
   * The most bad events that one cause (a client, a cold cache) brings in one block: so many together count as one. 1 where each
   * event is a matter of its own, as in a load whose every request has a connection and an outcome of its own. Of a busy service
   * take a tenth of the events of a block: what is more than assumed makes false alarms, and what is less takes longer.
   */
  burst: number;
}

/** Throws on what no verdict can be given by. */
export function checkCriteria({ alpha, tolerance, burst }: Criteria): void {
  const need = (name: string, value: number, isRight: boolean, range: string) => {
    if (!isRight) throw new RangeError(`${name} must be ${range}, not ${value}`);
  };
  need("alpha", alpha, alpha > 0 && alpha < 1, "between 0 and 1, such as 0.01");
  need("tolerance", tolerance, tolerance > 0 && tolerance < 1, "between 0 and 1, such as 0.01");
  need("burst", burst, burst >= 1 && Number.isFinite(burst), "1 or more, such as 10");
}

/** The rate of bad events that the candidate may have beside a stable of that rate. */
export function toleratedRate(stableRate: number, tolerance: number): number {
  return stableRate + tolerance * (1 - stableRate);
}
