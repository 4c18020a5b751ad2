import { at, COLORS, desiredShares, list, type Resource, type RolloutPlan, text } from "../../traffic";
import { carriersIn, places } from "./forwards";
import { containersOf, isWorkload, kindOf, podOf } from "./kubernetes";
import { answerersOf } from "./members";
import { endOf, homeOf, routesIn } from "./rollouts";
import { environment } from "./route-kind";
import { blocks, oncePerState, one, type State, setting } from "./state";
import { containersOfTask } from "./task-definitions";
import { ECS_SERVICE, TASK_DEFINITION } from "./types";

const LAMBDA = "aws:lambda/function:Function";
const SCHEDULE = "aws:scheduler/schedule:Schedule";
const EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget";
const EVENT_SOURCE = "aws:lambda/eventSourceMapping:EventSourceMapping";

/** What serves, or is to serve: what runs it, of which version. */
export interface Standing {
  answerer: Resource;
  /** Of a component of ours: the environment. */
  home: Resource | undefined;
  /** Whether it is neither stable nor has any weight. */
  isIdle: boolean;
  /** By what its version is known: its images, or where the code of a function is. */
  version: readonly string[];
}

/** What runs behind each side of a division of requests. */
export const standings = oncePerState((state): Standing[] => {
  const idle = new Set<Resource>();
  const all = new Set<Resource>();
  for (const route of routesIn(state.resources)) {
    const plan = route.inputs as unknown as RolloutPlan;
    for (const color of COLORS) {
      const end = endOf(route, color, state.resources);
      const home = end ? homeOf(end, state.resources) : environment(color, state.resources);
      const parts = home ? state.resources.filter(({ parent }) => parent === home.urn) : [];
      const running = home ? parts.filter(answers) : end ? answerersOf(end, state) : [];
      for (const one of running) {
        all.add(one);
        if (color !== plan.stable && desiredShares(plan)[color] === 0) idle.add(one);
      }
    }
  }
  for (const place of carriersIn(state).flatMap((carrier) => places(carrier, state))) {
    const sum = place.reduce((total, { weight = 0 }) => total + weight, 0);
    for (const { ends, weight } of place) {
      const [end] = ends;
      if (!end || ends.length > 1 || state.isOurs(end)) continue;
      for (const found of runningBehind(end, state)) {
        all.add(found);
        if (weight === 0 && sum > 0) idle.add(found);
      }
    }
  }
  return [...all].map((answerer) => {
    const home = homeOf(answerer, state.resources);
    return { answerer, home, isIdle: idle.has(answerer), version: versionOf(answerer, home, state) };
  });
});

function answers(resource: Resource): boolean {
  return resource.type === ECS_SERVICE || isWorkload(resource);
}

function runningBehind(end: Resource, state: State): Resource[] {
  return answerersOf(end, state).flatMap((found) => {
    if (answers(found)) return [found];
    return state.referred(found, "targetId", setting(found, "targetId"), LAMBDA);
  });
}

function versionOf(answerer: Resource, home: Resource | undefined, state: State): string[] {
  const image = text(home?.inputs.image);
  if (image !== undefined) return [image];
  if (answerer.type !== LAMBDA) return imagesOf(answerer, state);
  return ["imageUri", "s3Key", "sourceCodeHash"].flatMap((key) => text(setting(answerer, key)) ?? []);
}

function imagesOf(runner: Resource, state: State): string[] {
  const containers = isWorkload(runner)
    ? containersOf(runner)
    : tasksOf(runner, state).flatMap((task) => containersOfTask(task));
  return imagesIn(containers);
}

/** The task definitions that something starts. */
export function tasksOf(starter: Resource, state: State): Resource[] {
  const [property, value] = {
    [ECS_SERVICE]: ["taskDefinition", setting(starter, "taskDefinition")],
    [SCHEDULE]: ["target", at(one(at(one(setting(starter, "target")), "ecsParameters")), "taskDefinitionArn")],
    [EVENT_TARGET]: ["ecsTarget", at(one(setting(starter, "ecsTarget")), "taskDefinitionArn")],
  }[starter.type] ?? ["", undefined];
  return property === "" ? [] : state.referred(starter, String(property), value, TASK_DEFINITION);
}

/** What runs without being asked: tasks behind no balancer, what the clock starts, pods of no Service. */
export function unasked(state: State, answering: readonly Standing[]): { runner: Resource; images: string[] }[] {
  const asked = new Set(answering.map(({ answerer }) => answerer));
  const services = state.ofType(ECS_SERVICE).filter((service) => blocks(service, "loadBalancers").length === 0);
  const started = [...services, ...state.ofType(SCHEDULE, EVENT_TARGET)];
  const workloads = state.resources.filter((one) => isWorkload(one) && !one.pendingDelete && !asked.has(one));
  const cronJobs = state.resources.filter((one) => kindOf(one) === "CronJob" && !one.pendingDelete);
  return [
    ...[...started, ...workloads].map((runner) => ({ runner, images: imagesOf(runner, state) })),
    ...cronJobs.map((runner) => ({ runner, images: imagesIn(list(at(jobOf(runner), "containers"))) })),
  ];
}

function jobOf(cronJob: Resource): unknown {
  const template = at(setting(cronJob, "spec"), "jobTemplate", "spec", "template", "spec");
  return template ?? podOf(cronJob);
}

function imagesIn(containers: readonly unknown[]): string[] {
  return containers.flatMap((container) => text(at(container, "image")) ?? []);
}

/** What feeds a function with events. */
export function eventSourcesOf(lambda: Resource, state: State): Resource[] {
  const sources = state.ofType(EVENT_SOURCE).map((source) => ({ source, property: "functionName" }));
  const rules = state.ofType(EVENT_TARGET).map((source) => ({ source, property: "arn" }));
  return [...sources, ...rules].flatMap(({ source, property }) =>
    state.referred(source, property, setting(source, property), LAMBDA).includes(lambda) ? [source] : [],
  );
}
