/** AWS's table of what Fargate runs: CPU units and, for each, the memory in MiB from, to, in steps of. */
const SIZES: Record<number, { from: number; to: number; step: number }> = {
  512: { from: 1024, to: 4096, step: 1024 },
  1024: { from: 2048, to: 8192, step: 1024 },
  2048: { from: 4096, to: 16384, step: 1024 },
  4096: { from: 8192, to: 30720, step: 1024 },
  8192: { from: 16384, to: 61440, step: 4096 },
  16384: { from: 32768, to: 122880, step: 8192 },
};

/**
 * Why Fargate would refuse the pair, or undefined where it takes it. Source: "Task CPU and memory" in the Amazon ECS guide,
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 */
export function fargateSizeProblem(cpu: number, memory: number): string | undefined {
  if (cpu === 256) {
    return [512, 1024, 2048].includes(memory) ? undefined : "with 256 CPU units Fargate has 512, 1024 or 2048 MiB";
  }
  const size = SIZES[cpu];
  if (!size) return `Fargate has 256, ${Object.keys(SIZES).join(", ")} CPU units`;
  const fits = memory >= size.from && memory <= size.to && memory % size.step === 0;
  return fits ? undefined : `with ${cpu} CPU units Fargate has ${size.from} to ${size.to} MiB in steps of ${size.step}`;
}
