/** A seeded source of random numbers (mulberry32): the same seed gives the same simulation. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  between([low, high]: readonly [number, number]): number {
    return low + (high - low) * this.next();
  }

  /** The time to the next of events that come independently, on average so many a second. */
  gap(perSecond: number): number {
    return -Math.log(1 - this.next()) / perSecond;
  }

  of<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.next() * items.length)];
  }

  /** One of the items by weight; nothing if no item has any. */
  weighted<T extends { weight: number }>(items: readonly T[]): T | undefined {
    let rest = this.next() * items.reduce((sum, { weight }) => sum + weight, 0);
    return items.find(({ weight }) => {
      rest -= weight;
      return weight > 0 && rest < 0;
    });
  }
}
