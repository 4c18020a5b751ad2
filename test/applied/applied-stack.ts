import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Pulumi } from "../../cli/pulumi";
import { AwsClients } from "../../live/aws-clients";
import { readRule, writeRule } from "../../live/rule";
import { ProcessFile } from "../../local/process-file";
import { sameProperties } from "../../local/providers/same-properties";
import { rules } from "../../policies/rules";
import { type LocalWorld, packWith, TestStack } from "../local-world";
import type { Killer, Moment } from "./kill";
import { TRAFFIC_POLICIES } from "./local-stacks";

interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

interface Pending {
  type: string;
  resource: StateResource;
}

interface Deployment {
  resources: StateResource[];
  pending_operations?: Pending[];
}

/** A Pulumi stack whose updates are killed, and taken up again as its owner would. */
export class AppliedStack {
  private constructor(
    private readonly world: LocalWorld,
    private readonly stack: TestStack,
    private readonly killer: Killer,
    private readonly pack: string[],
    readonly write: (source: string) => void,
  ) {}

  static async make(world: LocalWorld, source: string, killer: Killer): Promise<AppliedStack> {
    const { write } = await world.project("applied", source);
    killer.pidFile = join(world.home, "engine.pids");
    const processes = new ProcessFile(killer.pidFile);
    const engine = new Pulumi(world.engine, join(world.home, "applied"), world.cloud.env, processes);
    // The claim is of the policies of traffic alone: what any other refuses as well is tried too.
    const others = rules.filter(({ name }) => !TRAFFIC_POLICIES.some((policy) => policy.name === name));
    const pack = packWith(Object.fromEntries(others.map(({ name }) => [name, "disabled"])), world.home);
    return new AppliedStack(world, new TestStack(engine, ["--stack", "dev"]), killer, pack, write);
  }

  /**
   * @param judged by the pack, and with as many steps at once as the engine has by default
   * @throws where the update does not succeed
   */
  async up({ judged = true } = {}): Promise<void> {
    this.killer.arm();
    const { code, output } = await (judged ? this.judgedUp() : this.stack.up("--parallel", "32"));
    if (code !== 0) throw new Error(`the update is refused or fails:\n${output}`);
  }

  preview(): Promise<{ code: number; output: string }> {
    return this.stack.preview(...this.pack);
  }

  /** An update of about so many calls that the pack passes, killed at a moment. False: it was over before. */
  async upKilled(moment: Moment, calls: number): Promise<boolean> {
    const ended = await this.judgedUp(() => this.killer.arm(moment, calls)).catch((error: Error) => error.message);
    this.killer.disarm();
    if (typeof ended === "string") {
      if (!ended.includes("was killed by SIGKILL")) throw new Error(ended);
      return true;
    }
    if (ended.code !== 0) throw new Error(`the update is refused or fails before it is killed:\n${ended.output}`);
    return false;
  }

  /** Where a kill has left what the pack does not let pass, its owner does what the pack says. */
  private async judgedUp(arm = () => {}): Promise<{ code: number; output: string }> {
    arm();
    const first = await this.stack.up(...this.pack);
    const kept = [...first.output.matchAll(/stickiness cookie of rule "(.+)"\.\n.*An earlier update replaced it/g)];
    if (kept.length === 0 && !first.output.includes('is not known: "pulumi refresh" finds out')) return first;
    this.killer.arm();
    for (const [, name = ""] of kept) await this.endStickiness(name);
    await this.run("refresh", "--yes");
    arm();
    return this.stack.up(...this.pack);
  }

  /** Beside Pulumi, by the API. */
  private async endStickiness(rule: string): Promise<void> {
    const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = this.world.cloud.env;
    const clients = new AwsClients({ region, endpoint, accessKey: "local", secretKey: "local" });
    const arn = (await this.stack.resources()).find(({ urn }) => urn.endsWith(`::${rule}`))?.outputs.arn as string;
    const { groups } = await readRule(clients, arn);
    const weights = Object.fromEntries(groups.map((group) => [group.arn, group.weight]));
    await writeRule(clients, arn, { weights, sticky: false });
    console.log(`${rule}: its owner has turned the stickiness off, as the pack says`);
  }

  /** Frees the lock that a killed update leaves. */
  async unlock(): Promise<void> {
    await this.run("cancel", "--yes");
  }

  /** The URNs of what the killed update was at. */
  async pending(): Promise<string[]> {
    return ((await this.exported()).deployment.pending_operations ?? []).map(({ resource }) => resource.urn);
  }

  /**
   * What was made and is not in the state becomes so, by hand, as its owner would: AWS has no second rule of the same priority and
   * no second group of the same name. (`refresh --import-pending-creates` of 3.259.0 forgets it without importing it.) Whatever
   * else the killed update was at stays for the pack to judge.
   */
  async adopt(): Promise<void> {
    const state = await this.exported();
    const { resources, pending_operations: pending = [] } = state.deployment;
    const unknown = this.world.cloud.records.all().filter(({ id }) => !resources.some((r) => r.id === id));
    const made = pending.flatMap((operation) => {
      const { type, resource } = operation;
      // The second of a replacement stays without an owner, as on AWS: its name is another one.
      if (type !== "creating" || resources.some(({ urn }) => urn === resource.urn)) return [];
      const found = unknown.find((r) => r.type === resource.type && sameProperties(r.inputs, resource.inputs));
      return found ? [{ operation, resource: { ...resource, id: found.id, outputs: found.outputs } }] : [];
    });
    if (made.length === 0) return;
    resources.push(...made.map(({ resource }) => resource));
    state.deployment.pending_operations = pending.filter((one) => !made.some(({ operation }) => operation === one));
    const file = join(this.world.home, "adopted.json");
    writeFileSync(file, JSON.stringify(state));
    await this.run("stack", "import", "--file", file);
  }

  private async exported(): Promise<{ deployment: Deployment }> {
    return JSON.parse(await this.run("stack", "export"));
  }

  private async run(...args: string[]): Promise<string> {
    const { code, output } = await this.stack.pulumi.run([...args, "--stack", "dev"]);
    if (code !== 0) throw new Error(`pulumi ${args[0]} fails:\n${output}`);
    return output;
  }
}
