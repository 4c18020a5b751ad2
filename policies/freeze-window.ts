import { z } from "zod";
import { policy } from "./policy";
import { raises } from "./reading/raises";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const DAY = 24 * 60;

const weekMinute = z
  .string()
  .regex(/^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) ([01]\d|2[0-3]):[0-5]\d$/, 'a day and a time of day, such as "Fri 16:00"');

const settings = z.strictObject({
  once: z
    .array(
      z.strictObject({
        from: z.iso.datetime({ offset: true }),
        until: z.iso.datetime({ offset: true }),
        reason: z.string().min(1),
      }),
    )
    .default([])
    .describe("Windows by date, each with from, until (ISO 8601) and a reason."),
  weekly: z
    .array(
      z.strictObject({
        from: weekMinute,
        until: weekMinute,
        timeZone: z.string().refine(isTimeZone, "a time zone such as Europe/Berlin").default("UTC"),
        reason: z.string().min(1),
      }),
    )
    .default([])
    .describe('Windows of every week, such as from "Fri 16:00" until "Mon 08:00" in timeZone, each with a reason.'),
});

export const freezeWindow = policy({
  name: "freeze-window",
  description: "Refuses to give a newer version more weight inside a declared window.",
  mechanism:
    "A release is safe while somebody is there to look at it and to take it back. Cloud Deploy's deploy policies and Argo CD's sync windows know the same. Windows are declared in the pack's configuration; without any, nothing is refused. Going back is legal at all times.",
  safeWay: "Promote when the window is over; crossfade:breakGlass lets a fix through, with its reason.",
  hazards: [],
  settings,
  judge: (plan, { once, weekly }) => {
    const window = [
      ...once.filter(({ from, until }) => new Date(from) <= plan.now && plan.now < new Date(until)),
      ...weekly.filter(({ from, until, timeZone }) => isInWeek(plan.now, from, until, timeZone)),
    ][0];
    if (!window) return [];
    return raises(plan).map(({ urn, what }) => ({
      urn,
      what: `${what}, in the window from ${window.from} until ${window.until}.`,
      why: `No newer version is to get users in it: ${window.reason}.`,
      instead: "Promote when it is over. A way back is open at all times.",
    }));
  },
});

function isInWeek(now: Date, from: string, until: string, timeZone: string): boolean {
  const [start, end, at] = [minuteOf(from), minuteOf(until), minuteOf(localTime(now, timeZone))];
  return start < end ? start <= at && at < end : start <= at || at < end;
}

function localTime(now: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(now);
  const part = (type: string) => parts.find((p) => p.type === type)?.value;
  return `${part("weekday")} ${part("hour")}:${part("minute")}`;
}

/** Minutes since the beginning of the week. */
function minuteOf(text: string): number {
  const [day = "", time = ""] = text.split(" ");
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return DAYS.indexOf(day) * DAY + hours * 60 + minutes;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
