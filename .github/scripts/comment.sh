#!/bin/sh
# Keeps one comment on the pull request: the first run makes it, later ones find it by its first line and write it anew.
set -eu
marker='<!-- crossfade: preview -->'
comments=repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments

# Only a comment of the workflow's own: anybody can write the marker.
found=$(gh api --paginate "$comments" \
  --jq ".[] | select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"$marker\"))) | .id")
found=$(echo "$found" | head -n 1)
if [ "$STACKS" = '[]' ] && [ -z "$found" ]; then exit 0; fi

body=$RUNNER_TEMP/comment.md
run=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID
{
  echo "$marker"
  echo "[Preview]($run) of $HEAD_SHA with the policies"
  if [ "$STACKS" = '[]' ]; then printf '\nThis change touches no stack.\n'; fi
  # GitHub drops an output that has a secret in it, and there is none where the job did not come so far.
  jq -nr --argjson stacks "$STACKS" --argjson previews "$PREVIEWS" '
    $stacks[] | "\n" + if ($previews[.] // "") != "" then $previews[.] else
      "### \(.): not shown\n\nIt does not pass until the run says so." end'
} >"$body"

if [ -n "$found" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$found" -F "body=@$body" --silent
else
  gh api --method POST "$comments" -F "body=@$body" --silent
fi
