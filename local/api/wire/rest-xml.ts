import { XmlShapeDeserializer } from "@aws-sdk/core/protocols";
import type { Asked, Operation, Wire } from "../operation";
import { errorBody, toXml, XML_SETTINGS } from "./xml";

/** AWS's REST protocol in XML: what is asked for is in method, path and query; a body is XML, and so is the answer. */
export function restXmlWire(operations: readonly Operation[], prefix: string, namespace: string): Wire {
  const deserializer = new XmlShapeDeserializer(XML_SETTINGS);
  return {
    operationOf: ({ method, url }) => {
      if (!url.pathname.startsWith(prefix)) return undefined;
      return operations.find(({ http }) => http?.[0] === method && labels(http[1], url))?.name ?? url.pathname;
    },
    read: async ({ input, http }, asked) => {
      const given = asked.body ? deserializer.read(input, asked.body) : {};
      const inPath = labels(http?.[1] ?? "", asked.url) ?? {};
      for (const [name, member] of input.structIterator()) {
        const { httpQuery } = member.getMergedTraits();
        const value = inPath[name] ?? (httpQuery && asked.url.searchParams.get(httpQuery));
        if (value) given[name] = deserializer.readSchema(member, value);
      }
      return given;
    },
    write: ({ output: schema }, output) => ({ status: 200, type: "text/xml", body: toXml(schema, output, namespace) }),
    writeError: (code, message, status) => ({
      status,
      type: "text/xml",
      body: errorBody(code, message, status, namespace),
    }),
  };
}

/** What stands at the labels of a path such as `/2013-04-01/change/{Id}`, or undefined where it is another path. */
function labels(template: string, { pathname }: Asked["url"]): Record<string, string> | undefined {
  const pattern = template.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const found = new RegExp(`^${pattern}/?$`).exec(pathname);
  if (!found) return undefined;
  const entries = Object.entries(found.groups ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, decodeURIComponent(value)]));
}
