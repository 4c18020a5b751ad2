/** What runs until it is no longer asked for. */
export interface Running<D> {
  update(desired: D): void;
  /** Ends all of it in its proper order. */
  remove(): Promise<void>;
  /** Ends all of it at once. */
  stop(): Promise<void>;
}

/** One running thing for each that is asked for. */
export class Fleet<D extends { arn: string }, T extends Running<D>> {
  private readonly running = new Map<string, T>();
  private readonly removed = new Map<string, { thing: T; ended: Promise<void> }>();

  constructor(private readonly start: (desired: D) => T) {}

  apply(desired: readonly D[]): void {
    const asked = new Set(desired.map(({ arn }) => arn));
    for (const [arn, thing] of this.running) {
      if (asked.has(arn)) continue;
      this.running.delete(arn);
      const ended = thing.remove().finally(() => this.removed.delete(arn));
      this.removed.set(arn, { thing, ended });
    }
    for (const wanted of desired) {
      const known = this.running.get(wanted.arn);
      if (known) known.update(wanted);
      else this.running.set(wanted.arn, this.start(wanted));
    }
  }

  get(arn: string): T | undefined {
    return this.running.get(arn);
  }

  /** Those that are asked for. */
  values(): T[] {
    return [...this.running.values()];
  }

  /** Resolves when nothing is left of what is no longer asked for. */
  async gone(arn: string): Promise<void> {
    await this.removed.get(arn)?.ended;
  }

  async stop(): Promise<void> {
    const all = [...this.running.values(), ...[...this.removed.values()].map(({ thing }) => thing)];
    this.running.clear();
    await Promise.all(all.map((thing) => thing.stop()));
  }
}
