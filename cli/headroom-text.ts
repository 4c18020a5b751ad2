import type { Headroom } from "./headroom/answer";
import { FARGATE_QUOTAS } from "./headroom/fargate-kinds";
import { figure } from "./headroom/vcpus";
import { row } from "./outlook-text";

/** Whether what an update adds has room in AWS: a line for each thing that runs out. What is not known is said. */
export function headroomLines({ addresses, vcpus, unknown }: Headroom): string[] {
  return [
    "room in AWS for what the update runs beside what there is",
    ...addresses.map(({ subnets, added, free }) =>
      row("addresses", `${added} more, ${free === undefined ? "by IPv6" : `${free} free`} in ${subnets.join(", ")}`),
    ),
    ...vcpus.map(({ kind, quota, added, limit, used }) => {
      const use = used === undefined ? `${figure(limit)} allowed` : `${figure(used)} of ${figure(limit)} in use`;
      return row("vCPUs", `${figure(added)} more, ${use}: ${FARGATE_QUOTAS[kind].name} (${quota})`);
    }),
    ...unknown.map((phrase) => row("not known", phrase)),
  ];
}
