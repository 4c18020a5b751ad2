/** The load was about to leave this machine. It ends with this error, and has no result. */
export class NotLoopback extends Error {}

/** The load sends to this machine only, given by number: a name may lead anywhere. */
export function loopbackUrl(address: string): URL {
  const loopback = /^(127(\.\d{1,3}){3}|\[::1\]):\d{1,5}$/.test(address);
  if (!loopback || !URL.canParse(`http://${address}`)) {
    throw new NotLoopback(`the load sends to loopback addresses only, such as 127.0.0.1:8080, not to ${address}`);
  }
  return new URL(`http://${address}`);
}
