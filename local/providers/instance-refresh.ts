import type { RefreshProgress } from "../dataplane";
import type { LocalRecord, Records } from "./record";
import { SCALING_GROUP } from "./types/autoscaling";

/** A numbered version of a launch template. */
export interface LaunchVersion {
  id: string;
  version: string;
}

/** As `StartInstanceRefresh` takes them. */
export interface RefreshPreferences {
  MinHealthyPercentage?: number;
  MaxHealthyPercentage?: number;
  InstanceWarmup?: number;
  CheckpointPercentages?: number[];
  CheckpointDelay?: number;
  AutoRollback?: boolean;
}

export type RefreshStatus = "InProgress" | "RollbackInProgress" | "Successful" | "RollbackSuccessful" | "Cancelled";

/** An instance refresh as AWS keeps it, also when it is over. */
export interface InstanceRefresh {
  id: string;
  group: string;
  status: RefreshStatus;
  reason?: string;
  wanted: LaunchVersion;
  /** What was saved on the group when it was started: what a rollback returns to. */
  before: LaunchVersion;
  preferences: RefreshPreferences;
  /** Milliseconds since 1970. */
  startTime: number;
  endTime?: number;
}

const REFRESH = "crossfade:local/instanceRefresh";

/** The group's refreshes, the latest one first. */
export function refreshesOf(group: string, records: Records): InstanceRefresh[] {
  return records
    .ofType(REFRESH)
    .map(({ inputs }) => inputs as unknown as InstanceRefresh)
    .filter((refresh) => refresh.group === group)
    .reverse();
}

export function putRefresh(refresh: InstanceRefresh, records: Records): void {
  records.put({ type: REFRESH, id: refresh.id, inputs: { ...refresh }, outputs: {} });
}

/** What AWS does when all are replaced: the group has the version from then on; after a rollback it has what it had. */
export function endRefresh(group: string, { id }: RefreshProgress, records: Records): void {
  const refresh = refreshesOf(group, records).find((one) => one.id === id);
  const record = records.get(SCALING_GROUP, group);
  if (!refresh || refresh.endTime !== undefined || !record) return;
  const isRolledBack = refresh.status === "RollbackInProgress";
  if (!isRolledBack) records.put(withTemplate(record, refresh.wanted));
  const status = isRolledBack ? "RollbackSuccessful" : "Successful";
  putRefresh({ ...refresh, status, endTime: Date.now() }, records);
}

function withTemplate(record: LocalRecord, launchTemplate: LaunchVersion): LocalRecord {
  return { ...record, inputs: { ...record.inputs, launchTemplate } };
}
