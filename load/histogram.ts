const first = 0.1;
const step = 1.01;
const buckets = 1400;

/** Durations in milliseconds to within 1 %, from 0.1 ms to 100 s, in the same memory however many there are. */
export class Histogram {
  private readonly counts = new Uint32Array(buckets);
  private total = 0;

  add(ms: number): void {
    const bucket = Math.round(Math.log(Math.max(ms, first) / first) / Math.log(step));
    const index = Math.min(bucket, buckets - 1);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.total += 1;
  }

  /** The value that this share (0 to 1) of the durations does not exceed; null when there are none. */
  percentile(share: number): number | null {
    let left = Math.ceil(this.total * share);
    if (left === 0) return null;
    const index = this.counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return Math.round(first * step ** index * 100) / 100;
  }
}
