import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { Failure } from "./failure";

const NOT_PACKED = "is part of the repository, not of the npm package: clone it to rehearse a release on this machine";

/** The command line: what there is, and how an end is shown. Each command is loaded only when it is called. */
export async function main(argv: string[]): Promise<void> {
  const program = new Command("crossfade")
    .description("Moves live traffic from one version of a service to the next without losing a request")
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ sortSubcommands: true });

  program
    .command("rehearse")
    .description("release a service on this machine under load, with the real engine, and count what is lost")
    .addOption(
      new Option("--compute <kind>", "what runs the service")
        .choices(["fargate", "kubernetes", "autoscaling"])
        .default("fargate"),
    )
    .addOption(
      new Option(
        "--route <kind>",
        "what splits the requests: a rule of one balancer, DNS between a balancer of each color, or a Gateway API route",
      )
        .choices(["alb", "dns", "gateway"])
        .default("alb"),
    )
    .option("--rolling", "give each version to one environment in place; on instances in batches with pauses")
    .option(
      "--database",
      "add a real PostgreSQL, workers and a schedule: an expand before the release, a contract after it",
    )
    .option(
      "--stable <command>",
      "release your own server instead of the example: the command that starts the version that serves",
    )
    .option(
      "--candidate <command>",
      "the command that starts the next version; the port replaces {port}, and is set as $PORT",
    )
    .option("--path <path>", "the path that is requested, and the health check, of your own server", "/")
    .option("--against <url>", "send requests to a deployed service while its owner promotes it, and release nothing")
    .option("--stack <name>", "with --against: the service's stack, whose config must name the url's host")
    .option("--config-file <file>", "with --against: the stack's config file, where it is not in its usual place")
    .option("--minutes <number>", "with --against: how long, 60 at most", positive, 15)
    .option("--version-header <name>", "with --against: the header in which answers give their version", "x-version")
    .option("--rps <number>", "requests a second (default: 100, 150 by DNS, and 20 with --against)", positive)
    .option("--requests <number>", "how many requests at least (default: 20000 to the example)", positive)
    .option("--bake <seconds>", "how long each stage is held (default: 8, and 3 by DNS)", positive)
    .option("--keep", "keep the service running at the end, until Ctrl-C")
    .option("--seed <number>", "make the load and the balancers' delays repeatable", positive)
    .option("--port <number>", "the first port that the balancers listen on", positive, 4180)
    .option(
      "--name <name>",
      "write the report to rehearsal-NAME, for two runs at a time on two ports (default: rehearsal)",
    )
    .option("--json", "print the report as JSON, and nothing else")
    .addHelpText(
      "after",
      "\nExample:\n  $ crossfade rehearse --bake 10 --requests 8000\n" +
        "  $ crossfade rehearse --route dns\n" +
        "  $ crossfade rehearse --database\n" +
        "  $ crossfade rehearse --compute kubernetes --route gateway\n" +
        "  $ crossfade rehearse --rolling --compute autoscaling\n" +
        '  $ crossfade rehearse --stable "python3 -m http.server {port}" --candidate "node server.js" --path /index.html\n' +
        "  $ crossfade rehearse --against https://shop.staging.example.com/ --stack staging",
    )
    .action(async (options) => {
      if (options.against !== undefined) {
        const { rehearseAgainst } = part<typeof import("./rehearse-against")>("./rehearse-against");
        process.exitCode = await rehearseAgainst(options);
        return;
      }
      const { rehearse } = part<typeof import("./rehearse")>("./rehearse");
      process.exitCode = await rehearse(options);
    });

  program
    .command("local")
    .description("run the cloud on this machine, until Ctrl-C or for one command")
    .argument("[command...]", "what to run inside it; put -- before it")
    .option("--stack <name>", "the local stack whose settings it takes, such as local-dns", "local")
    .passThroughOptions()
    .addHelpText(
      "after",
      "\nExample:\n  $ crossfade local -- npx pulumi up -s local --policy-pack policies\n" +
        "  $ crossfade local -- npx crossfade status local",
    )
    .action(async (command: string[], { stack }: { stack: string }) => {
      const { local } = part<typeof import("./local")>("./local");
      process.exitCode = await local(command, stack);
    });

  program
    .command("check")
    .description("judge a stack's preview by the policies, outside the engine, and say what it means for users")
    .argument(
      "[stack or file]",
      "a stack, to preview it and ask AWS whether there is room; or a preview's JSON, - for stdin",
    )
    .option("--state <file>", 'what "pulumi stack export" printed before the preview')
    .option(
      "--plan <file>",
      'what "pulumi preview --save-plan" wrote, for the order of steps; with --state it is enough alone',
    )
    .option("--config-file <file>", "the stack's config file, where it is not in its usual place")
    .option("--policy-pack-config <file>", "the policies' settings, in the file that the pack takes")
    .option("--baseline <file>", "accepted findings: reported, and not refused")
    .option("--mirror <stack>", "a stack, or the file of its state, that this one must match")
    .option("--write-baseline", "write what is refused now to the file of --baseline")
    .option(
      "--rate <number>",
      "requests a second, for the smallest regression that a stage can see (default: as a stack's source of metrics counts)",
      positive,
    )
    .option("--markdown", "print Markdown for a pull request")
    .option(
      "--max <bytes>",
      "with --markdown: how much to write at most; what does not fit is counted",
      positive,
      1_000_000,
    )
    .option("--json", "print the whole verdict as JSON")
    .option("--sarif", "print SARIF 2.1.0 for code scanning")
    .addHelpText(
      "after",
      "\nExit code: 0 passes, 1 refused, 2 cannot be judged.\n" +
        "\nExample:\n" +
        "  $ crossfade check staging\n" +
        "  $ crossfade check production --mirror staging\n" +
        "  $ pulumi preview --json --show-sames --show-replacement-steps | crossfade check --markdown\n" +
        "  $ crossfade check preview.jsonl --state state.json --plan plan.json --baseline accepted.json --sarif",
    )
    .action(async (what, options) => {
      const { check } = part<typeof import("./check")>("./check");
      process.exitCode = await check(what, options);
    });

  program
    .command("rollback")
    .description("give all requests back to stable at once, even while an update runs, and record it")
    .argument("<stack>", "the stack")
    .option("--commit", "commit the edit of the stack file, and nothing else")
    .option("--reason <text>", "why, for crossfade:rejected (default: from which share)")
    .option("--yes", "after a finish: go back to the version before without asking")
    .option(
      "--force",
      "take over a lock whose holder cannot be judged from here; give requests to an environment without a healthy target",
    )
    .option("--config-file <file>", "its config file, where it is not in its usual place")
    .option("--json", "print what was done as JSON, and nothing else")
    .addHelpText(
      "after",
      "\nExit code: 0 rolled back and recorded, or nothing to do; 1 something is left to do, and the text says where the weights are.\n" +
        "\nExample:\n" +
        '  $ crossfade rollback production --commit --reason "orders without a total"',
    )
    .action(async (stack, options) => {
      const { rollback } = part<typeof import("./rollback")>("./rollback");
      process.exitCode = await rollback(stack, options);
    });

  program
    .command("status")
    .description(
      "show how a stack stands: versions, weights deployed and live, health, time held, evidence, and what is legal next",
    )
    .argument("[stack]", "the stack (default: the selected one)")
    .option("--watch", "look again every five seconds, until Ctrl-C")
    .option("--config-file <file>", "its config file, where it is not in its usual place")
    .option("--json", "print all of it as JSON; with --watch, a line for each change")
    .addHelpText(
      "after",
      "\nExit code: 0 all is as it must be, 1 somebody should look at it, or it could not be read.\n" +
        "\nExample:\n  $ crossfade status production --watch",
    )
    .action(async (stack, options) => {
      const { status } = part<typeof import("./status")>("./status");
      process.exitCode = await status(stack, options);
    });

  program
    .command("promote")
    .description(
      "release a stack's candidate stage by stage, judge it at each, and take it back when it does worse than stable",
    )
    .argument("<stack>", "the stack, in whose project this runs")
    .option("--to <stage>", "the stage to end at, once held; finish: the candidate becomes stable", "finish")
    .option("--from <stage>", "start only where this stage is live: compare-and-set")
    .option("--yes", "do not ask; needed without a terminal")
    .option("--force", "take over a lock that a process of another machine has left behind")
    .option("--no-analysis", "hold each stage for its bake time, and judge by nothing")
    .option("--config-file <file>", "its config file, where it is not in its usual place")
    .option("--policy-pack-config <file>", "the policies' settings, in the file that the pack takes")
    .option("--json", "print how it ended as JSON, and nothing else")
    .addHelpText(
      "after",
      "\nExit code: 0 the target is reached and has held, 1 refused, failed or rolled back, 2 wrong usage, 3 inconclusive at the deadline.\n" +
        "\nKilled at any moment, the same command goes on where it stood.\n" +
        "\nExample:\n" +
        "  $ crossfade promote staging --yes\n" +
        "  $ crossfade promote production --from idle --to canary-5 --yes",
    )
    .action(async (stack, options) => {
      const { promote } = part<typeof import("./promote")>("./promote");
      process.exitCode = await promote(stack, options);
    });

  program
    .command("findings")
    .description("print what the policies say of a preview, and what it changes, as Markdown for a pull request")
    .requiredOption("--stack <name>", "the stack's name, for the heading")
    .option("--max <bytes>", "how much to write at most; what does not fit is counted", positive, 1_000_000)
    .addHelpText(
      "after",
      "\nExample:\n" +
        "  $ export PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true # without it there are no policies in the JSON\n" +
        "  $ pulumi preview -s staging --policy-pack policies --json > preview.jsonl\n" +
        "  $ crossfade findings --stack staging < preview.jsonl",
    )
    .action(async (options) => {
      const { findings } = part<typeof import("./findings")>("./findings");
      process.exitCode = await findings(options);
    });

  program
    .command("migrate")
    .description("bring the database at DATABASE_URL to a version of its schema, with locks that nobody waits for long")
    .argument(
      "<directory>",
      "the folder of SQL files, such as 0007_add_phone.sql, which run in the order of their numbers",
    )
    .option("--to <number>", "the last file to run (default: all)", positive)
    .option(
      "--digest <sha256>",
      "run only if the files up to there have this digest; a Migration passes the one that was judged",
    )
    .option("--lock-timeout <seconds>", "how long a statement waits for a lock", positive, 2)
    .option("--statement-timeout <seconds>", "how long a statement may take", positive, 3600)
    .option("--tries <number>", "how often to try, where there is no lock or no connection to be had", positive, 10)
    .addHelpText("after", "\nExample:\n  $ DATABASE_URL=postgres://shop@db/shop crossfade migrate migrations --to 7")
    .action(async (directory, options) => {
      const { migrate } = part<typeof import("./migrate")>("./migrate");
      process.exitCode = await migrate(directory, options);
    });

  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (!(error instanceof CommanderError)) process.stderr.write(`crossfade: ${messageOf(error)}\n`);
  }
}

/** Loads a command's code. `require`, for the source runs as CommonJS, and `import()` would not know TypeScript. */
function part<T>(path: string): T {
  try {
    return require(path);
  } catch (error) {
    const missing =
      (error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND" && messageOf(error).includes("../local/");
    throw missing ? new Failure(`this command ${NOT_PACKED}`) : error;
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof Failure ? error.exitCode : 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("a whole number from 1 on.");
  return number;
}
