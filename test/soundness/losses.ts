import { type ClientGroup, type EntryPoint, mixedLoad, type Outcome, type Simulation, simulate } from "../reference";
import {
  type Cloud,
  cloudOf,
  isRetired,
  type Request,
  type Run,
  reachableRuns,
  reply,
  wholeRun,
} from "../small-engine";
import type { Program } from "../small-programs";
import { type Draw, type TimedWay, timed } from "./operations";
import { DNS_NAME, filledByOthers, forwardOf, referenceCloud } from "./reference-cloud";

/** So long after its last call an update is watched, in seconds: until tasks are replaced, checked and drained. */
const WATCHED = 75;

/** A request that is answered before an update, whoever sends it. */
interface Asked extends Request {
  /** The program takes the entry point away: it ends with the balancer's own 404. */
  retired: boolean;
}

/** Loss in a simulated update. */
export interface Loss {
  operations: TimedWay["operations"];
  entries: string[];
  reasons: string[];
  seed: number;
}

/** An update whose engine goes many ways in the reference simulator. */
export class SimulatedUpdate {
  readonly runs: ReturnType<typeof reachableRuns>;
  readonly asked: readonly Asked[];
  private readonly cloud: Cloud;

  constructor(
    private readonly before: Program,
    private readonly after: Program,
    private readonly draw: Draw,
  ) {
    this.runs = reachableRuns(before, after);
    this.cloud = cloudOf(before);
    const last = this.runs.find(({ isComplete }) => isComplete)?.way.at(-1)?.cloud as Cloud;
    const others = filledByOthers(this.cloud);
    this.asked = requestsTo(this.cloud).flatMap((request) => {
      const now = reply(this.cloud, request, others);
      if (now.share < 1 || (request.cookie && !now.byCookie)) return [];
      return { ...request, retired: isRetired(this.cloud, last, request, others) };
    });
  }

  /** Whether each request is answered always or never before the update: of one that is lost at times no more can be told. */
  get isClear(): boolean {
    const others = filledByOthers(this.cloud);
    return requestsTo(this.cloud).every((request) => {
      const { share } = reply(this.cloud, request, others);
      return share === 0 || share === 1;
    });
  }

  /** A whole update, or one that is stopped after a random step. */
  randomWay(isWhole: boolean): TimedWay {
    const way = wholeRun(this.before, this.after, (count) => Math.floor(this.draw() * count));
    const { operations } = timed(way, this.draw);
    const kept = isWhole ? operations : operations.slice(0, 1 + Math.floor(this.draw() * operations.length));
    return { operations: kept, last: kept.at(-1)?.at ?? 0 };
  }

  /** All ways to a state in which the update can stop, those first that leave requests with nobody behind them. */
  allWays(): TimedWay[] {
    const others = filledByOthers(this.cloud);
    const leaves = ({ way }: { way: readonly Run[] }) =>
      Math.min(...this.asked.map((request) => reply((way.at(-1) as Run).cloud, request, others).share));
    return this.runs.toSorted((one, other) => leaves(one) - leaves(other)).map(({ way }) => timed(way, this.draw));
  }

  /** What is lost on a way. `retired` requests count only where they are asked for. */
  lossOn({ operations, last }: TimedWay, retired: boolean, timing?: Simulation["timing"]): Loss | undefined {
    const seed = this.seed();
    const outcome = this.simulated(operations, last + WATCHED, seed, retired, timing);
    const lossy = Object.entries(outcome.entries).filter(([, { lost }]) => lost > 0);
    if (lossy.length === 0) return undefined;
    const reasons = [...new Set(lossy.flatMap(([, entry]) => entry.losses.map(({ reason }) => reason)))];
    return { operations, seed, entries: lossy.map(([name]) => name), reasons };
  }

  /** Whether AWS itself refuses a step of it, whichever way it goes. */
  isStoppedByAws(): boolean {
    const ways = Array.from({ length: 6 }, () => this.randomWay(true));
    return ways.every(({ operations, last }) => this.simulated(operations, last, this.seed(), false).refused);
  }

  private seed(): number {
    return Math.floor(this.draw() * 2 ** 31);
  }

  private simulated(
    operations: TimedWay["operations"],
    until: number,
    seed: number,
    retired: boolean,
    timing?: Simulation["timing"],
  ): Outcome {
    const asked = this.asked.filter((request) => retired || !request.retired);
    const plain = asked.filter(({ cookie }) => cookie === undefined).map(entryOf);
    const kept = asked.flatMap((request): ClientGroup[] =>
      request.cookie === undefined
        ? []
        : [
            {
              entry: entryOf(request),
              clients: 2,
              perSecond: 1,
              requestSeconds: [0.02, 0.3],
              cookieFor: request.cookie,
            },
          ],
    );
    const mixed = mixedLoad(plain, 4 * plain.length);
    const load = { ...mixed, groups: [...mixed.groups, ...kept] };
    return simulate({ cloud: referenceCloud(this.cloud), operations, load, seed, until, ...(timing && { timing }) });
  }
}

function entryOf({ host, path, cookie }: Request): EntryPoint {
  const name = `${host}${path}${cookie ? ` with a cookie for ${cookie}` : ""}`;
  return { name, connectTo: DNS_NAME, port: 80, host, path };
}

/** One of each kind of request that the rules of the random programs tell apart, and of each cookie that is given out before. */
function requestsTo(cloud: Cloud): Request[] {
  const routes = [...cloud.values()].flatMap(({ inputs }) => forwardOf(inputs) ?? []);
  const cookies = [...new Set(routes.flatMap(({ targetGroups }) => targetGroups.map(({ arn }) => arn)))];
  const plain = ["a", "b", "c"].flatMap((host) => ["/", "/x"].map((path) => ({ host, path })));
  return plain.flatMap((request) => [request, ...cookies.map((cookie) => ({ ...request, cookie }))]);
}
