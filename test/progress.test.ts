import { expect, test } from "vitest";
import { progressTo } from "../load/progress";

function record(isTTY: boolean, columns: number) {
  let text = "";
  const write = (chunk: string) => {
    text += chunk;
    return true;
  };
  const progress = progressTo({ isTTY, columns, write } as unknown as NodeJS.WriteStream);
  progress.at("canary-5, 95/5");
  progress.event("pulumi up");
  progress.status("120 requests, 0 lost, 0 errors of the service, 80 s left");
  progress.end();
  return text;
}

test("at a terminal the status stays on one line, over the last one", () => {
  expect(record(true, 40)).toBe(
    "\r\x1b[2Kcanary-5, 95/5: pulumi up\n\r\x1b[2Kcanary-5, 95/5: 120 requests, 0 lost, 0\r\x1b[2K",
  );
  expect(record(true, 0)).toContain("80 s left");
});

test("elsewhere there are plain lines, one for each event", () => {
  expect(record(false, 80)).toBe("canary-5, 95/5: pulumi up\n");
});
