import { list, type Resource } from "../../traffic";
import type { Problem } from "../ratchet";
import { groupBy } from "../reading/group-by";
import { type DnsRecord, recordSets } from "../reading/record-sets";
import { type State, setting } from "../reading/state";
import { named } from "../reading/words";

/** Route 53, API reference, ResourceRecordSet, `Weight`. */
const MOST_RECORDS = 100;

/** What is wrong with the weights of DNS records. */
export function weightedRecordProblems(state: State, leastShare: number): Problem[] {
  return recordSets(state).flatMap((set) => {
    const weighted = set.filter(({ isWeighted }) => isWeighted);
    return [
      ...twinProblems(set),
      ...(weighted.length > 0 ? refusedByRoute53(set, weighted) : []),
      ...(weighted.length > 1 ? shareProblems(weighted, leastShare) : []),
    ];
  });
}

/** Two records that are one for Route 53: of one name and type, and of one set identifier or none. */
function twinProblems(set: readonly DnsRecord[]): Problem[] {
  const identifier = ({ resource }: DnsRecord) => String(setting(resource, "setIdentifier") ?? "");
  return [...groupBy(set, (record) => [identifier(record)])].flatMap(([own, [first, ...others]]) =>
    others.map(({ resource }) => ({
      urn: resource.urn,
      kind: "twin",
      what: `${named(resource)} and ${first && named(first.resource)} are one record for Route 53: they have one name, type and ${own ? `set identifier "${own}"` : "no set identifier"}.`,
      why: "Route 53 refuses the second (InvalidChangeBatch), when other steps of the update are done; with allowOverwrite each update of the one undoes the other, and deleting either deletes both.",
      instead: "Give each color a set identifier of its own, and remove one of two that mean the same.",
    })),
  );
}

function refusedByRoute53(set: readonly DnsRecord[], weighted: readonly DnsRecord[]): Problem[] {
  const why = "Route 53 refuses it, when other steps of the update are done.";
  const problems: Problem[] = weighted.flatMap(({ resource }) => {
    const values = list(setting(resource, "records")).length;
    if (values < 2) return [];
    const what = `Weighted record ${named(resource)} has ${values} values.`;
    const instead = "One record for each value, each with its weight.";
    return { urn: resource.urn, kind: "values", badness: values, what, why, instead };
  });
  const [first] = weighted as [DnsRecord];
  const { urn } = first.resource;
  const simple = set.find(({ isWeighted, resource }) => !isWeighted && isSimple(resource));
  if (simple) {
    problems.push({
      urn: simple.resource.urn,
      kind: "simple beside weighted",
      what: `${named(simple.resource)} is a simple record of the name that ${named(first.resource)} answers for by weight.`,
      why: `${why} To take the simple one away first leaves the name without an answer, and resolvers keep that for the zone's negative TTL.`,
      instead: "Start with weighted records: 100 for the one that is there.",
    });
  }
  const ttls = new Set(
    weighted.filter(({ isAlias }) => !isAlias).map(({ resource }) => String(setting(resource, "ttl"))),
  );
  if (ttls.size > 1) {
    const what = `The weighted records of the name of ${named(first.resource)} have the TTLs ${[...ttls].join(", ")}.`;
    problems.push(
      ...ofEach(weighted, { kind: "ttl", badness: ttls.size, what, why, instead: "Give all of them the same TTL." }),
    );
  }
  if (weighted.length > MOST_RECORDS) {
    const what = `The name of ${named(first.resource)} has ${weighted.length} weighted records, and Route 53 takes ${MOST_RECORDS}.`;
    const instead = "Put several addresses behind one record, as a balancer does.";
    problems.push({ urn, kind: "records", badness: weighted.length, what, why, instead });
  }
  return problems;
}

/** A problem of the set, told of each of its records: whichever is taken away, what was so before is known by the others. */
function ofEach(set: readonly DnsRecord[], problem: Omit<Problem, "urn">): Problem[] {
  return set.map(({ resource }) => ({ ...problem, urn: resource.urn }));
}

function shareProblems(weighted: readonly DnsRecord[], leastShare: number): Problem[] {
  const [first] = weighted as [DnsRecord];
  // A weight that is not known may be 0.
  const sum = weighted.reduce((total, { weight = 0 }) => total + weight, 0);
  if (sum === 0) {
    return ofEach(weighted, {
      kind: "all 0",
      what: `The weights of all ${weighted.length} records of the name of ${named(first.resource)} are 0, or not known before the update.`,
      why: "Route 53 then answers with any of them, with equal probability: the idle color gets users too.",
      instead: "Leave the one that serves its weight; 0 is for the others.",
    });
  }
  return weighted.flatMap(({ resource, weight = 0 }) => {
    const share = (weight * 100) / sum;
    if (share === 0 || share >= leastShare) return [];
    return {
      urn: resource.urn,
      kind: "small share",
      advisory: true,
      what: `${named(resource)} gets ${share.toFixed(1)} % of the answers of its name.`,
      why: "A resolver asks once and answers many: so small a share of the answers may be none of the requests or many.",
      instead: `Start with ${leastShare} % (leastDnsShare), or split small shares by a balancer's weights.`,
    };
  });
}

/** Answers by no policy at all. Route 53 refuses other policies beside weights as well, but they have a set identifier. */
function isSimple(record: Resource): boolean {
  return setting(record, "setIdentifier") === undefined;
}
