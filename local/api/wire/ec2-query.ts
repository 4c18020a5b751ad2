import type { Asked, Wire } from "../operation";
import { escaped, inner, toXml } from "./xml";

const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

/**
 * EC2's own Query protocol: a form goes in, with `SubnetId.1=…` for a list, and XML comes out without a result element around it,
 * its lists' members called `item`. Read are lists of strings and strings, as our commands ask by.
 */
export function ec2QueryWire(version: string): Wire {
  const form = ({ body }: Asked) => new URLSearchParams(body);
  const answer = (root: string, body: string) => `<${root} xmlns="${NAMESPACE}">${body}</${root}>`;
  return {
    operationOf: (asked) => (form(asked).get("Version") === version ? (form(asked).get("Action") ?? "") : undefined),
    read: async ({ input }, asked) => {
      const entries = [...form(asked)];
      const members = [...input.structIterator()].flatMap(([name, member]) => {
        const { ec2QueryName, xmlName } = member.getMergedTraits();
        const key = String(ec2QueryName ?? xmlName ?? name);
        const list = entries.filter(([path]) => path.startsWith(`${key}.`)).map(([, value]) => value);
        const value = member.isListSchema() ? list : form(asked).get(key);
        return value === null || value.length === 0 ? [] : [[name, value] as const];
      });
      return Object.fromEntries(members);
    },
    write: ({ name, output: schema }, output) => ({
      status: 200,
      type: "text/xml",
      body: answer(`${name}Response`, `<requestId>local</requestId>${inner(toXml(schema, output))}`),
    }),
    writeError: (code, message, status) => {
      const error = `<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
      const body = `<Response><Errors>${error}</Errors><RequestID>local</RequestID></Response>`;
      return { status, type: "text/xml", body };
    },
  };
}
