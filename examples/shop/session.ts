import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

export interface Session {
  id: string;
  count: number;
}

const cookie = "shop-session";

/** The session of a request, one visit on; a new one when the cookie is missing or was not signed with this secret. */
export function nextSession(cookieHeader: string | undefined, secret: string): Session {
  const value = cookieHeader?.split(/;\s*/).find((pair) => pair.startsWith(`${cookie}=`));
  const [id, count, signature] = (value?.slice(cookie.length + 1) ?? "").split(".");
  if (id && count && signature && sameText(signature, sign(id, count, secret))) return { id, count: Number(count) + 1 };
  return { id: randomUUID(), count: 1 };
}

/** All of the session is in the cookie, so that any task of either version can go on with it. */
export function sessionCookie({ id, count }: Session, secret: string): string {
  return `${cookie}=${id}.${count}.${sign(id, String(count), secret)}; Path=/; HttpOnly; SameSite=Lax`;
}

function sign(id: string, count: string, secret: string): string {
  return createHmac("sha256", secret).update(`${id}.${count}`).digest("base64url");
}

function sameText(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
