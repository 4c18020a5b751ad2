/** What a person watches: one line that changes at a terminal, a line for each event elsewhere. */
export interface Progress {
  /** Something has happened: it stays on the screen. */
  event(line: string): void;
  /** Where things stand: shown at a terminal only, over the last one. */
  status(line: string): void;
  end(): void;
}

export function progressTo(stream: NodeJS.WriteStream): Progress {
  const clear = stream.isTTY ? "\r\x1b[2K" : "";
  return {
    event: (line) => void stream.write(`${clear}${line}\n`),
    status: (line) => {
      if (stream.isTTY) stream.write(`${clear}${line.slice(0, (stream.columns ?? 80) - 1)}`);
    },
    end: () => void stream.write(clear),
  };
}
