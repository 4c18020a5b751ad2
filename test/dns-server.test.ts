import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { type DecodedPacket, decode, encode, type Packet, streamDecode, streamEncode } from "dns-packet";
import { beforeEach, describe, expect, it } from "vitest";
import type { DesiredRecord } from "../local/dataplane";
import { desire, seeded, startDataPlane } from "./facts/local-cloud";
import { dns, record } from "./facts/route53";
import { freshPort } from "./ports";

// What any name server owes to its clients (RFC 1034, 1035, 2308, 4592, 6891, 7766); Route 53's own ways are in test/facts.

const MANY = Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`);
const RECORDS: DesiredRecord[] = [
  record("shop.example.test", { values: ["192.0.2.1", "192.0.2.2"] }),
  record("many.example.test", { values: MANY }),
  record("www.example.test", { type: "CNAME", values: ["Shop.Example.Test."] }),
  record("away.example.test", { type: "CNAME", values: ["shop.other.test"] }),
  record("dead.example.test", { type: "CNAME", values: ["nobody.example.test"] }),
  record("loop.example.test", { type: "CNAME", values: ["loop.example.test"] }),
  record("text.example.test", { type: "TXT", values: ["hello"] }),
  record("mail.example.test", { type: "MX", values: ["10 mail.test"] }),
  record("a.b.example.test"),
  record("*.wild.example.test", { values: ["192.0.2.9"] }),
];

let host = "";
let port = 0;
let resolver: Resolver;
beforeEach(async () => {
  const { plane } = startDataPlane();
  await plane.apply({ ...desire([], []), dns: dns(RECORDS) });
  const [address = ""] = plane.dnsAddresses();
  host = address.split(":")[0] ?? "";
  port = Number(address.split(":")[1]);
  resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([address]);
});

/** One message over UDP; nothing where none comes back in a moment. */
async function udp(message: Buffer): Promise<Buffer | undefined> {
  const socket = createSocket("udp4");
  const answered = once(socket, "message", { signal: AbortSignal.timeout(300) });
  socket.send(message, port, host);
  const [answer] = await answered.catch(() => []);
  socket.close();
  return answer;
}

const query = (name: string, type: string, more: Partial<Packet> = {}): Packet => ({
  type: "query",
  id: 4711,
  questions: [{ name, type: type as "A", class: "IN" }],
  ...more,
});

async function ask(name: string, type = "A", more: Partial<Packet> = {}): Promise<DecodedPacket> {
  return decode((await udp(encode(query(name, type, more)))) ?? Buffer.alloc(0));
}

const data = ({ answers = [] }: Packet) => answers.map((answer) => ("data" in answer ? answer.data : undefined));
const rcode = ({ flags = 0 }: Packet) => flags & 15;

describe("over UDP, by Node's resolver", () => {
  it("gives all addresses of a name, in any case", async () => {
    const found = await resolver.resolve4("Shop.EXAMPLE.test", { ttl: true });
    expect(found.map(({ address }) => address).sort()).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(found.map(({ ttl }) => ttl)).toEqual([60, 60]);
  });

  it("tells a name that is not there from one without the type", async () => {
    await expect(resolver.resolve4("no.example.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolver.resolve6("shop.example.test")).rejects.toMatchObject({ code: "ENODATA" });
    await expect(resolver.resolve4("b.example.test")).rejects.toMatchObject({ code: "ENODATA" }); // a.b is under it
    await expect(resolver.resolve4("mail.example.test")).rejects.toMatchObject({ code: "ENODATA" });
  });

  it("refuses names of other zones", async () => {
    await expect(resolver.resolve4("example.org")).rejects.toMatchObject({ code: "EREFUSED" });
    await expect(resolver.resolve4("notexample.test")).rejects.toMatchObject({ code: "EREFUSED" });
  });

  it("follows a CNAME within its zones, and gives it where it leads elsewhere", async () => {
    expect((await resolver.resolve4("www.example.test")).sort()).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(await resolver.resolveCname("away.example.test")).toEqual(["shop.other.test"]);
    expect(await resolver.resolve4("away.example.test").catch(() => [])).toEqual([]);
    await expect(resolver.resolve4("dead.example.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
    expect(await resolver.resolve4("loop.example.test").catch(() => [])).toEqual([]);
  });

  it("answers from a wildcard for what is not there", async () => {
    expect(await resolver.resolve4("any.thing.wild.example.test")).toEqual(["192.0.2.9"]);
    await expect(resolver.resolve4("wild.example.test")).rejects.toMatchObject({ code: "ENODATA" });
  });

  it("serves text", async () => {
    expect(await resolver.resolveTxt("text.example.test")).toEqual([["hello"]]);
  });

  // The resolver sees the truncation, and asks again over TCP.
  it("gives what is too long for a datagram over TCP", async () => {
    expect((await resolver.resolve4("many.example.test")).sort()).toEqual([...MANY].sort());
  });
});

describe("a message", () => {
  it("is answered with authority, with the question as it was asked", async () => {
    const answer = await ask("sHoP.example.test");
    expect(answer).toMatchObject({ id: 4711, flag_aa: true, flag_tc: false, flag_ra: false, type: "response" });
    expect(answer.questions?.[0]?.name).toBe("sHoP.example.test");
    expect(answer.answers?.map(({ name }) => name)).toEqual(["sHoP.example.test", "sHoP.example.test"]);
    expect(answer.authorities).toEqual([]);
  });

  it.each([
    ["no.example.test", 3],
    ["b.example.test", 0],
  ])("has the zone's start of authority in a negative answer: %s", async (name, code) => {
    const answer = await ask(name);
    expect([rcode(answer), answer.flag_aa, answer.answers]).toEqual([code, true, []]);
    expect(answer.authorities).toMatchObject([
      { type: "SOA", name: "example.test", ttl: 900, data: { minimum: 86400 } },
    ]);
  });

  it("of another zone is refused without authority", async () => {
    const answer = await ask("example.org");
    expect([rcode(answer), answer.flag_aa, answer.authorities]).toEqual([5, false, []]);
  });

  it("is truncated at 512 bytes, or at what the client can take", async () => {
    const cut = await ask("many.example.test");
    expect([cut.flag_tc, cut.answers]).toEqual([true, []]);
    const opt = { type: "OPT", name: ".", udpPayloadSize: 4096, flags: 0, options: [] } as never;
    const whole = await ask("many.example.test", "A", { additionals: [opt] });
    expect([whole.flag_tc, whole.answers?.length]).toEqual([false, 100]);
    expect(whole.additionals).toMatchObject([{ type: "OPT" }]);
  });

  it("of a type, class or operation that is not served is answered as such", async () => {
    expect(await ask("shop.example.test", "HTTPS").then(rcode)).toBe(0);
    expect(await ask("shop.example.test", "ANY").then(data)).toEqual([]);
    const chaos = { questions: [{ name: "shop.example.test", type: "A" as const, class: "CH" as const }] };
    expect(await ask("", "A", chaos).then(rcode)).toBe(5);
    expect(await ask("shop.example.test", "A", { flags: 4 << 11 }).then(rcode)).toBe(4);
    expect(await ask("", "A", { questions: [] }).then(rcode)).toBe(1);
  });

  it("that is none, or an answer, is left alone; one that cannot be read is called malformed", async () => {
    expect(await udp(Buffer.from("hello"))).toBeUndefined();
    expect(await udp(encode({ type: "response", id: 1, questions: [] }))).toBeUndefined();
    const header = encode({ type: "query", id: 77, questions: [] });
    header.writeUInt16BE(9, 4); // nine questions, and none there
    const answer = decode((await udp(header)) ?? Buffer.alloc(0));
    expect([answer.id, rcode(answer)]).toEqual([77, 1]);
  });

  it("of any bytes does not end the server", async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seeded(seed);
    const socket = createSocket("udp4");
    const whole = encode(query("shop.example.test", "A"));
    for (let i = 1; i <= 3000; i++) {
      const noise = Buffer.from(whole.subarray(0, Math.ceil(random() * whole.length)));
      for (let n = 0; n < 4; n++) noise[Math.floor(random() * noise.length)] = Math.floor(random() * 256);
      await new Promise((resolve) => socket.send(noise, port, host, resolve));
      if (i % 100 > 0) continue; // more at once than a socket holds would be lost
      expect((await resolver.resolve4("shop.example.test")).length, `seed ${seed}`).toBe(2);
    }
    socket.close();
  });
});

describe("over TCP", () => {
  it("answers several messages of one connection, in parts too", async () => {
    const socket = connect(port, host);
    const both = Buffer.concat([
      streamEncode(query("many.example.test", "A", { id: 1 })),
      streamEncode(query("shop.example.test", "A", { id: 2 })),
    ]);
    let received = Buffer.alloc(0);
    socket.on("data", (part) => {
      received = Buffer.concat([received, part]);
    });
    for (const byte of both) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const first = await until(() => streamDecode(received.length > 2 ? received : Buffer.alloc(2)));
    received = received.subarray(2 + received.readUInt16BE(0));
    const second = await until(() => (received.length > 2 ? streamDecode(received) : null));
    socket.destroy();
    expect([first.id, first.answers?.length, second.id, second.answers?.length]).toEqual([1, 100, 2, 2]);
  });

  it("closes a connection that brings no message", async () => {
    const socket = connect(port, host);
    socket.write(Buffer.from([0, 3, 1, 2, 3]));
    await once(socket, "close");
    expect((await resolver.resolve4("shop.example.test")).length).toBe(2);
  });
});

async function until<T>(get: () => T | null): Promise<T> {
  for (;;) {
    const got = get();
    if (got) return got;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("its addresses", () => {
  it("are its own and those that are asked for; one that cannot be had is told", async () => {
    const basePort = freshPort();
    const asked = `127.0.53.1:${basePort + 53}`;
    const { plane, log } = startDataPlane({ basePort, dnsAddresses: [asked, "192.0.2.1:53"] });
    await plane.apply({ ...desire([], []), balancers: [], dns: dns(RECORDS) });
    expect(plane.dnsAddresses()).toEqual([`127.0.0.1:${basePort + 53}`, asked]);
    expect(log).toEqual([expect.stringContaining("the name server does not answer at 192.0.2.1:53: ")]);
    resolver.setServers([asked]);
    expect((await resolver.resolve4("shop.example.test")).length).toBe(2);
  });

  it("name the program's port that is taken, and what to do", async () => {
    const basePort = freshPort();
    const other = createSocket("udp4");
    other.bind(basePort + 53, "127.0.0.1");
    await once(other, "listening");
    const { plane } = startDataPlane({ basePort });
    await expect(plane.apply({ ...desire([], []), balancers: [] })).rejects.toThrow(
      new RegExp(
        `^Port ${basePort + 53} of 127\\.0\\.0\\.1, for the name server, is in use: stop .* or choose another base port\\.$`,
      ),
    );
    other.close();
  });
});
