import type { Finding } from "../../policies/policy";
import type { AddressRoom } from "./addresses";
import type { VcpuRoom } from "./vcpus";

/** Whether what an update adds has room in AWS. */
export interface Headroom {
  addresses: AddressRoom[];
  vcpus: VcpuRoom[];
  /** What is not known, each a phrase; none where all of it is. */
  unknown: string[];
}

/** The same, with where there is none. */
export interface Answer extends Headroom {
  problems: Finding[];
}

export const NOTHING: Answer = { addresses: [], vcpus: [], unknown: [], problems: [] };

export function together(answers: readonly Answer[]): Answer {
  return {
    addresses: answers.flatMap(({ addresses }) => addresses),
    vcpus: answers.flatMap(({ vcpus }) => vcpus),
    unknown: [...new Set(answers.flatMap(({ unknown }) => unknown))],
    problems: answers.flatMap(({ problems }) => problems),
  };
}
