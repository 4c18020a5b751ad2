import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** What `@pulumi/aws` says of a type, in its TypeScript declarations. */
export interface ProviderType {
  inputs: ReadonlyMap<string, Input>;
  /** A type with an ARN shows its replacement in a preview: the ARN is unknown. */
  hasArn: boolean;
}

export interface Input {
  required: boolean;
  /** The sentence of its documentation that speaks of a replacement. */
  says?: string;
  /** The declaration of its own properties, as `lb.TargetGroupHealthCheck`. */
  nested?: string;
}

const ROOT = dirname(require.resolve("@pulumi/aws/package.json"));
const nestedDeclarations = readFileSync(join(ROOT, "types/input.d.ts"), "utf8");

/** Reads the declarations of a type token such as `aws:lb/targetGroup:TargetGroup`; throws where there is no such type. */
export function providerType(token: string): ProviderType {
  const [, module = "", name = ""] = token.split(":");
  const code = readFileSync(join(ROOT, `${module}.js`), "utf8");
  if (!code.includes(`__pulumiType = '${token}'`)) throw new Error(`${token} is no resource type of @pulumi/aws`);
  const declarations = interfacesOf(readFileSync(join(ROOT, `${module}.d.ts`), "utf8"));
  return {
    inputs: new Map(declarations.get(`${name}Args`)),
    hasArn: declarations.get(`${name}State`)?.has("arn") ?? false,
  };
}

/** Whether a path such as `launchTemplate.id` leads to a property of the type. */
export function hasInput(type: ProviderType, path: string): boolean {
  const [first = "", ...rest] = path.split(".");
  let input = type.inputs.get(first);
  for (const key of rest) input = input?.nested === undefined ? undefined : nestedInputs(input.nested).get(key);
  return input !== undefined;
}

function nestedInputs(declaration: string): ReadonlyMap<string, Input> {
  const [namespace = "", name = ""] = declaration.split(".");
  // Millions of characters: cut out the one interface before it is parsed.
  const room = nestedDeclarations.indexOf(`export declare namespace ${namespace} {`);
  const start = nestedDeclarations.indexOf(`    interface ${name} {`, room);
  const text = nestedDeclarations.slice(start, nestedDeclarations.indexOf("\n    }", start) + "\n    }".length);
  return interfacesOf(text).get(name) ?? new Map();
}

function interfacesOf(text: string): Map<string, Map<string, Input>> {
  const source = ts.createSourceFile("declarations.d.ts", text, ts.ScriptTarget.Latest, true);
  const interfaces = source.statements.filter(ts.isInterfaceDeclaration);
  return new Map(interfaces.map(({ name, members }) => [name.text, new Map(members.map(inputOf))]));
}

function inputOf(member: ts.TypeElement): [string, Input] {
  const nested = /inputs\.(\w+\.\w+)/.exec(member.getText())?.[1];
  const says = ts
    .getJSDocCommentsAndTags(member)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "")
    .flatMap((comment) => comment.split(/(?<=\.)\s+|\n+/))
    .find((sentence) => SPEAKS_OF_REPLACEMENT.test(sentence));
  return [member.name?.getText() ?? "", { required: member.questionToken === undefined, says, nested }];
}

/** "Forces replacement if modified", "will force a new cluster to be created", "cannot be changed after creation" … */
const SPEAKS_OF_REPLACEMENT =
  /\bforces? .*\b(new|replacement|recreation)\b|\brecreat(e|ion)\b|\b(can't|cannot) (be )?chang|not support in-place/i;
