export { AwsError, NotSteady } from "./errors";
export { KUBERNETES } from "./kubernetes/dialect";
export { type Behaviour, LocalProvider } from "./provider";
export { Records } from "./record";
export { serveProvider } from "./serve";
