#!/usr/bin/env bash
# Three nodes on one throw-away PostgreSQL: a job of 200,000 members is sent, the node that works it is killed, and
# the job ends on another node with the report of an undisturbed run.
#
# Needs Rust and curl; PostgreSQL is found or installed by `cargo xtask postgres`.
#   examples/three-nodes.sh [people]
set -euo pipefail
cd "$(dirname "$0")/.."

people="${1:-200000}"
account=acmeco
lease_seconds=15
home="$(mktemp -d "${TMPDIR:-/tmp}/throng-three-nodes-XXXXXX")"
pids=()
postgres=

leave() {
  status=$?
  for pid in "${pids[@]}"; do
    kill -9 "$pid" 2>/dev/null || true
    { wait "$pid"; } 2>/dev/null || true
  done
  # The cluster ends when its standard input does.
  exec 9>&- || true
  if [ -n "$postgres" ]; then wait "$postgres" 2>/dev/null || true; fi
  if [ "$status" -ne 0 ]; then echo "failed; the logs are in $home" >&2; else rm -rf "$home"; fi
  exit "$status"
}
trap leave EXIT

say() { printf '\n== %s\n' "$*"; }
fail() { echo "three-nodes: $*" >&2; exit 1; }

say "building"
cargo build --quiet --release --bin throng
cargo build --quiet --package xtask
throng="${CARGO_TARGET_DIR:-target}/release/throng"

say "starting a throw-away PostgreSQL"
mkfifo "$home/stdin"
cargo run --quiet --package xtask -- postgres <"$home/stdin" >"$home/url" 2>"$home/postgres.log" &
postgres=$!
exec 9>"$home/stdin"
for _ in $(seq 600); do
  [ -s "$home/url" ] && break
  kill -0 "$postgres" 2>/dev/null || { cat "$home/postgres.log" >&2; fail "no PostgreSQL"; }
  sleep 0.5
done
[ -s "$home/url" ] || fail "PostgreSQL did not start"
THRONG_DATABASE__URL="$(head -n 1 "$home/url")"
export THRONG_DATABASE__URL

"$throng" account create "$account" --database "$THRONG_DATABASE__URL" >/dev/null
key="$("$throng" key create "$account" --role account-administrator --database "$THRONG_DATABASE__URL")"

# A node writes which jobs it claims into its log. Small chunks, so that the job takes a while.
start_node() { # number
  local port=$((18080 + $1))
  RUST_LOG=info,throng_directory=debug THRONG_JOBS__CHUNK_ITEMS=500 THRONG_JOBS__LEASE_MS=$((lease_seconds * 1000)) \
    "$throng" serve --listen "127.0.0.1:$port" >"$home/node$1.log" 2>&1 &
  pids[$1]=$!
  for _ in $(seq 200); do
    curl -fsS "http://127.0.0.1:$port/health" >/dev/null 2>&1 && return
    kill -0 "${pids[$1]}" 2>/dev/null || { cat "$home/node$1.log" >&2; fail "node $1 did not start"; }
    sleep 0.1
  done
  fail "node $1 does not answer"
}
at() { echo "http://127.0.0.1:$((18080 + $1))"; }
ask() { curl -fsS -H "Authorization: Bearer $key" "$@"; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }

say "starting three nodes"
for node in 1 2 3; do start_node "$node"; done
echo "durability: $(curl -fsS "$(at 1)/health" | field durability)"

say "importing $people people through node 1"
{
  echo "First Name,Last Name,Login Id,Email Id"
  seq "$people" | awk '{printf "P%d,Example,p%07d@example.org,p%07d@example.org\n", $1, $1, $1}'
} >"$home/people.csv"
users="/api/admin/user/v1/accounts/$account"
job="$(ask -F "file=@$home/people.csv;type=text/csv" "$(at 1)$users/users:bulkAdd?jobName=people" | field jobId)"
while :; do
  status="$(ask "$(at 2)$users/jobs/$job" | field status)"
  case "$status" in PENDING | IN_PROGRESS) sleep 0.5 ;; *) break ;; esac
done
echo "import: $status"
[ "$status" = COMPLETED ] || fail "the import ended $status"

{
  printf '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"SocialChorus:1.0:Group":{"identifierField":"userName"},'
  printf '"Operations":[{"op":"add","path":"members","value":['
  seq "$people" | awk '{printf "%s{\"value\":\"p%07d@example.org\"}", (NR > 1 ? "," : ""), $1}'
  printf ']}]}'
} >"$home/members.json"

new_group() { # name
  ask -H 'Content-Type: application/scim+json' -d "{\"displayName\":\"$1\"}" "$(at 1)/scim/v2/Groups" | field id
}
add_everybody() { # group; prints the job's number
  ask -D - -o /dev/null -X PATCH -H 'Content-Type: application/scim+json' -H 'Prefer: respond-async' \
    --data-binary "@$home/members.json" "$(at 1)/scim/v2/Groups/$1" |
    tr -d '\r' | sed -n 's/^[Tt]hrong-[Jj]ob: //p'
}
report() { ask "$(at "$1")/v2/Groups/JobReport/$2"; } # node, job

say "a job of $people members, undisturbed"
undisturbed="$(add_everybody "$(new_group Undisturbed)")"
until [ "$(report 2 "$undisturbed" | field status)" = finished ]; do sleep 0.2; done
report 2 "$undisturbed"

say "the same job on another group; the node that works it is killed"
disturbed="$(add_everybody "$(new_group Disturbed)")"
holder=
while [ -z "$holder" ] || [ "$(report "$((holder % 3 + 1))" "$disturbed" | field membersProcessedCount)" = 0 ]; do
  for node in 1 2 3; do
    if grep -aq "claimed.*job.*[^0-9]$disturbed\([^0-9]\|\$\)" "$home/node$node.log"; then holder=$node; fi
  done
  sleep 0.02
done
other=$((holder % 3 + 1))
kill -9 "${pids[$holder]}"
killed_at=$SECONDS
{ wait "${pids[$holder]}"; } 2>/dev/null || true
processed="$(report "$other" "$disturbed" | field membersProcessedCount)"
echo "node $holder held the job and was killed with $processed of $people members processed"
[ "$processed" -lt "$people" ] || fail "the job was done before the kill; try more people"
until [ "$(report "$other" "$disturbed" | field membersProcessedCount)" -gt "$processed" ]; do sleep 0.1; done
echo "another node went on $((SECONDS - killed_at)) s later (the lease is $lease_seconds s)"
until [ "$(report "$other" "$disturbed" | field status)" = finished ]; do sleep 0.2; done
report "$other" "$disturbed"

say "comparing the reports"
# What must differ: the job, the group, the time.
same() { sed 's/"\(id\|groupId\|requestReceivedAt\)":\("[^"]*"\|[0-9]*\)//g'; }
[ "$(report "$other" "$disturbed" | same)" = "$(report "$other" "$undisturbed" | same)" ] || fail "the reports differ"
echo "equal"
