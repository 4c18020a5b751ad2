import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, TRUNCATED_RESPONSE } from "dns-packet";
import type { Found, LookUp } from "./look-up";

/** Of a question in an Internet class; the name as it was asked. */
export type Resolve = (name: string, type: string) => LookUp;

export interface ResponseOptions {
  resolve: Resolve;
  /** So many times as short are TTLs. */
  speed: number;
  /** Over UDP a client can take so many bytes only. */
  isUdp?: boolean;
}

/** RFC 1035, 4.1.1. */
const RCODES = { found: 0, "no-data": 0, malformed: 1, failed: 2, "no-name": 3, unknownOperation: 4, refused: 5 };
const HEADER_BYTES = 12;
/** What a client can take over UDP that says nothing of it (RFC 1035, 4.2.1). */
const UDP_BYTES = 512;
const RECURSION_DESIRED = 1 << 8;

/** The answer to a message, or nothing where it deserves none: a fragment, or what says itself to be an answer. */
export function respond(message: Buffer, options: ResponseOptions): Buffer | undefined {
  if (message.length < HEADER_BYTES || (message.readUInt8(2) & 0x80) !== 0) return undefined;
  const query = decoded(message);
  if (!query) return refusal(message, RCODES.malformed);
  if (query.opcode !== "QUERY") return refusal(message, RCODES.unknownOperation);
  const [question, another] = query.questions ?? [];
  if (!question || another) return refusal(message, RCODES.malformed);
  if (question.class !== "IN") return refusal(message, RCODES.refused);
  try {
    const lookUp = options.resolve(question.name, question.type);
    return encoded(query, question.name, lookUp, options);
  } catch {
    return refusal(message, RCODES.failed);
  }
}

type Query = Packet & { opcode?: string };

function decoded(message: Buffer): Query | undefined {
  const [questions = 0, ...records] = [4, 6, 8, 10].map((offset) => message.readUInt16BE(offset));
  // The library would go on to read what is not there.
  const least = HEADER_BYTES + 5 * questions + 11 * records.reduce((sum, count) => sum + count, 0);
  if (message.length < least) return undefined;
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

/** The bare header, as the question may be what could not be read. */
function refusal(message: Buffer, rcode: number): Buffer {
  const opcode = message.readUInt8(2) & 0x78;
  return encode({
    type: "response",
    id: message.readUInt16BE(0),
    flags: (opcode << 8) | ((message.readUInt8(2) & 1) << 8) | rcode,
  });
}

function encoded(query: Query, asked: string, lookUp: LookUp, { speed, isUdp }: ResponseOptions): Buffer {
  const { result, found, zone } = lookUp;
  const faster = (ttl: number) => Math.ceil(ttl / speed);
  const edns = query.additionals?.find((record) => record.type === "OPT");
  const isNegative = result === "no-name" || result === "no-data";
  const authority = AUTHORITATIVE_ANSWER | ((query.flags ?? 0) & RECURSION_DESIRED) | RCODES[result];
  const response: Packet = {
    type: "response",
    id: query.id,
    flags: result === "refused" ? authority & ~AUTHORITATIVE_ANSWER : authority,
    questions: query.questions,
    answers: found.flatMap((one, i) => answersOf(one, i === 0 ? asked : one.name, faster(one.ttl))),
    authorities: isNegative ? [startOfAuthority(zone, faster)] : [],
    additionals: edns ? [{ type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options: [] } as never] : [],
  };
  const bytes = encode(response);
  if (!isUdp || bytes.length <= Math.max(UDP_BYTES, edns?.type === "OPT" ? edns.udpPayloadSize : 0)) return bytes;
  return encode({ ...response, flags: (response.flags ?? 0) | TRUNCATED_RESPONSE, answers: [], authorities: [] });
}

/** The types that are served; of others it is known only that their name is there. */
function answersOf({ type, values }: Found, name: string, ttl: number): Answer[] {
  switch (type) {
    case "A":
    case "AAAA":
    case "CNAME":
      return values.map((data) => ({ type, name, ttl, data }));
    case "TXT":
      return values.map((data) => ({ type, name, ttl, data: Buffer.from(data) }));
    default:
      return [];
  }
}

/**
 * With Route 53's own times: a resolver keeps a "no" for "the lesser of" the record's TTL and its minimum (Route 53 guide, "The start
 * of authority (SOA) record").
 */
function startOfAuthority(zone: string, faster: (seconds: number) => number): Answer {
  const times = { refresh: 7200, retry: 900, expire: 1209600, minimum: faster(86400) };
  const data = { mname: `ns.${zone}`, rname: "awsdns-hostmaster.amazon.com", serial: 1, ...times };
  return { type: "SOA", name: zone, ttl: faster(900), data };
}
