import { JsonCodec2 } from "@smithy/core/protocols";
import type { Wire } from "../operation";

/** Times in seconds since 1970, as the SDK has them. */
const CODEC = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });

/** AWS's JSON protocols: the operation in the header `x-amz-target`, its input and output as JSON. */
export function jsonWire(version: "1.0" | "1.1", target: string): Wire {
  const type = `application/x-amz-json-${version}`;
  return {
    operationOf: ({ headers }) => {
      const [service, operation] = String(headers["x-amz-target"] ?? "").split(".");
      return service === target ? (operation ?? "") : undefined;
    },
    read: ({ input }, { body }) => CODEC.createDeserializer().read(input, body || "{}"),
    write: ({ output: schema }, output) => {
      const serializer = CODEC.createSerializer();
      serializer.write(schema, output);
      return { status: 200, type, body: new TextDecoder().decode(serializer.flush()) };
    },
    writeError: (code, message, status) => ({
      status,
      type,
      // The code that a service which spoke Query before had for it.
      headers: { "x-amzn-query-error": `${code};${status < 500 ? "Sender" : "Receiver"}` },
      body: JSON.stringify({ __type: code, message }),
    }),
  };
}
