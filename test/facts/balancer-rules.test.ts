import { beforeEach, expect, it } from "vitest";
import type { Action, Condition, DesiredRule } from "../../local/dataplane";
import { ask, desire, startDataPlane } from "./local-cloud";

// The quotes are of https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html where no other
// page is named.

const fixed = (body: string): Action => ({ kind: "fixed", status: 200, contentType: "text/plain", body });
const rule = (name: string, ...conditions: Condition[]): DesiredRule => ({
  arn: name,
  conditions,
  action: fixed(name),
});

let node: string | undefined;
beforeEach(async () => {
  const { plane } = startDataPlane();
  await plane.apply(
    desire(
      [
        rule("preview", { kind: "header", name: "X-Crossfade", values: ["green"] }),
        rule("both", { kind: "host", values: ["api.example.com"] }, { kind: "path", values: ["/v?/*"] }),
        rule("host", { kind: "host", values: ["*.example.com", "example.org"] }),
        rule("path", { kind: "path", values: ["/Img/*.png", "/a.b"] }),
        rule("agent", { kind: "header", name: "user-agent", values: ["*Chrome*"] }),
        {
          arn: "moved",
          conditions: [{ kind: "path", values: ["/moved*"] }],
          action: { kind: "redirect", status: 301, protocol: "HTTPS", port: "443" },
        },
        rule("default"),
      ],
      [],
    ),
  );
  [node] = plane.addresses("alb", 80);
});

// "Rules are evaluated in priority order, from the lowest value to the highest value. The default rule is evaluated last."
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
// "A hostname is not case-sensitive"; "The rule *.example.com matches test.example.com but doesn't match example.com."
// "A path pattern is case-sensitive"; "The path pattern is applied only to the path of the URL, not to its query parameters."
// "* (matches 0 or more characters)", "? (matches exactly 1 character)". "The header name and the match evaluation are not
// case-sensitive." That a port in the Host header is left out of the comparison is assumed.
const cases: [name: string, host: string, path: string, headers?: Record<string, string>][] = [
  ["host", "test.example.com", "/"],
  ["host", "TEST.Example.COM:8080", "/"],
  ["host", "example.org", "/"],
  ["default", "example.com", "/"],
  ["default", "test.example.com.evil", "/"],
  ["both", "api.example.com", "/v1/"],
  ["host", "api.example.com", "/v10/"],
  ["path", "shop", "/Img/a/b.png?size=1"],
  ["default", "shop", "/img/a.png"],
  ["default", "shop", "/?/Img/a.png"],
  ["path", "shop", "/a.b"],
  ["default", "shop", "/axb"],
  ["agent", "shop", "/", { "user-agent": "Mozilla/5.0 chrome/130" }],
  ["preview", "test.example.com", "/v1/", { "x-crossfade": "GREEN" }],
  ["default", "shop", "/", { "x-crossfade": "blue" }],
];
it.each(cases)("%s: http://%s%s %j", async (name, host, path, headers = {}) => {
  expect((await ask(node, path, { headers: { host, ...headers } })).body).toBe(name);
});

// "You can use redirect actions to redirect client requests from one URL to another." "Any components that you do not modify
// retain their original values." https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
it("redirects, with host, path and query kept", async () => {
  const answer = await ask(node, "/moved/here?to=there", { headers: { host: "shop.test:80" } });
  expect([answer.status, answer.headers.location, answer.headers.server]).toEqual([
    301,
    "https://shop.test:443/moved/here?to=there",
    "awselb/2.0",
  ]);
});

// "You can use fixed-response actions to drop client requests and return a custom HTTP response." (same page)
it("answers a fixed response itself", async () => {
  const answer = await ask(node);
  expect([answer.status, answer.headers["content-type"], answer.headers.server]).toEqual([
    200,
    "text/plain",
    "awselb/2.0",
  ]);
});
