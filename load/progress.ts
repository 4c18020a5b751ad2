/** What a person watches: one line that changes at a terminal, a line for each event elsewhere. */
export interface Progress {
  /** What is being done from now on: it stands before every line. */
  at(step: string): void;
  /** Something has happened: it stays on the screen. */
  event(line: string): void;
  /** Where things stand: shown at a terminal only, over the last one. */
  status(line: string): void;
  end(): void;
}

export function progressTo(stream: NodeJS.WriteStream): Progress {
  const clear = stream.isTTY ? "\r\x1b[2K" : "";
  let prefix = "";
  return {
    at: (step) => {
      prefix = `${step}: `;
    },
    event: (line) => void stream.write(`${clear}${prefix}${line}\n`),
    status: (line) => {
      // A line that wraps could not be cleared. A terminal that does not know its width says 0.
      if (stream.isTTY) stream.write(`${clear}${`${prefix}${line}`.slice(0, (stream.columns || 80) - 1)}`);
    },
    end: () => void stream.write(clear),
  };
}
