import { readConfig } from "../components";
import { behindOneEdge } from "./behind-one-edge";
import { edgePerColor } from "./edge-per-color";

const config = readConfig();

/** One program a kind of route. What it returns are the stack's outputs. */
export = config.dns ? edgePerColor(config, config.dns) : behindOneEdge(config);
