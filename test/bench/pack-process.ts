import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  AnalyzeRequest,
  type AnalyzeResponse,
  type AnalyzerInfo,
  AnalyzerPropertyDependencies,
  AnalyzerProviderResource,
  AnalyzerResource,
  AnalyzerResourceOptions,
  AnalyzeStackRequest,
  ConfigureAnalyzerRequest,
  PolicyConfig,
  type RemediateResponse,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Properties, Resource } from "../../traffic";
import { ROOT } from "../local-world";

/** What a pack's process did until a moment: seconds of processor time, of itself and of what it started and has ended. */
interface Used {
  own: number;
  started: number;
}

/** A pack's life in one preview, in seconds; of processor time where nothing else is said. */
export interface PackCost {
  /** From its start until it answers. */
  start: Used;
  /** All resources, one by one, as they are registered. */
  resources: Used;
  /** The stack, when the program has ended. */
  stack: Used;
  /** How long the engine waits for that last one: nothing else runs then. Of the clock. */
  wait: number;
}

/** The stack that a pack is told of. */
export const BENCH_STACK = { organization: "organization", project: "shop", stack: "prod" };

/**
 * Starts a pack as the language host does, and asks it what the engine asks in a preview. Of all that a preview does this is the
 * part that a pack adds, so that it can be measured in seconds of processor time, which others on the machine hardly change.
 */
export async function packCost(
  folder: string,
  desired: readonly Resource[],
  env: NodeJS.ProcessEnv,
): Promise<PackCost> {
  const pack = startPack(folder, env);
  try {
    const port = await firstLine(pack);
    const limits = { "grpc.max_send_message_length": 1 << 30, "grpc.max_receive_message_length": 1 << 30 };
    const client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure(), limits);
    await configure(client);
    const start = used(pack);
    for (const resource of desired) {
      const request = resourceRequest(resource);
      // The engine asks for remediations first, and waits for each answer.
      await call<RemediateResponse>((done) => client.remediate(request, done));
      await call<AnalyzeResponse>((done) => client.analyze(request, done));
    }
    const resources = used(pack);
    const request = stackRequest(desired);
    const asked = performance.now();
    await call<AnalyzeResponse>((done) => client.analyzeStack(request, done));
    const wait = (performance.now() - asked) / 1000;
    const end = used(pack);
    client.close();
    return {
      start,
      resources: minus(resources, start),
      stack: minus(end, resources),
      wait,
    };
  } finally {
    pack.kill("SIGINT");
  }
}

function startPack(folder: string, env: NodeJS.ProcessEnv): ChildProcess {
  const script = join(ROOT, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
  const { organization, project, stack } = BENCH_STACK;
  return spawn(process.execPath, [script, "127.0.0.1:1", folder], {
    cwd: folder,
    env: {
      ...env,
      PULUMI_CONFIG: "{}",
      PULUMI_NODEJS_TYPESCRIPT: "false",
      PULUMI_NODEJS_ORGANIZATION: organization,
      PULUMI_NODEJS_PROJECT: project,
      PULUMI_NODEJS_STACK: stack,
      PULUMI_NODEJS_DRY_RUN: "true",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout) for await (const line of createInterface(stdout)) return line;
  throw new Error("the pack has ended before it said its port");
}

/** The engine asks which policies there are, and tells each its level and settings. */
async function configure(client: AnalyzerClient): Promise<void> {
  const info = await call<AnalyzerInfo>((done) => client.getAnalyzerInfo(new Empty(), done));
  const request = new ConfigureAnalyzerRequest();
  for (const policy of info.getPoliciesList()) {
    const config = new PolicyConfig();
    config.setEnforcementlevel(policy.getEnforcementlevel());
    config.setProperties(struct({}));
    request.getPolicyconfigMap().set(policy.getName(), config);
  }
  await call<Empty>((done) => client.configure(request, done));
}

function call<T>(ask: (done: (error: Error | null, answer: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

function resourceRequest(resource: Resource): AnalyzeRequest {
  return described(new AnalyzeRequest(), resource, resource.inputs);
}

function stackRequest(resources: readonly Resource[]): AnalyzeStackRequest {
  const request = new AnalyzeStackRequest();
  request.setResourcesList(
    resources.map((resource) => {
      const message = described(new AnalyzerResource(), resource, resource.outputs);
      message.setParent(resource.parent ?? "");
      message.setDependenciesList([...(resource.dependencies ?? [])]);
      for (const [property, urns] of Object.entries(resource.propertyDependencies ?? {})) {
        const edges = new AnalyzerPropertyDependencies();
        edges.setUrnsList([...urns]);
        message.getPropertydependenciesMap().set(property, edges);
      }
      return message;
    }),
  );
  return request;
}

function described<M extends AnalyzeRequest | AnalyzerResource>(
  message: M,
  resource: Resource,
  properties: Properties,
): M {
  const { urn, type } = resource;
  message.setUrn(urn);
  message.setType(type);
  message.setName(urn.split("::").at(-1) ?? urn);
  message.setProperties(struct(properties));
  message.setOptions(new AnalyzerResourceOptions());
  const provider = new AnalyzerProviderResource();
  provider.setUrn(resource.provider ?? "");
  provider.setType("pulumi:providers:aws");
  provider.setName("default");
  provider.setProperties(struct({ region: "eu-central-1", skipMetadataApiCheck: "false" }));
  message.setProvider(provider);
  return message;
}

/** The engine keeps `__defaults` for itself. */
function struct({ __defaults, ...properties }: Properties): Struct {
  return Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);
}

/** By what the kernel counts, in hundredths of a second (proc(5), `stat`: utime, stime, cutime, cstime). */
function used({ pid }: ChildProcess): Used {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user = 0, system = 0, startedUser = 0, startedSystem = 0] = fields.split(" ").slice(11, 15).map(Number);
  return { own: (user + system) / 100, started: (startedUser + startedSystem) / 100 };
}

function minus(later: Used, earlier: Used): Used {
  return { own: later.own - earlier.own, started: later.started - earlier.started };
}
