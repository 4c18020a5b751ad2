#!/bin/sh
# Stops where the branch has another version of the stack's file by now: a run that waited for its approval, or is run again, would
# take the stack back to an older stage.
set -eu
file=stacks/Pulumi.$STACK.yaml
newest=$(gh api "repos/$GITHUB_REPOSITORY/contents/$file?ref=$GITHUB_REF_NAME" --jq .sha)
if [ "$newest" != "$(git rev-parse "HEAD:$file")" ]; then
  echo "::error::$file has changed on $GITHUB_REF_NAME since this run began: let the run of the newer commit promote it."
  exit 1
fi
