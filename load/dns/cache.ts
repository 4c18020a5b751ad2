/** What a name server said. */
export interface Answer {
  addresses: string[];
  ttlSeconds: number;
}

/**
 * A resolver with its cache, as many users share one. It asks when somebody wants an address and the last answer is older than
 * its TTL. While it asks, all who come wait for that one answer. It serves no stale ones: a failed look-up is the user's.
 */
export class DnsCache {
  private answer: Promise<Answer> | undefined;
  private until = Number.POSITIVE_INFINITY;
  private turn = 0;
  lookUps = 0;

  constructor(
    private readonly ask: () => Promise<Answer>,
    /** How many times its TTL an answer is kept: 1 by the standard, more where somebody knows better. */
    private readonly holds = 1,
  ) {}

  /** Those of an answer in turn. */
  async address(): Promise<string> {
    if (performance.now() >= this.until) this.answer = undefined;
    this.answer ??= this.lookUp();
    const { addresses } = await this.answer;
    return addresses[this.turn++ % addresses.length] as string;
  }

  private async lookUp(): Promise<Answer> {
    this.lookUps += 1;
    this.until = Number.POSITIVE_INFINITY;
    try {
      const answer = await this.ask();
      this.until = performance.now() + answer.ttlSeconds * 1000 * this.holds;
      return answer;
    } catch (error) {
      this.until = 0;
      throw error;
    }
  }
}
