/** The cookies of one client and one host, kept and forgotten as a browser does. */
export class CookieJar {
  private readonly cookies = new Map<string, { value: string; until: number }>();

  keep(setCookie: string[] | undefined): void {
    for (const line of setCookie ?? []) {
      const [, name, value] = /^\s*([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      const maxAge = /;\s*max-age=(-?\d+)/i.exec(line)?.[1];
      const expires = /;\s*expires=([^;]+)/i.exec(line)?.[1];
      const until =
        maxAge !== undefined ? Date.now() + Number(maxAge) * 1000 : expires ? Date.parse(expires) : Infinity;
      this.cookies.set(name, { value, until });
    }
  }

  /** The Cookie header; empty when there is nothing to send. */
  header(): string {
    for (const [name, { until }] of this.cookies) if (until <= Date.now()) this.cookies.delete(name);
    return [...this.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
  }
}
