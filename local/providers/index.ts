export { AwsError, NotSteady } from "./aws-error";
export { type Behaviour, LocalProvider } from "./provider";
export { Records } from "./record";
export { serveProvider } from "./serve";
