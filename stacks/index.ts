import { type Config, readConfig } from "../components";
import { behindAGateway } from "./behind-a-gateway";
import { behindOneEdge } from "./behind-one-edge";
import { edgePerColor } from "./edge-per-color";
import { readNeighbours } from "./neighbours";

/** One program a kind of route. What it returns are the stack's outputs. */
export = program(readConfig());

function program(config: Config) {
  const { kubernetes, dns, network } = config;
  readNeighbours(config);
  if (kubernetes?.gateway) return behindAGateway(config, kubernetes, kubernetes.gateway);
  if (dns) return edgePerColor(config, dns);
  if (network) return behindOneEdge(config, network);
  throw new Error("the stack config has no network, and no Gateway without one: it was read as good and is not");
}
