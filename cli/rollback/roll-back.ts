import type { AwsClients } from "../../live/aws-clients";
import { type Color, nameOf, type Rejection } from "../../traffic";
import { findStackFile } from "../find-stack-file";
import { pause } from "../pause";
import { ProjectStack } from "../stack";
import { clientsInAnyCase } from "../stack-clients";
import { StackFile } from "../stack-file";
import { currentState } from "./current-state";
import { type FreeOptions, freeLock } from "./free-lock";
import { holdWeights } from "./hold-weights";
import { type Going, lookBack, rejectionsOf } from "./look-back";
import { recordEdit } from "./record-edit";
import { recordState } from "./record-state";
import type { Stopped } from "./stop-update";
import { type WeightWriter, weightWriter } from "./weight-writer";

export interface RollBackOptions {
  stack: string;
  /** Its config file, where it is not in its usual place. */
  configFile?: string;
  /** A folder of its project. @default the working directory */
  folder?: string;
  /** Why, as it stands in `crossfade:rejected`. @default the share from which it was rolled back */
  reason?: string;
  /** Takes over a lock whose holder cannot be judged, and gives requests to an environment without a healthy target. */
  force?: boolean;
  /** Tells what happens, a line for each thing. */
  say: (line: string) => void;
  /** Asks before a version gets requests that is not stable. @throws Failure where it is not wanted */
  confirm: (question: string) => Promise<void>;
  /** Aborted, what was put in place stays; the engine ends as by Ctrl-C. */
  signal?: AbortSignal;
}

/** How a release was taken back. */
export interface RolledBack {
  /** `not moved`: no API call went through, and the update that should have moved the weights failed, too. */
  result: "rolled back" | "nothing to do" | "not moved";
  routes: RouteRolledBack[];
  /** How the update that ran was ended; undefined where none ran. */
  update?: Stopped;
  /** The versions that get no weight any more. */
  rejected: readonly Rejection[];
  /** The stack file. */
  file: string;
  /** Whether the file and the state have it. */
  isRecorded: boolean;
  /** Why they have not, or what else went wrong after the weights were written. */
  problem?: string;
}

export interface RouteRolledBack {
  route: string;
  to: Color;
  from: Color;
  /** The percent that the version which goes had. */
  had: number;
  /** By an API of AWS's, or by the engine's update alone. */
  by: "api" | "update";
  /** Milliseconds from the beginning to the API's answer. */
  answeredMs?: number;
  /** How often the weights had to be written again: an update in flight had raised them. */
  writtenAgain: number;
}

/** In milliseconds: so long an update that was ended may still have a call under way. */
const CALL_UNDER_WAY = 3000;

/**
 * Takes a release back: all requests to stable by the API, at once and held there for as long as somebody raises them again, and
 * then into the stack file and the state.
 *
 * When the API has answered nobody is sent to the candidate any more, whatever comes after: so what fails then is told in the
 * result, and is not thrown.
 * @throws Failure where no weight was moved
 */
export async function rollBack(options: RollBackOptions): Promise<RolledBack> {
  const { stack, folder = process.cwd() } = options;
  const file = new StackFile(options.configFile ?? findStackFile(folder, stack));
  let opened: Promise<ProjectStack> | undefined;
  const opening = () => {
    if (!opened) {
      opened = ProjectStack.open(stack, { folder, configFile: file.path });
      opened.catch(() => {}); // is told where it is awaited, which may be later
    }
    return opened;
  };
  try {
    return await takeBack(options, file, opening);
  } finally {
    await opened?.then((stack) => stack.close()).catch(() => {}); // why it was not opened has been told
  }
}

async function takeBack(
  options: RollBackOptions,
  file: StackFile,
  opening: () => Promise<ProjectStack>,
): Promise<RolledBack> {
  const began = Date.now();
  const { stack: name, folder = process.cwd(), force = false, say, confirm, signal } = options;
  const clients = clientsInAnyCase(file, ({ message }) => {
    say(
      `${message}\nSo AWS is asked with the credentials of the environment, and the file cannot have it before that is mended`,
    );
  });
  const free: FreeOptions = { folder, force, say, signal };
  const { resources, lock, ended, isUnseen = false } = await currentState(name, opening, free);
  const mayBeRaised = isUnseen || (lock !== undefined && !lock.isStale);
  const { going, staying } = await lookBack(resources, mayBeRaised, clients, force);
  for (const line of staying) say(line);
  const done: RolledBack = { result: "nothing to do", routes: [], rejected: [], file: file.path, isRecorded: false };
  if (ended) done.update = ended;
  const [first] = going;
  if (!first) return done;
  for (const { way } of going.filter(({ way }) => way.kind === "return")) {
    await confirm(`${way.from} is stable. Give all requests to ${way.to} again, the version before it?`);
  }

  done.result = "rolled back";
  done.rejected = going.flatMap((one) => rejectionsOf(one, resources, options.reason));
  const writers = await writeAll(going, clients, done, began, say);
  const record = async () => {
    if (lock) {
      done.update = await freeLock(lock, opening(), free);
      if (done.update !== "was dead") await pause(CALL_UNDER_WAY, signal);
    }
    file.assertEditable();
    recordEdit(file, { stable: first.way.to, rejected: done.rejected });
    say(`${file.path} has it`);
    const routes = going.map(({ route }) => route.urn);
    const message = `crossfade rollback: all to ${first.way.to}`;
    await recordState(opening(), routes, message, { ...free, wasUpdated: isUnseen || lock !== undefined });
    done.isRecorded = true;
    say("the stack's state has it");
  };
  const recording = record();
  const onRaised = (route: string) => raised(done, route, say);
  const ends = await Promise.allSettled([recording, holdWeights(writers, recording, { onRaised })]);
  const [failed] = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as Error] : []));
  if (failed) done.problem = failed.message;
  if (!done.routes.some((route) => hasMoved(route, done))) done.result = "not moved";
  return done;
}

/** Whether a route's weights are known to be where they were to go. */
export function hasMoved({ by }: RouteRolledBack, { isRecorded }: RolledBack): boolean {
  return by === "api" || isRecorded;
}

async function writeAll(
  going: readonly Going[],
  clients: AwsClients,
  done: RolledBack,
  began: number,
  say: (line: string) => void,
): Promise<WeightWriter[]> {
  const written = going.map(async ({ route, way }): Promise<WeightWriter[]> => {
    const { to, from, has: had } = way;
    const one: RouteRolledBack = { route: nameOf(route.urn), to, from, had, by: "update", writtenAgain: 0 };
    done.routes.push(one);
    const writer = weightWriter(route, to, clients);
    if (!writer) {
      say(`${one.route} has its weights in the cluster, behind a Gateway: they move by the update that comes now`);
      return [];
    }
    try {
      if (!(await writer.isDone())) await writer.write();
    } catch (error) {
      say(`${(error as Error).message}. So the weights of ${one.route} move by the update that comes now`);
      return [];
    }
    one.by = "api";
    one.answeredMs = Date.now() - began;
    const seconds = (one.answeredMs / 1000).toFixed(1);
    say(`${to} gets all new requests of ${one.route}, ${seconds} s after the command; ${from} had ${had} %`);
    return [writer];
  });
  return (await Promise.all(written)).flat();
}

function raised({ routes }: RolledBack, name: string, say: (line: string) => void): void {
  const one = routes.find(({ route }) => route === name);
  if (!one) return;
  one.writtenAgain++;
  say(`${one.from} of ${name} was raised again, by the update that ran or by somebody: the weight was put back`);
}
