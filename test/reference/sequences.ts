import type { Clock } from "./clock";

/** Late changes that keep their order: of what has one key, a later call never takes effect before an earlier one. */
export class Sequences {
  private readonly latest = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  after(key: string, seconds: number, change: () => void): void {
    const at = Math.max(this.latest.get(key) ?? 0, this.clock.now + seconds);
    this.latest.set(key, at);
    this.clock.at(at, change);
  }
}
