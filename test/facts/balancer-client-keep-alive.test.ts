import { once } from "node:events";
import { Agent } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { ask, desire, forwardTo, service, startDataPlane } from "./local-cloud";

// "The HTTP client keepalive duration is the maximum length of time that an Application Load Balancer maintains a persistent HTTP
// connection to a client. After the configured HTTP client keepalive duration elapses, the Application Load Balancer accepts one
// more request and then returns a response that gracefully closes the connection."
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html

/** A balancer whose client keep-alive of 60 s is over after one. */
async function start() {
  const { plane } = startDataPlane({ dnsSpeed: 60 });
  const desired = desire([forwardTo({ shop: 1 })], [service("shop")]);
  await plane.apply({ ...desired, balancers: desired.balancers.map((one) => ({ ...one, clientKeepAlive: 60 })) });
  await plane.steady("shop");
  const [address] = plane.addresses("alb", 80);
  return { plane, desired, address };
}

it("a connection that is old enough is closed with its next answer, however busy it was", async () => {
  const { address } = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number>();
  const began = Date.now();
  for (;;) {
    const { status, headers } = await ask(address, "/", { agent });
    expect(status).toBe(200);
    for (const socket of Object.values(agent.freeSockets).flat()) ports.add(socket?.localPort ?? 0);
    if (headers.connection === "close") break;
    expect(Date.now() - began).toBeLessThan(1500);
    await sleep(50);
  }
  expect(Date.now() - began).toBeGreaterThanOrEqual(1000);
  expect(ports.size).toBe(1);
  expect(await ask(address, "/", { agent })).toMatchObject({ status: 200, headers: { connection: "keep-alive" } });
  agent.destroy();
});

it("a deleted balancer closes its clients' connections, and takes no more", async () => {
  const { plane, desired, address } = await start();
  const [host = "", port] = address?.split(":") ?? [];
  const socket = connect(Number(port), host);
  await once(socket, "connect");
  await plane.apply({ ...desired, balancers: [] });
  await once(socket.resume(), "close");
  await expect(ask(address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
