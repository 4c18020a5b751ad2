import { Agent, request } from "node:https";

/** An object of the API, as a manifest has it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [key: string]: unknown };
  [key: string]: unknown;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an object of any kind, or the reason of a refusal
  body: any;
  /** What the server has to say of an object that it takes. */
  warnings: string[];
}

const PATCHES = {
  apply: "application/apply-patch+yaml",
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
};

/** As the server itself lists it. */
interface Kind {
  name: string;
  namespaced: boolean;
  kind: string;
}

interface Written {
  /** Who writes: the owner of the fields (Kubernetes docs, "Server-Side Apply", `fieldManager`). */
  manager?: string;
  /** Asks what the server would do; nothing is stored. */
  dryRun?: boolean;
  /** Takes fields from other owners. */
  force?: boolean;
  /** `status`, where controllers write. @default the object itself */
  subresource?: string;
}

/** Speaks to an API server as an administrator. All that it writes is validated strictly: an unknown field is an error. */
export class ApiClient {
  private readonly agent: Agent;
  private readonly discovered = new Map<string, Promise<Kind[]>>();

  constructor(
    readonly port: number,
    private readonly token: string,
    ca: string,
  ) {
    this.agent = new Agent({ keepAlive: true, ca });
  }

  create(object: Manifest, options: Written = {}): Promise<Answer> {
    return this.write("POST", object, options, object);
  }

  patch(object: Manifest, how: keyof typeof PATCHES, patch: unknown, options: Written = {}): Promise<Answer> {
    return this.write("PATCH", object, options, patch, PATCHES[how]);
  }

  /** Server-side apply: the manager wants just these fields to be so. */
  apply(object: Manifest, options: Written & { manager: string }): Promise<Answer> {
    return this.patch(object, "apply", object, options);
  }

  async get(object: Manifest): Promise<Answer> {
    return this.ask("GET", `${await this.collectionOf(object)}/${object.metadata.name}`);
  }

  async ask(method: string, path: string, body?: unknown, contentType = "application/json"): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.token}`, "content-type": contentType };
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.port, path, method, headers, agent: this.agent };
      const asked = request(options, async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        const isJson = response.headers["content-type"]?.startsWith("application/json");
        const warnings = [response.headers.warning ?? []]
          .flat()
          .flatMap((line) => line.match(/(?<=")[^"]+(?=")/g) ?? []);
        resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text, warnings });
      });
      asked.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private async write(
    method: "POST" | "PATCH",
    object: Manifest,
    { manager, dryRun, force, subresource }: Written,
    body: unknown,
    contentType?: string,
  ): Promise<Answer> {
    const query = new URLSearchParams({
      fieldValidation: "Strict",
      ...(manager && { fieldManager: manager }),
      ...(dryRun && { dryRun: "All" }),
      ...(force && { force: "true" }),
    });
    const collection = await this.collectionOf(object);
    const parts =
      method === "POST" ? [collection] : [collection, object.metadata.name, ...(subresource ? [subresource] : [])];
    const path = parts.join("/");
    return this.ask(method, `${path}?${query}`, body, contentType);
  }

  /** The path of all objects of this kind in this namespace, as the server itself names it. */
  private async collectionOf({ apiVersion, kind, metadata }: Manifest): Promise<string> {
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const known: Promise<Kind[]> =
      this.discovered.get(group) ?? this.ask("GET", group).then(({ body }) => body.resources ?? []);
    this.discovered.set(group, known);
    const resource = (await known).find(({ name, kind: k }) => k === kind && !name.includes("/"));
    if (!resource) throw new Error(`the API server knows no ${kind} in ${apiVersion}`);
    return resource.namespaced
      ? `${group}/namespaces/${metadata.namespace}/${resource.name}`
      : `${group}/${resource.name}`;
  }
}
