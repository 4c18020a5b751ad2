import { XmlShapeSerializer } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";

/** Of XML and of forms, as the SDK has them: times as 2026-11-29T12:00:00Z unless the schema says otherwise. */
export const XML_SETTINGS = {
  timestampFormat: { useTrait: true, default: 5 as const },
  xmlNamespace: "",
  serviceNamespace: "",
};

/** A shape as XML; its root is called as the schema is. */
export function toXml(schema: NormalizedSchema, value: object, xmlNamespace = ""): string {
  const serializer = new XmlShapeSerializer({ ...XML_SETTINGS, xmlNamespace });
  serializer.write(schema, value);
  return String(serializer.flush());
}

/** What is in the root element. */
export function inner(xml: string): string {
  return /^<[^>]*[^/]>(.*)<\/[^>]*>$/s.exec(xml)?.[1] ?? "";
}

export function errorBody(code: string, message: string, status: number, namespace: string): string {
  const type = status < 500 ? "Sender" : "Receiver";
  const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
  return `<ErrorResponse xmlns="${namespace}">${error}<RequestId>local</RequestId></ErrorResponse>`;
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
