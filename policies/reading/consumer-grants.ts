import { at, list, type Resource, text } from "../../traffic";
import { type State, setting } from "./state";
import { tasksOf } from "./unasked";

const ROLE = "aws:iam/role:Role";

/** What takes a message from others: it is gone from the queue, or from the share of those that read beside it. */
const TAKES =
  /^(sqs:(\*|receive.*)|kinesis:(\*|get\*|getrecords|subscribetoshard)|dynamodb:(getrecords)|kafka-cluster:(\*|readdata|readgroup))$/i;

/** AWS's own policies that have one of these. */
const MANAGED =
  /\/(AmazonSQSFullAccess|AWSLambdaSQSQueueExecutionRole|AWSLambdaKinesisExecutionRole|AmazonKinesisFullAccess|AmazonKinesisReadOnlyAccess|AWSLambdaDynamoDBExecutionRole|AWSLambdaMSKExecutionRole)$/;

/** By what the role of a service's tasks, or of a function, may take messages. */
export function consumerGrants(runner: Resource, state: State): Resource[] {
  const holders = runner.type === "aws:lambda/function:Function" ? [runner] : tasksOf(runner, state);
  const property = runner === holders[0] ? "role" : "taskRoleArn";
  const roles = holders.flatMap((holder) => state.referred(holder, property, setting(holder, property), ROLE));
  return roles.flatMap((role) => [
    ...state
      .ofType("aws:iam/rolePolicy:RolePolicy")
      .filter((policy) => isOf(policy, role, state) && takes(setting(policy, "policy"))),
    ...state
      .ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
      .filter((attachment) => isOf(attachment, role, state) && attaches(attachment, state)),
    ...(list(setting(role, "inlinePolicies")).some((inline) => takes(at(inline, "policy"))) ? [role] : []),
    ...(list(setting(role, "managedPolicyArns")).some((arn) => MANAGED.test(String(arn))) ? [role] : []),
  ]);
}

function isOf(grant: Resource, role: Resource, state: State): boolean {
  return state.referred(grant, "role", setting(grant, "role"), ROLE).includes(role);
}

function attaches(attachment: Resource, state: State): boolean {
  const arn = setting(attachment, "policyArn");
  if (MANAGED.test(String(arn))) return true;
  const policies = state.referred(attachment, "policyArn", arn, "aws:iam/policy:Policy");
  return policies.some((policy) => takes(setting(policy, "policy")));
}

function takes(document: unknown): boolean {
  let statements: unknown;
  try {
    statements = at(JSON.parse(text(document) ?? "{}"), "Statement");
  } catch {
    return false; // IAM refuses it
  }
  return (Array.isArray(statements) ? statements : [statements]).some((statement) => {
    const actions = at(statement, "Action");
    if (at(statement, "Effect") !== "Allow") return false;
    return (Array.isArray(actions) ? actions : [actions]).some((action) => TAKES.test(String(action)));
  });
}
