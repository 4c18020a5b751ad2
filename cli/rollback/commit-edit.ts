import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../failure";
import { StackFile } from "../stack-file";

/** Something that Git is in the middle of, which a commit would be taken for a part of. */
const UNDER_WAY = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"];

/**
 * Commits an edit of one file, and nothing else: what else is changed in it or beside it, staged or not, stays as it is, with the
 * edit in it. Git's hooks run, and it signs as it would.
 * @returns the commit's hash
 * @throws Failure where there is no commit to make it on; the file itself has the edit all the same
 */
export async function commitEdit(path: string, edit: (file: StackFile) => void, message: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "crossfade-commit-"));
  try {
    const git = gitIn(dirname(path));
    for (const head of UNDER_WAY) {
      const isThere = await git(["rev-parse", "--quiet", "--verify", head]).catch(() => undefined);
      if (isThere) throw new Failure(`Git is in the middle of something (${head}): end it, and commit then`);
    }
    const inTree = (await git(["ls-files", "--full-name", "--", basename(path)])).trim();
    if (inTree === "") throw new Failure(`${path} is not in Git, so there is nothing to commit it to`);
    /** The blob of the file's version in a commit or in the index, with the edit in it. */
    const edited = async (version: string) => {
      const file = join(scratch, basename(path));
      writeFileSync(file, await git(["show", `${version}:${inTree}`]));
      edit(new StackFile(file));
      const [, mode = "100644"] = /^(\d+)/.exec(await git(["ls-files", "--stage", "--", basename(path)])) ?? [];
      const blob = (await git(["hash-object", "-w", "--", file])).trim();
      return ["update-index", "--cacheinfo", `${mode},${blob},${inTree}`];
    };
    const [committed, staged] = [await edited("HEAD"), await edited("")];
    // The commit is made of an index of its own, in which the last one has the edit and nothing more.
    const own = { GIT_INDEX_FILE: join(scratch, "index") };
    await git(["read-tree", "HEAD"], own);
    await git(committed, own);
    await git(["commit", "--quiet", "--message", message], own);
    await git(staged);
    return (await git(["rev-parse", "HEAD"])).trim();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { stderr, message: said } = error as Error & { stderr?: string };
    throw new Failure(`the commit could not be made: ${(stderr || said).trim()}`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function gitIn(cwd: string) {
  return async (args: string[], env: Record<string, string> = {}): Promise<string> =>
    (await promisify(execFile)("git", args, { cwd, env: { ...process.env, ...env } })).stdout;
}
