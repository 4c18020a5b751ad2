import { z } from "zod";

const LIMITS = z.strictObject({
  /** IPv4 addresses of each subnet, those in use among them; by default as many as a /20 has for its users. */
  addresses: z.int().min(0).default(4091),
  /** vCPUs that may run on Fargate at once. @default no value of the account's own */
  vcpus: z.number().min(0).optional(),
});

/** What the account may have. All fits, until a test asks for less: `PUT /_crossfade/limits`. */
export class Limits {
  private given = LIMITS.parse({});

  /** @throws ZodError where it is none; what was asked for before stays. */
  ask(limits: unknown): void {
    this.given = LIMITS.parse(limits);
  }

  get addresses(): number {
    return this.given.addresses;
  }

  get vcpus(): number | undefined {
    return this.given.vcpus;
  }
}
