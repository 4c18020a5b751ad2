import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "./client";
import { Companion } from "./companion";

/** The control plane's front alone: what stores objects and refuses bad ones. No controller, no scheduler, no node. */
export class ApiServer {
  private constructor(
    readonly client: ApiClient,
    /** What `ensureApiServer` returned. */
    readonly root: string,
    private readonly programs: Companion[],
    private readonly home: string,
  ) {}

  /** Starts one with an empty store, on loopback. */
  static async start(root: string): Promise<ApiServer> {
    const home = mkdtempSync(join(tmpdir(), "crossfade-api-server-"));
    const programs: Companion[] = [];
    try {
      const [store = 0, peer = 0, port = 0] = await freePorts(3);
      const token = randomUUID();
      programs.push(startStore(root, home, store, peer));
      programs.push(startServer(root, home, store, port, token));
      const client = await ready(programs, home, port, token);
      return new ApiServer(client, root, programs, home);
    } catch (error) {
      await end(programs, home);
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.client.close();
    await end(this.programs, this.home);
  }
}

function startStore(root: string, home: string, port: number, peer: number): Companion {
  const [clients, peers] = [port, peer].map((number) => `http://127.0.0.1:${number}`);
  const flags = {
    "data-dir": join(home, "store"),
    "listen-client-urls": clients,
    "advertise-client-urls": clients,
    "listen-peer-urls": peers,
    "initial-advertise-peer-urls": peers,
    "initial-cluster": `default=${peers}`,
    "unsafe-no-fsync": true,
    "log-level": "error",
  };
  return Companion.start(join(root, "bin/etcd"), asArguments(flags));
}

function startServer(root: string, home: string, store: number, port: number, token: string): Companion {
  const [key, tokens] = [join(home, "service-account.pem"), join(home, "tokens.csv")];
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(key, privateKey.export({ type: "sec1", format: "pem" }));
  writeFileSync(tokens, `${token},tests,tests,system:masters\n`);
  const flags = {
    "etcd-servers": `http://127.0.0.1:${store}`,
    "bind-address": "127.0.0.1",
    "advertise-address": "127.0.0.1",
    "secure-port": port,
    "cert-dir": home, // where it puts a certificate of its own
    "token-auth-file": tokens,
    "authorization-mode": "RBAC",
    "allow-privileged": true, // as every cluster does: what refuses such pods is pod security
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": key,
    "service-account-signing-key-file": key,
    "service-cluster-ip-range": "10.0.0.0/24",
    "endpoint-reconciler-type": "none", // loopback is no address for endpoints
  };
  return Companion.start(join(root, "bin/kube-apiserver"), asArguments(flags));
}

const asArguments = (flags: Record<string, unknown>) =>
  Object.entries(flags).map(([name, value]) => `--${name}=${value}`);

async function ready(programs: Companion[], home: string, port: number, token: string): Promise<ApiClient> {
  const until = Date.now() + 120_000;
  for (;;) {
    const gone = programs.find(({ isRunning }) => !isRunning);
    if (gone || Date.now() > until) {
      const words = (gone ? [gone] : programs).map(({ lastWords }) => lastWords).join("\n");
      throw new Error(`The API server ${gone ? "ended before it was" : "did not get"} ready. It last said:\n${words}`);
    }
    try {
      const client = new ApiClient(port, token, readFileSync(join(home, "apiserver.crt"), "utf8"));
      const { status } = await client.ask("GET", "/readyz");
      if (status === 200) return client;
      client.close();
    } catch {
      // no certificate yet, or nobody listens yet
    }
    await sleep(100);
  }
}

async function end(programs: Companion[], home: string): Promise<void> {
  await Promise.all(programs.map((program) => program.stop()));
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
