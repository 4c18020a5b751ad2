/** A way in which a release loses requests, and what stands against it besides policies, which name their hazards themselves. */
export interface Hazard {
  /** "1" to "48": `progressive-delivery`; "A1" to "A31": `aws-facts`; A32: found in a review. */
  id: string;
  title: string;
  /** Whether a plan can show it, or only a live read or the run itself. */
  seen: "plan" | "plan and live" | "live" | "run";
  /** Which component is built so that it cannot happen. */
  component?: string;
  /** Why it is not covered, or not wholly. */
  gap?: string;
}

const ENVIRONMENT = "FargateEnvironment";
const ROUTE = "WeightedAlbRoute";
const DNS_ROUTE = "WeightedDnsRoute";
const PODS = "KubernetesEnvironment";
const INSTANCES = "AutoScalingEnvironment";
const GATEWAY_ROUTE = "WeightedGatewayRoute";

/** Of what is judged by metrics. */
const BY_HAND = "metrics do not judge a stage that is left by a plain `pulumi up`";

const one = (id: string, title: string, seen: Hazard["seen"], more: Partial<Hazard> = {}): Hazard => ({
  id,
  title,
  seen,
  ...more,
});

/** All hazards, in the order of their sources. */
export const HAZARDS: readonly Hazard[] = [
  one("1", "A target group in no rule is never health-checked", "plan", { component: `${ENVIRONMENT}: preview rule` }),
  one("2", "Weight onto an empty target group", "plan and live", {
    component: `${ROUTE}: waits for \`ready\`, and for healthy targets`,
  }),
  one("3", "Weight onto unhealthy targets: the balancer fails open", "live", {
    component: `${ENVIRONMENT}: waits until it is steady; ${ROUTE} and ${DNS_ROUTE}: ask for healthy targets before weight rises`,
    gap: "behind a Gateway it only checks that the pods were ready when their step ended",
  }),
  one("4", "The old environment goes in the update that shifts", "plan"),
  one("5", "Cookies outrank weights", "plan", { component: `${ROUTE}: stickiness at canary stages only` }),
  one("6", "Target stickiness without group stickiness in a weighted forward", "plan"),
  one("7", "A weight that is left out is 1, not 0", "plan", {
    component: `${ROUTE} and ${GATEWAY_ROUTE}: write every weight`,
  }),
  one("8", "All weights of a forward are 0", "plan", { component: "Rollout: weights sum to 100" }),
  one("9", "A target group is replaced", "plan", { component: `${ENVIRONMENT}: auto-naming` }),
  one("10", "A listener or a rule is replaced", "plan"),
  one("11", "A rule shadows the weighted one", "plan"),
  one("12", "The drain is shorter than the longest request", "plan", { component: `${ENVIRONMENT}: drain 60 s` }),
  one("13", "A cold environment gets its full share", "plan", {
    gap: "slow start has no effect on a group that was empty; small first stages warm up",
  }),
  one("14", "AWS's quotas stop the update half way", "plan", {
    component: "`crossfade check` and `promote`: ask for the quotas of Fargate's vCPUs, and for free addresses",
    gap: "of other quotas only the groups of a forward are counted",
  }),
  one("15", "A health check that says nothing", "plan", { component: `${ENVIRONMENT}: on the traffic port` }),
  one("16", "Actions that do not go together", "plan"),
  one("17", "Two weighted records are two calls", "plan", { component: `${DNS_ROUTE}: stable's first` }),
  one("18", "A serving record's type or set identifier changes", "plan"),
  one("19", "Simple and weighted records do not coexist", "plan"),
  one("20", "All weights of a record set are 0", "plan"),
  one("21", "Caches keep the old answer for the old TTL", "plan"),
  one("22", "Clients that ignore the TTL", "run", {
    gap: "only what keeps running on the old edge helps: see hold-time",
  }),
  one("23", "Records of a set that AWS refuses together", "plan"),
  one("24", "A weighted record without any health", "plan"),
  one("25", "The share of look-ups is not the share of requests", "plan"),
  one("26", "An ECS service is replaced", "plan"),
  one("27", "Two writers of the weights", "plan", { component: "Rollout: the only writer" }),
  one("28", "The provider gives up before the deployment is done", "plan"),
  one("29", "`up` is green after a circuit-breaker rollback", "live", {
    component: `${ENVIRONMENT}: \`waitForSteadyState\` fails on a rolled-back deployment`,
  }),
  one("30", "Desired count in code against the autoscaler", "plan", {
    component: `${ENVIRONMENT}: ignores it with scaling`,
  }),
  one("31", "The way back is scaled in", "plan"),
  one("32", "Alarms that watch one target group", "plan", {
    component: "`crossfade promote`: compares the candidate's target group with stable's",
    gap: "alarms in a program are not read",
  }),
  one("33", "Autoscaling by requests per target of one group", "plan", {
    component: `${ENVIRONMENT}: scales by CPU`,
    gap: "others' autoscaling policies are not read",
  }),
  one("34", "A selector swap moves all at once", "plan", { component: `${PODS}: selectors never change` }),
  one("35", "Pods end before they are deregistered", "plan", { component: `${PODS}: sleeps in preStop` }),
  one("36", "A controller is behind its annotation", "live", {
    gap: "the hooks read only weights that Pulumi writes, and a controller writes this annotation",
  }),
  one("37", "The namespace lacks the readiness gate's label", "plan", {
    gap: "where another stack has the namespace, the label is asked for and not seen",
  }),
  one("38", "A budget that lets all pods go", "plan", { component: `${PODS}: one pod at a time` }),
  one("39", "An autoscaler and `replicas` in code", "plan", { component: `${PODS}: one of the two` }),
  one("40", "An immutable selector: deleted, then created", "plan", { component: `${PODS}: auto-naming` }),
  one("41", "A skipped stage, or two changes at once", "plan", { component: "Rollout: one stage an edit" }),
  one("42", "The serving version is changed in place", "plan"),
  one("43", "The state moved between preview and update", "plan", {
    gap: "only policies that judge one resource judge again before each step; `up --plan` holds the rest",
  }),
  one("44", "The update fails half way", "plan", {
    component: `${ROUTE} and ${ENVIRONMENT}: in the order on the wire`,
  }),
  one("45", "Someone moved the weights by hand", "live", {
    component: `${ROUTE} and ${DNS_ROUTE}: no raise where the live weights are not the state's`,
    gap: "what changes in the second of the write: AWS has no compare-and-set",
  }),
  one("46", "A schema that one of the versions does not know", "plan", {
    component: "Migration: before the candidate",
  }),
  one("47", "A replacement that spreads to what hangs on it", "plan"),
  one("48", "The version to return to is gone", "plan and live", {
    component: `${ENVIRONMENT}: keeps task definitions`,
  }),
  one("A1", "ECS refuses a service whose group is in no rule", "plan", { component: `${ENVIRONMENT}: preview rule` }),
  one("A2", "What both colors share changes the serving one", "plan", { component: "the stack config: all by color" }),
  one("A3", "A flip of stable that moves weight", "plan"),
  one("A4", "Autoscaling scales the way back in", "plan and live", {
    component: `${ROUTE} and ${DNS_ROUTE}: count what is healthy now before weight rises`,
    gap: "on the way back too few targets are reported and not refused",
  }),
  one("A5", "Background work of an unreleased version", "plan", {
    component: "FargateWorkers, FargateSchedule, KubernetesWorkers, KubernetesSchedule: of stable's version",
    gap: "no plan shows what serving tasks do unasked; they can ask their signal",
  }),
  one("A6", "A rollback to what was scaled in, changed or deleted", "plan and live", {
    component: `${ROUTE} and ${DNS_ROUTE}: not back to where no target is; environments: not changed while they have live weight`,
  }),
  one("A7", "The last writer of a rule wins, and the bad version is still in Git", "plan and live", {
    component: `\`crossfade rollback\` writes again until the weights stay; ${ROUTE}: a raise overwrites no other writer`,
  }),
  one("A8", "What is ordered is not yet so on the wire", "plan and live"),
  one("A9", "One duration bounds no active user's cookie", "plan", {
    component: `${ROUTE}: stickiness off when it ends`,
  }),
  one("A10", "Alias health and an empty group", "plan", { component: `${DNS_ROUTE}: checks of its own` }),
  one("A11", "A and AAAA move apart; the idle edge differs", "plan", {
    component: `${DNS_ROUTE}: both from one stage`,
  }),
  one("A12", "Which record goes first cannot be a static order", "plan"),
  one("A13", "Cross-zone off: a zone without targets", "plan"),
  one("A14", "Metrics that miss the balancer's own errors", "run", {
    component: "`crossfade promote`: each request without a good answer from the target group is bad",
    gap: BY_HAND,
  }),
  one("A15", "Metrics that are absent, not zero", "run", {
    component: "`crossfade promote`: a stage without data is inconclusive, and never passes",
    gap: BY_HAND,
  }),
  one("A16", "Metrics that come late", "run", {
    component: "`crossfade promote`: counts a block only after `analysis.settle`",
    gap: "CloudWatch documents no bound for how late they come",
  }),
  one("A17", "Too few requests to see a regression", "run", {
    component:
      "`crossfade promote`: stays inconclusive, and stops at the deadline; `crossfade check` says what a stage can see",
    gap: BY_HAND,
  }),
  one("A18", "Steady is not healthy; no grace kills slow starters", "plan", {
    component: `${ENVIRONMENT}: grace 60 s; ${ROUTE}: the latest deployment done, of the wanted revision`,
  }),
  one("A19", "The provider does not wait for an instance refresh", "live", {
    component: `${INSTANCES}: exchanges them itself, and waits`,
  }),
  one("A20", "Readiness gates come at pod creation only", "plan", { component: `${PODS}: the binding first` }),
  one("A21", "A stored route is not an accepted one", "run", {
    component: `${GATEWAY_ROUTE}: waits until it is accepted`,
  }),
  one("A22", "SIGTERM before deregistration", "plan", { component: `${ENVIRONMENT}: ECS deregisters first` }),
  one("A23", "A server that closes connections first", "run", { component: "`crossfade rehearse` shows it" }),
  one("A24", "States that differ in writing only", "plan", { component: "the comparison of states" }),
  one("A25", "A provider that replaces all under it", "plan"),
  one("A26", "Users of what stands in another stack", "plan"),
  one("A27", "Clocks that a tag resets", "plan", { component: `${ROUTE}: a clock of its own` }),
  one("A28", "The pools of both colors are more than the database has", "plan"),
  one("A29", "A neighbour that does not serve yet, or any more, what a version needs", "plan", {
    gap: "it sees neither an update of the neighbour that is under way, nor anybody who needs something and is not named",
  }),
  one("A30", "An image that no other stack has released before", "plan", {
    component: "the stack config: `releasedFirst`, by which `released-first` judges",
    gap: "it knows how long the image was there only if that stack is updated with the policies",
  }),
  one("A31", "A staging that is not like production", "plan", {
    gap: "`crossfade check --mirror` compares what is asked for; it does not see what is in no program, such as the load and the data",
  }),
  one("A32", "A rule takes another host or path in the place of the one that users ask for", "plan"),
];
