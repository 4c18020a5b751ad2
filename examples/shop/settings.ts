/** All that the shop is told from outside. */
export interface Settings {
  version: string;
  sessionSecret: string;
  /** Of what it writes; it reads the next one too. */
  sessionFormat: number;
  /** `cookie`, or `memory`: of one process, by which sessions are lost. */
  sessionStore: string;
  /** It reads its own format only, by which sessions are lost on the way back. */
  sessionStrict: boolean;
  /** Where orders are kept; in memory without it. */
  databaseUrl: string;
  /** The column of an order that this version knows and the other one does not. */
  orderColumn: string;
  host: string;
  port: number;
  keepAliveSeconds: number;
  latencyMs: number;
  errorRate: number;
  errorSeed: number;
  resetRate: number;
  hangRate: number;
  capacityRps: number;
  unhealthy: boolean;
}

/** Reads the environment, or throws one error that names every bad value. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const problems: string[] = [];

  function text(name: string, shortest: number, fallback = ""): string {
    const value = env[name] ?? fallback;
    // Plain characters only: the version goes into a header.
    const good = value.length >= shortest && /^[\x21-\x7e]*$/.test(value);
    if (!good) problems.push(`${name} must be set, without spaces, ${shortest} or more characters long`);
    return value;
  }

  function number(name: string, fallback: number, low: number, high: number, whole = true): number {
    const given = env[name];
    const value = given === undefined ? fallback : Number(given);
    const good = given?.trim() !== "" && value >= low && value <= high && (!whole || Number.isInteger(value));
    if (!good) problems.push(`${name}=${given} must be a ${whole ? "whole " : ""}number from ${low} to ${high}`);
    return value;
  }

  function oneOf(name: string, known: readonly [string, ...string[]]): string {
    const value = env[name] ?? known[0];
    if (!known.includes(value)) problems.push(`${name}=${value} must be ${known.join(" or ")}`);
    return value;
  }

  const settings: Settings = {
    version: text("VERSION", 1),
    sessionSecret: text("SESSION_SECRET", 16),
    sessionFormat: number("SESSION_FORMAT", 1, 1, 2),
    sessionStore: oneOf("SESSION_STORE", ["cookie", "memory"]),
    sessionStrict: number("SESSION_STRICT", 0, 0, 1) === 1,
    databaseUrl: text("DATABASE_URL", 0),
    orderColumn: oneOf("ORDER_COLUMN", ["legacy", "phone"]),
    host: text("HOST", 1, "127.0.0.1"),
    port: number("PORT", 8080, 0, 65_535),
    // Longer than the balancer's idle time (ALB: 60 s), or the balancer sends into a connection that is being closed.
    keepAliveSeconds: number("KEEP_ALIVE_SECONDS", 65, 1, 250),
    latencyMs: number("LATENCY_MS", 0, 0, 60_000),
    errorRate: number("ERROR_RATE", 0, 0, 1, false),
    errorSeed: number("ERROR_SEED", 1, 0, 0xffffffff),
    resetRate: number("RESET_RATE", 0, 0, 1, false),
    hangRate: number("HANG_RATE", 0, 0, 1, false),
    capacityRps: number("CAPACITY_RPS", 100_000, 1, 100_000),
    unhealthy: number("UNHEALTHY", 0, 0, 1) === 1,
  };
  if (problems.length > 0) throw new Error(problems.join("; "));
  return settings;
}
