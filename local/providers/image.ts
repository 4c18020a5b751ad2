/** Which command stands for an image; a shell runs it. */
export type Images = Record<string, { run: string; env?: Record<string, string> }>;

/** How an image runs; undefined where nothing stands for it. */
export function toProcess(
  image: string,
  own: Record<string, string>,
  images: Images,
): { command: string[]; env: Record<string, string> } | undefined {
  const stands = images[image];
  return stands && { command: ["/bin/sh", "-c", exec(stands.run)], env: { ...stands.env, ...own } };
}

/** What to do about an image that nothing stands for. */
export function noCommand(image: string): string {
  return `no command stands for the image ${image}. Add it to crossfade:local, images`;
}

/**
 * One command takes the shell's place, so that its end and its signals are seen as they are. With several the shell stays.
 * `env`, because assignments may stand before a command and not after `exec`.
 */
function exec(run: string): string {
  const unquoted = run.replace(/'[^']*'|"(\\.|[^"\\])*"/g, "");
  const several = /[;&|\n`()]|^\s*exec\s/.test(unquoted);
  return several ? run : `exec env ${run}`;
}
