#!/bin/sh
# Writes to $GITHUB_OUTPUT which stacks differ between the commit $1 and HEAD, as a JSON list. With "program" as $2, a change of
# what all stacks run counts for each of them.
set -eu
base=$1
program=
if [ "${2-}" = program ]; then
  program=':(glob)stacks/*.ts components live traffic migrations policies cli Pulumi.yaml package.json package-lock.json tsconfig.json .github'
fi

if ! git cat-file -e "$base^{commit}" 2>/dev/null; then
  # After a force push nobody can tell. A guess would leave a promotion out, or apply one that nobody asked for.
  echo "::error::$base is not in the repository, so what changed since cannot be told. Push the promotion as a commit of its own."
  exit 1
fi

stacks=
for stack in staging production; do
  # shellcheck disable=SC2086 # one word a path
  changed=$(git diff --name-only "$base" HEAD -- "stacks/Pulumi.$stack.yaml" $program)
  if [ -n "$changed" ]; then stacks="$stacks${stacks:+,}\"$stack\""; fi
done
echo "stacks=[$stacks]" >>"$GITHUB_OUTPUT"
