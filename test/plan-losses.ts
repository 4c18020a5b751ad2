import { interruptions, nameOf, plannedChanges, type Resource } from "../traffic";
import { deployed, type Item, type Program, previewed } from "./small-programs";

/** What the plan check finds on the way from one program, or state, to the other: one line each. */
export function losses(before: Program | Resource[], after: Program | Resource[]): string[] {
  const prior = before.every(isResource) ? before : deployed(before as Program);
  const desired = after.every(isResource) ? (after as Resource[]) : previewed(after as Program, prior);
  return interruptions(prior, desired, plannedChanges(prior, desired)).map(
    ({ after: done, until, lost, requests, why, unadopted }) => {
      const steps = (list: typeof done) =>
        list.map(({ urn, does, half }) => `${half ? "half " : ""}${does} ${nameOf(urn)}`).join(", ");
      return `${unadopted ? "unadopted, " : ""}after ${steps(done)}; until ${steps(until)}; ${Math.round(lost * 100)} % of ${requests}: ${why.join(", ")}`;
    },
  );
}

const isResource = (item: Item | Resource): item is Resource => "urn" in item;

/** The one of a program with other inputs. */
export function edited(program: Program, name: string, inputs: object): Program {
  return program.map((item) => (item.name === name ? { ...item, inputs: { ...item.inputs, ...inputs } } : item));
}
