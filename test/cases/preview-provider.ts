import { type Behaviour, LocalProvider, Records } from "../../local/providers";
import type { Diff } from "../../local/providers/provider";
import { sameProperties } from "../../local/providers/same-properties";
import type { Item } from "./item";

type Properties = Record<string, unknown>;

const NOTHING: Behaviour = { changed: async () => {} };

/**
 * What replaces a resource of the types that the local cloud has no row for: "Forces new resource" in the AWS provider's
 * pages, "immutable" in the Kubernetes API reference.
 */
const REPLACED_BY: Record<string, readonly string[]> = {
  "aws:route53/record:Record": ["name", "zoneId"],
  "aws:route53/zone:Zone": ["name"],
  "aws:autoscaling/group:Group": ["name", "namePrefix"],
  "aws:lambda/alias:Alias": ["name", "functionName"],
  "aws:lambda/function:Function": ["name", "packageType"],
  "aws:lb/listenerCertificate:ListenerCertificate": ["certificateArn", "listenerArn"],
  "aws:acm/certificate:Certificate": ["domainName", "validationMethod"],
  "kubernetes:apps/v1:Deployment": ["spec.selector"],
  "kubernetes:core/v1:Service": ["spec.clusterIP"],
};

/** The types whose provider always deletes first where the name is the program's: two cannot have one (pulumi-kubernetes). */
const NAMED_BY_PROGRAM = /^kubernetes:/;

/** The local cloud's provider for previews of any type: it has no records and no traffic. */
export class PreviewProvider extends LocalProvider {
  /** @param imported what is in the cloud already, by id */
  constructor(private readonly imported: ReadonlyMap<string, Item> = new Map()) {
    super(new Records("no file"), NOTHING, () => {});
  }

  override diff(urn: string, oldInputs: Properties, news: Properties): Diff {
    const diff = super.diff(urn, oldInputs, news);
    const type = typeOf(urn);
    const replaces = (REPLACED_BY[type] ?? []).filter(
      (path) => !sameProperties(within(oldInputs, path), within(news, path)),
    );
    if (replaces.length === 0) return diff;
    const deleteBeforeReplace = diff.deleteBeforeReplace || NAMED_BY_PROGRAM.test(type);
    return { ...diff, replaces: [...new Set([...diff.replaces, ...replaces])], deleteBeforeReplace };
  }

  /** Another region or another cluster is another provider: all under it is made anew. A token is not. */
  override diffConfig(olds: Properties, news: Properties): string[] {
    const server = ({ kubeconfig }: Properties) => JSON.parse(String(kubeconfig ?? "{}")).clusters?.[0].cluster.server;
    if (server(olds) !== server(news)) return ["kubeconfig"];
    return olds.region === news.region ? [] : ["region"];
  }

  override read(_urn: string, id: string): { inputs: Properties; properties: Properties } | undefined {
    const found = this.imported.get(id);
    return found && { inputs: found.inputs, properties: { ...found.inputs, id, arn: id } };
  }
}

export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function within(properties: Properties, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, key) => (inner as Properties | undefined)?.[key], properties);
}
