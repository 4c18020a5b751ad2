import { balancer, forward, group, listener, type Program, rule, service } from "../small-programs";

/** What the control's resources are named by, beside the random stacks'. */
export const CONTROL = "control";
export const CONTROL_ENTRY = { host: "a", path: "/" };

/** A stack whose change loses requests and is refused: all weight goes to a group whose service runs nothing. */
export function control(isChanged: boolean): Program {
  return [
    group("A"),
    group("B"),
    balancer("lb"),
    listener(),
    rule("previewA", { host: [], preview: "A", priority: 100 }, forward({ A: 1 })),
    rule("previewB", { host: [], preview: "B", priority: 101 }, forward({ B: 1 })),
    service("some", "A", {}, { dependsOn: ["previewA"] }),
    service("none", "B", { desiredCount: 0 }, { dependsOn: ["previewB"] }),
    rule("users", { host: [CONTROL_ENTRY.host] }, forward(isChanged ? { A: 0, B: 100 } : { A: 100, B: 0 }), {
      dependsOn: ["some", "none"],
    }),
  ];
}
