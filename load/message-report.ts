/** What became of the messages that came with the orders, where the service has a database. */
export interface MessageReport {
  total: number;
  /** How many each version has taken. */
  takenBy: Record<string, number>;
  /** Orders that were served, and have none. */
  missing: number;
  /** Taken by the next version before it was made stable. */
  early: number;
  /** Taken by the version before when the next one was stable, and its workers exchanged. */
  late: number;
  twice: number;
  /** Taken by nobody in the end. */
  left: number;
  /** How often each version was started by the clock. */
  runs: Record<string, number>;
  /** By a schedule. */
  settledTwice: number;
}

/** How many messages met with something that must not be. */
export function messageFaults({ missing, early, late, twice, left, settledTwice }: MessageReport): number {
  return missing + early + late + twice + left + settledTwice;
}

export function messageLines(report: MessageReport): string[] {
  const { total, takenBy, missing, early, late, twice, left, runs, settledTwice } = report;
  const by = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([version, count]) => `${count} by ${version}`)
      .join(", ");
  return [
    `messages: ${total}, taken ${by(takenBy)}: ${missing} missing, ${early} by the candidate before the finish, ${late} by the version before after it, ${twice} twice, ${left} by nobody`,
    `schedule: started ${by(runs) || "never"}, ${settledTwice} messages settled twice`,
  ];
}
