import * as grpc from "@grpc/grpc-js";
import * as anyproto from "google-protobuf/google/protobuf/any_pb";
import * as empty from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { NotSteady } from "./errors";
import type { LocalProvider } from "./provider";
import type { Properties } from "./record";

// The SDK ships these without types.
const proto = require("@pulumi/pulumi/proto/provider_pb");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
const { Status } = require("@pulumi/pulumi/proto/status_pb");

// biome-ignore lint/suspicious/noExplicitAny: the generated messages have no types
type Message = any;
type Handler = (request: Message) => Message | Promise<Message>;

/** Serves the provider on loopback, for `PULUMI_DEBUG_PROVIDERS=NAME:PORT`; one server for all runs of the engine. */
export async function serveProvider(provider: LocalProvider): Promise<{ port: number; stop(): void }> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": 400 << 20 });
  server.addService(ResourceProviderService, implementation(handlers(provider)));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, stop: () => server.forceShutdown() };
}

function handlers(provider: LocalProvider): Record<string, Handler> {
  const nothing = () => new empty.Empty();
  return {
    handshake: () => new proto.ProviderHandshakeResponse(),
    attach: nothing,
    cancel: nothing, // asked at the end of every run: the next run finds the same server
    getPluginInfo: () => new PluginInfo().setVersion(require(`${provider.sdk}/package.json`).version),
    checkConfig: (request) => checked(request.getNews()),
    diffConfig: (request) => {
      const response = new proto.DiffResponse();
      response.setReplacesList(provider.diffConfig(object(request.getOldInputs()), object(request.getNews())));
      return response;
    },
    configure: () => {
      const response = new proto.ConfigureResponse();
      response.setSupportspreview(true);
      return response;
    },
    check: (request) =>
      checked(
        struct(
          provider.check(
            request.getUrn(),
            object(request.getOlds()),
            object(request.getNews()),
            request.getRandomseed_asU8(),
          ),
        ),
      ),
    diff: (request) => {
      const { changed, paths, replaces, deleteBeforeReplace } = provider.diff(
        request.getUrn(),
        object(request.getOldInputs()),
        object(request.getNews()),
      );
      const response = new proto.DiffResponse();
      response.setChanges(
        changed.length > 0 ? proto.DiffResponse.DiffChanges.DIFF_SOME : proto.DiffResponse.DiffChanges.DIFF_NONE,
      );
      response.setDiffsList(changed);
      response.setReplacesList(replaces);
      response.setDeletebeforereplace(deleteBeforeReplace);
      response.setHasdetaileddiff(paths !== undefined);
      for (const path of paths ?? []) {
        const { UPDATE, UPDATE_REPLACE } = proto.PropertyDiff.Kind;
        const isReplaced = replaces.some((replaced) => path === replaced || path.startsWith(`${replaced}.`));
        const kind = new proto.PropertyDiff().setKind(isReplaced ? UPDATE_REPLACE : UPDATE).setInputdiff(true);
        response.getDetaileddiffMap().set(path, kind);
      }
      return response;
    },
    create: async (request) => {
      const inputs = object(request.getProperties());
      const { id, properties } = await provider.create(
        request.getUrn(),
        inputs,
        request.getPreview(),
        request.getTimeout(),
      );
      const response = new proto.CreateResponse();
      response.setId(id);
      response.setProperties(struct(properties));
      return response;
    },
    update: async (request) => {
      const properties = await provider.update(
        request.getUrn(),
        request.getId(),
        object(request.getOlds()),
        object(request.getOldInputs()),
        object(request.getNews()),
        request.getPreview(),
        request.getTimeout(),
      );
      const response = new proto.UpdateResponse();
      response.setProperties(struct(properties));
      return response;
    },
    delete: async (request) => {
      await provider.delete(request.getUrn(), request.getId(), request.getTimeout());
      return nothing();
    },
    read: (request) => {
      const response = new proto.ReadResponse();
      const found = provider.read(request.getUrn(), request.getId());
      if (!found) return response;
      response.setId(request.getId());
      response.setProperties(struct(found.properties));
      response.setInputs(struct(found.inputs));
      return response;
    },
    invoke: (request) => {
      const response = new proto.InvokeResponse();
      response.setReturn(struct(provider.invoke(request.getTok())));
      return response;
    },
  };
}

function implementation(calls: Record<string, Handler>): grpc.UntypedServiceImplementation {
  const answer = (handler: Handler) => (call: { request: Message }, callback: grpc.sendUnaryData<Message>) => {
    Promise.resolve()
      .then(() => handler(call.request))
      .then((response) => callback(null, response))
      .catch((error: Error) => callback(asStatus(error)));
  };
  return Object.fromEntries(Object.entries(calls).map(([name, handler]) => [name, answer(handler) as never]));
}

/** A resource that was made and did not come up travels in the status' details, as the engine expects it. */
function asStatus(error: Error): grpc.ServiceError {
  const metadata = new grpc.Metadata();
  if (error instanceof NotSteady && error.resource) {
    const detail = new proto.ErrorResourceInitFailed();
    detail.setId(error.resource.id);
    detail.setProperties(struct(error.resource.properties));
    detail.setInputs(struct(error.resource.inputs));
    detail.setReasonsList([error.message, ...error.reasons]);
    const any = new anyproto.Any();
    any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(error.message);
    status.addDetails(any);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return Object.assign(new Error(error.message), { code: grpc.status.UNKNOWN, details: error.message, metadata });
}

function checked(inputs: Message): Message {
  const response = new proto.CheckResponse();
  response.setInputs(inputs);
  return response;
}

function object(message: Struct | undefined): Properties {
  return (message?.toJavaScript() ?? {}) as Properties;
}

/** `Struct.fromJavaScript` throws on undefined, which JSON leaves out. */
function struct(properties: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)));
}
