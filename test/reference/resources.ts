/** A cloud resource in the shape of a Pulumi state. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
}

export type Kind =
  | "balancer"
  | "listener"
  | "rule"
  | "group"
  | "attachment"
  | "service"
  | "scalingGroup"
  | "scalingAttachment"
  | "instance"
  | "subnet"
  | "zone"
  | "record"
  | "healthCheck";

/** The provider has the balancer's resources under three names. */
const BALANCING = /^aws:(?:lb|alb|elasticloadbalancingv2|applicationloadbalancing)\/\w+:(\w+)$/;

const BALANCING_KINDS: Record<string, Kind> = {
  LoadBalancer: "balancer",
  Listener: "listener",
  ListenerRule: "rule",
  TargetGroup: "group",
  TargetGroupAttachment: "attachment",
};

const OTHER_KINDS: Record<string, Kind> = {
  "aws:ecs/service:Service": "service",
  "aws:autoscaling/group:Group": "scalingGroup",
  "aws:autoscaling/attachment:Attachment": "scalingAttachment",
  "aws:ec2/instance:Instance": "instance",
  "aws:ec2/subnet:Subnet": "subnet",
  "aws:route53/zone:Zone": "zone",
  "aws:route53/record:Record": "record",
  "aws:route53/healthCheck:HealthCheck": "healthCheck",
};

/** What a type does to traffic; nothing for the types that the simulator leaves alone. */
export function kindOf(type: string): Kind | undefined {
  return BALANCING_KINDS[BALANCING.exec(type)?.[1] ?? ""] ?? OTHER_KINDS[type];
}

/** Marks a secret or another special value in a state (Pulumi's `resource.SigKey`). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
/** What the engine puts in the place of a string that is not known yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value without Pulumi's envelopes; nothing for a ciphertext or an unknown. */
export function plain(value: unknown): unknown {
  if (value === UNKNOWN || value === null) return undefined;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object") return value;
  const record = value as Record<string, unknown>;
  if (SIGNATURE in record) {
    if ("value" in record) return plain(record.value);
    return typeof record.plaintext === "string" ? plain(JSON.parse(record.plaintext)) : undefined;
  }
  return Object.fromEntries(Object.entries(record).map(([key, inner]) => [key, plain(inner)]));
}

/** A resource that is in the cloud now. It stays the same object over its updates. */
export class Live {
  /** Inputs before outputs: an output may be older than the input. */
  props: Record<string, unknown>;

  constructor(
    readonly kind: Kind,
    public resource: Resource,
  ) {
    this.props = merged(resource);
  }

  update(resource: Resource): void {
    // An output that only repeats an old input would bring back a value that the update took out.
    const stale = new Set(Object.keys(this.resource.inputs ?? {}));
    const kept = Object.entries(this.resource.outputs ?? {}).filter(([key]) => !stale.has(key));
    const outputs = { ...Object.fromEntries(kept), ...resource.outputs };
    this.resource = { ...resource, id: resource.id ?? this.resource.id, outputs };
    this.props = merged(this.resource);
  }

  /** The ARN; for a resource without one, what else is its own. */
  get key(): string {
    return this.text("arn") ?? this.resource.id ?? this.text("id") ?? this.resource.urn;
  }

  text(name: string): string | undefined {
    const value = this.props[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  number(name: string, otherwise: number): number {
    return numberOf(this.props[name], otherwise);
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.props[name];
    return value === undefined ? otherwise : value === true || value === "true";
  }

  texts(name: string): string[] {
    return listOf(this.props[name]).filter((item): item is string => typeof item === "string");
  }

  objects(name: string): Record<string, unknown>[] {
    return listOf(this.props[name]).filter((item): item is Record<string, unknown> => typeof item === "object");
  }
}

function merged({ inputs, outputs }: Resource): Record<string, unknown> {
  const defined = (values?: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries((plain(values ?? {}) as object) ?? {}).filter(([, value]) => value !== undefined),
    );
  return { ...defined(outputs), ...defined(inputs) };
}

export function numberOf(value: unknown, otherwise: number): number {
  const parsed = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof parsed === "number" && Number.isFinite(parsed) ? parsed : otherwise;
}

/** A list, an object alone (the provider's blocks of at most one), or nothing, as a list. */
export function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
