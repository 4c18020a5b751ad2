#!/bin/sh
# Previews the stack $STACK with the policies. What they say goes to the run's summary and, shorter, to the output of the stack's
# name, for the comment. The engine and the reader of its stream must both say that the change passes.
set -eu
stream=$RUNNER_TEMP/preview.jsonl # it has the resources' inputs, so it stays on the runner

engine=0
PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true npx pulumi preview \
  --stack "$STACK" --policy-pack policies --json --non-interactive >"$stream" || engine=$?

# Prints the findings in $1 bytes at most.
findings() {
  code=0
  npx crossfade findings --stack "$STACK" --max "$1" <"$stream" || code=$?
  if [ "$code" -gt 1 ]; then
    printf '### %s: not judged\n\nThe preview cannot be read, so it does not pass. The log says why.\n' "$STACK"
  elif [ "$code" -eq 0 ] && [ "$engine" -ne 0 ]; then
    printf '\npulumi itself ended with %s, so it does not pass. The log says why.\n' "$engine"
  fi
  return "$code"
}

read=0
findings 1000000 >>"$GITHUB_STEP_SUMMARY" || read=$?

# A delimiter that nobody can guess: no finding can end the output and begin another.
end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
{
  echo "$STACK<<$end"
  findings 30000 2>/dev/null || true
  echo "$end"
} >>"$GITHUB_OUTPUT"

[ "$engine" -eq 0 ] && [ "$read" -eq 0 ]
