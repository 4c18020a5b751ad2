import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { inUse } from "../dataplane/loopback";
import { AwsError } from "../providers";
import { Faults } from "./faults";
import type { Answer, Asked, Service } from "./operation";

/** What is asked for besides AWS's calls: by method and path, such as `GET /metrics`. */
export type Pages = Record<string, (asked: Asked) => Answer>;

/** The subset of AWS's API that our commands and hooks call, at one address for all services; signatures are not looked at. */
export class ApiServer {
  readonly faults = new Faults();
  private readonly pages: Pages;

  private constructor(
    private readonly services: readonly Service[],
    pages: Pages,
    private readonly server: Server,
    readonly endpoint: string,
  ) {
    this.pages = {
      "GET /_crossfade/calls": () => json(this.faults.called),
      "PUT /_crossfade/faults": ({ body }) => {
        this.faults.ask(JSON.parse(body));
        return json({});
      },
      ...pages,
    };
    server.on("request", (request, response) => void this.take(request, response));
  }

  static async start(services: readonly Service[], pages: Pages, port: number): Promise<ApiServer> {
    const socket = { host: "127.0.0.1", port };
    const server = createServer().listen(port, socket.host);
    await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EADDRINUSE" ? inUse(socket, "the AWS API of the local cloud") : error;
    });
    return new ApiServer(services, pages, server, `http://${socket.host}:${port}`);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", headers, url = "/" } = request;
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return; // who asked has gone
    const asked: Asked = { method, headers, url: new URL(url, this.endpoint), body };
    const answer = await this.answer(asked).catch((error: Error) => plain(400, error.message));
    if (answer === "silence") return;
    if (answer === "reset") return void request.socket.resetAndDestroy();
    response.writeHead(answer.status, { "content-type": answer.type, ...answer.headers }).end(answer.body);
  }

  private async answer(asked: Asked): Promise<Answer | "silence" | "reset"> {
    const page = this.pages[`${asked.method} ${asked.url.pathname}`];
    if (page) return page(asked);
    for (const service of this.services) {
      const name = service.wire.operationOf(asked);
      if (name !== undefined) return this.call(service, name, asked);
    }
    return plain(404, `the local cloud has no ${asked.method} ${asked.url.pathname}: ${NOT_USED}`);
  }

  private async call({ wire, operations, throttled }: Service, name: string, asked: Asked) {
    const { call, fault } = this.faults.next(name);
    const refuse = (code: string, message: string, status: number) => {
      call.failed ??= code;
      return wire.writeError(code, message, status);
    };
    if (fault === "throttle") return refuse(throttled, "Rate exceeded", 400);
    if (fault === "denied") return refuse("AccessDenied", `User is not authorized to perform ${name}`, 403);
    if (fault === "error") return refuse("InternalFailure", "An internal error occurred", 500);
    if (fault === "unavailable") return refuse("ServiceUnavailable", "The service is unavailable", 503);
    if (fault === "time-out") return "silence";
    if (fault === "reset") return "reset";
    const operation = operations.find((one) => one.name === name);
    if (!operation) return refuse("InvalidAction", `the local cloud has no ${name}: ${NOT_USED}`, 400);
    try {
      const output = await operation.answer(await wire.read(operation, asked));
      return fault === "lost-answer" ? "reset" : wire.write(operation, output);
    } catch (error) {
      if (error instanceof AwsError) return refuse(error.code, error.reason, error.status);
      return refuse("InternalFailure", (error as Error).message, 500);
    }
  }
}

const NOT_USED = "no stack, policy or command of ours asks for it";

export function json(value: unknown): Answer {
  return { status: 200, type: "application/json", body: JSON.stringify(value) };
}

export function plain(status: number, body: string): Answer {
  return { status, type: "text/plain", body };
}
