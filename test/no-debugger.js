const { Session } = require("node:inspector");

// Loaded before a program in a test. The Pulumi SDK enables the debugger as soon as it is loaded, to name the files of functions that
// become Lambdas; none of these programs has any.
const { post } = Session.prototype;
Session.prototype.post = function (method, ...rest) {
  if (method !== "Debugger.enable") return post.call(this, method, ...rest);
  const callback = rest.at(-1);
  if (typeof callback === "function") setImmediate(callback, null, {});
};
