#!/usr/bin/env bash
# Puts a release into the repository: a commit with the bundle, the tag vX.Y.Z on it, and vX where no later X.Y.Z is there. The bundle is in
# the tag and in no branch, so that `uses: OWNER/albedo/action@vX` runs without being built.
# Usage: scripts/release.sh X.Y.Z [REMOTE]; git asks for what it needs to push.
set -euo pipefail
version=${1:?which version? scripts/release.sh X.Y.Z}
remote=${2:-origin}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stop() {
  echo "release: $1" >&2
  exit 1
}
[[ $version =~ ^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$ ]] || stop "$version is no version: X.Y.Z"
written=$(node -p 'JSON.parse(require("fs").readFileSync("package.json", "utf8")).version')
[ "$version" = "$written" ] || stop "package.json says $written, not $version: change it on the default branch first"
for file in action/dist/main.js action/dist/THIRD-PARTY-LICENSES.txt; do
  [ -f "$file" ] || stop "$file is missing: build it first"
done
grep -q "^## $version\\b" CHANGELOG.md || stop "CHANGELOG.md has no heading \"## $version\": say there what changed"
tag="v$version"
[ -z "$(git ls-remote "$remote" "refs/tags/$tag")" ] || stop "$tag is there already, and a release is never changed"

git add --force action/dist
git commit --quiet --message "$tag with its bundle"
git tag "$tag"
refs=("refs/tags/$tag")
major="v${version%%.*}"
# v1 is the newest of its kind: a patch of an older minor version leaves it alone.
newest=$({ git ls-remote "$remote" "refs/tags/$major.*" | sed -n 's#.*refs/tags/\(v[0-9]*\.[0-9]*\.[0-9]*\)$#\1#p'; echo "$tag"; } | sort --version-sort | tail -1)
if [ "$newest" = "$tag" ]; then
  git tag --force "$major" >/dev/null
  refs+=("+refs/tags/$major")
fi
# All or none of it.
git push --quiet --atomic "$remote" "${refs[@]}"
echo "$tag $(git rev-parse HEAD)${refs[1]:+ $major}"
