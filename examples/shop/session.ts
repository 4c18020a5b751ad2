import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import type { Settings } from "./settings";

export interface Session {
  id: string;
  count: number;
  /** What a later version keeps of it besides; this one hands it on as it came. */
  more?: string;
}

const cookie = "shop-session";

/** In the memory of this process only: there for a rehearsal to show what that loses. */
const inMemory = new Map<string, Session>();

type Secrets = Pick<Settings, "sessionSecret" | "sessionFormat" | "sessionStore" | "sessionStrict">;

/** The session of a request, one visit on; a new one when the cookie is missing or was not signed with this secret. */
export function nextSession(cookieHeader: string | undefined, settings: Secrets): Session {
  const { sessionFormat, sessionStore } = settings;
  const sent = sentSession(cookieHeader, settings);
  const known = sessionStore === "memory" && sent ? inMemory.get(sent.id) : sent;
  const session = known ? { ...known, count: known.count + 1 } : { id: randomUUID(), count: 1 };
  // Format 2 knows since when there is a session.
  if (sessionFormat >= 2) session.more ??= `since-${Date.now().toString(36)}`;
  if (sessionStore === "memory") inMemory.set(session.id, session);
  return session;
}

/**
 * All of the session is in the cookie, so that any task of either version can go on with it. What a version does not know it keeps: else
 * a user who was on the next version, and is back on this one, has lost it.
 */
export function sessionCookie(session: Session, { sessionSecret }: Secrets): string {
  const value = fieldsOf(session);
  return `${cookie}=${value}.${sign(value, sessionSecret)}; Path=/; HttpOnly; SameSite=Lax`;
}

/** What tells a session from another one. */
export function identityOf({ id, more }: Session): string {
  return more === undefined ? id : `${id}.${more}`;
}

function sentSession(header: string | undefined, { sessionSecret, sessionStrict }: Secrets): Session | undefined {
  const pair = header?.split(/;\s*/).find((one) => one.startsWith(`${cookie}=`));
  const [id, count, ...rest] = (pair?.slice(cookie.length + 1) ?? "").split(".");
  const signature = rest.pop();
  if (!id || !count || !signature || rest.length > (sessionStrict ? 0 : 1)) return undefined;
  const [more] = rest;
  const session = { id, count: Number(count), ...(more !== undefined && { more }) };
  return sameText(signature, sign(fieldsOf(session), sessionSecret)) ? session : undefined;
}

function fieldsOf({ id, count, more }: Session): string {
  return [id, count, ...(more === undefined ? [] : [more])].join(".");
}

function sign(value: string, secret: string): string {
  return createHmac("sha256", secret).update(value).digest("base64url");
}

function sameText(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
