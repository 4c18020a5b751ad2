import { XmlShapeDeserializer } from "@aws-sdk/core/protocols";
import type { Asked, Wire } from "../operation";
import { errorBody, inner, toXml, XML_SETTINGS } from "./xml";

/** AWS's Query protocol: a form goes in, with `RuleArns.member.1=…` for a list, and XML comes out. */
export function queryWire(version: string, namespace: string): Wire {
  const form = ({ body }: Asked) => new URLSearchParams(body);
  const answer = (root: string, body: string) =>
    `<${root} xmlns="${namespace}">${body}<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></${root}>`;
  return {
    operationOf: (asked) => (form(asked).get("Version") === version ? (form(asked).get("Action") ?? "") : undefined),
    read: async ({ input }, asked) => new XmlShapeDeserializer(XML_SETTINGS).readSchema(input, nested(form(asked))),
    write: ({ name, output: schema }, output) => {
      const body = `<${name}Result>${inner(toXml(schema, output))}</${name}Result>`;
      return { status: 200, type: "text/xml", body: answer(`${name}Response`, body) };
    },
    writeError: (code, message, status) => ({
      status,
      type: "text/xml",
      body: errorBody(code, message, status, namespace),
    }),
  };
}

type Tree = { [key: string]: Tree | string | (Tree | string)[] };

/** `A.member.1.B=x` as `{ A: { member: [{ B: "x" }] } }`, as the same would be written in XML. */
function nested(form: URLSearchParams): Tree {
  const root: Tree = {};
  for (const [path, value] of form) {
    // biome-ignore lint/suspicious/noExplicitAny: lists and objects in turn, as the path says
    let at: any = root;
    const keys = path.split(".").map((key) => (/^\d+$/.test(key) ? Number(key) - 1 : key));
    for (const [i, key] of keys.entries()) {
      const next = keys[i + 1];
      at[key] ??= next === undefined ? value : typeof next === "number" ? [] : {};
      at = at[key];
    }
  }
  return root;
}
