import type { AwsClients } from "../../live/aws-clients";
import { nameOf } from "../../traffic";
import type { State } from "../../traffic/sources/state";
import { type Begun, createdId, isKnowable, placeOf } from "./created-id";
import type { Scene } from "./scene";

/** What is read and written of a state here; the rest of it stays as it is. */
interface StateText {
  version: number;
  deployment: { resources?: Written[]; pending_operations?: { type: string; resource: Written }[] };
}

interface Written extends Begun {
  urn: string;
  id?: string;
  outputs?: Record<string, unknown>;
}

/**
 * An output of what was taken into the state by an id and was not read yet: a refresh leaves none of it. With an import the engine
 * forgets all that was pending, so that without this mark a kill between the two would leave a guess behind as a fact.
 */
const UNREAD = "crossfade:unread";

/** Whether something was being made, or was taken into the state and not read. */
export function isUnsettled({ resources, pending }: State): boolean {
  return pending.some(({ does }) => does === "creating") || resources.some(({ outputs }) => outputs[UNREAD] === true);
}

/**
 * What an engine that was killed was making: it is there or it is not, and the state says neither; the next update would make it
 * once more. Where it is there it is taken into the state, as `pulumi refresh` reads it from the provider; then no more of it is
 * pending. Each step can be killed, and is done again.
 */
export async function settlePendingCreates(scene: Scene, clients: AwsClients): Promise<void> {
  const { stack, progress } = scene;
  const begun = creating(await read(scene));
  const found: Written[] = [];
  for (const resource of begun) {
    const state = await read(scene);
    const arns = (state.deployment.resources ?? []).flatMap(({ outputs }) =>
      typeof outputs?.arn === "string" ? outputs.arn : [],
    );
    const id = await createdId(resource, placeOf(arns), clients);
    if (id !== undefined) found.push({ ...resource, id, outputs: { ...resource.inputs, [UNREAD]: true } });
  }
  const state = await read(scene);
  const there = new Set((state.deployment.resources ?? []).map(({ urn }) => urn));
  const added = found.filter(({ urn }) => !there.has(urn));
  if (added.length > 0) await stack.import(withResources(state, added));
  const unread = [...(state.deployment.resources ?? []), ...added].filter(({ outputs }) => outputs?.[UNREAD] === true);
  if (unread.length > 0) await stack.refresh(unread.map(({ urn }) => urn));
  const after = await read(scene);
  const now = new Set((after.deployment.resources ?? []).map(({ urn, id }) => `${urn} ${id}`));
  for (const resource of begun) progress.event(said(resource, found, now));
  if (begun.length > 0) await stack.import(withoutCreating(after));
}

async function read({ stack }: Scene): Promise<StateText> {
  return JSON.parse(await stack.export()) as StateText;
}

function creating({ deployment }: StateText): Written[] {
  return (deployment.pending_operations ?? []).flatMap(({ type, resource }) => (type === "creating" ? [resource] : []));
}

/** What they stand on comes before them, for it was made before them. */
function withResources(state: StateText, added: readonly Written[]): StateText {
  const { deployment } = state;
  return { ...state, deployment: { ...deployment, resources: [...(deployment.resources ?? []), ...added] } };
}

function withoutCreating(state: StateText): StateText {
  const { deployment } = state;
  const left = (deployment.pending_operations ?? []).filter(({ type }) => type !== "creating");
  return { ...state, deployment: { ...deployment, pending_operations: left } };
}

function said({ urn, type, inputs }: Written, found: readonly Written[], now: ReadonlySet<string>): string {
  const id = found.find((each) => each.urn === urn)?.id;
  const what = `"${nameOf(urn)}" (${type}) was being made when the engine was killed`;
  if (id !== undefined && now.has(`${urn} ${id}`)) return `${what}: it is there, and the state has it now`;
  if (isKnowable(type)) return `${what}: it was not made`;
  const name = inputs.name ?? inputs.family ?? inputs.securityGroupId;
  return `${what}, and whether it was cannot be asked for: it will be made, and one of ${name ?? "no name"} may be left over, which serves nobody`;
}
