const { Session } = require("node:inspector");
const Module = require("node:module");

// Loaded before a program or a pack in a test. To turn functions into Lambdas, the Pulumi SDK has all code compiled for V8's
// debugger, and loads npm's resolver and a compiler: a third of what such a process does at all. None of these programs has any,
// and would find both if it had.

const { post } = Session.prototype;
Session.prototype.post = function (method, ...rest) {
  if (method !== "Debugger.enable") return post.call(this, method, ...rest);
  const callback = rest.at(-1);
  if (typeof callback === "function") setImmediate(callback, null, {});
};

const { _load: load } = Module;
Module._load = function (request, parent, ...rest) {
  const isOfClosures = /@pulumi[\\/]pulumi[\\/]runtime[\\/]closure[\\/]/.test(parent?.filename ?? "");
  if (!isOfClosures || !/arborist|typescript/.test(request)) return load.call(this, request, parent, ...rest);
  const found = () => load.call(this, request, parent, ...rest);
  return new Proxy({}, { get: (_, name) => (name === "__esModule" ? true : found()[name]) });
};
