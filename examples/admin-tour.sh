#!/usr/bin/env bash
# The life of an administrator of the admin API, with curl: get the template, send a file, watch its job, list its users,
# take home the failures, correct them, send them again, throw the job away; then files that change, delete and replace
# people, one person by hand, groups and profiles, an export. Each answer is checked, so that this is a test as well.
#
#   examples/admin-tour.sh                              # on a data directory of its own
#   examples/admin-tour.sh postgres://user@host/base    # on a PostgreSQL
#
# Needs curl, and Rust unless THRONG names the binary. The server listens on 127.0.0.1:$PORT (18090).
set -euo pipefail
cd "$(dirname "$0")/.."

home="$(mktemp -d "${TMPDIR:-/tmp}/throng-admin-tour-XXXXXX")"
port="${PORT:-18090}"
server=
leave() {
  status=$?
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  if [ "$status" -ne 0 ]; then echo "admin-tour: failed; the log of the server:" >&2; tail -n 40 "$home/log" >&2 || true; fi
  rm -rf "$home"
  exit "$status"
}
trap leave EXIT

say() { printf '\n== %s\n' "$*"; }
fail() { echo "admin-tour: $*" >&2; exit 1; }
# field NAME: the first value of this name in a JSON text.
field() { grep -o "\"$1\":\(\"[^\"]*\"\|[0-9]*\|true\|false\)" | head -n 1 | cut -d: -f2- | tr -d '"'; }
# want TEXT IN: fails unless the second has the first.
want() { case "$2" in *"$1"*) ;; *) fail "expected $1 in: $2" ;; esac; }

if [ -z "${THRONG:-}" ]; then
  cargo build --quiet --release --bin throng
  THRONG="${CARGO_TARGET_DIR:-target}/release/throng"
fi
if [ $# -gt 0 ]; then place=(--database "$1"); else place=(--data "$home/data"); fi
account="admin$$"

say "An account and its administrator"
"$THRONG" account create "$account" "${place[@]}" >/dev/null
key="$("$THRONG" key create "$account" --role account-administrator --client hr "${place[@]}")"
"$THRONG" serve "${place[@]}" --listen "127.0.0.1:$port" >"$home/log" 2>&1 &
server=$!
root="http://127.0.0.1:$port"
for _ in $(seq 300); do curl -fs "$root/health" >/dev/null 2>&1 && break; sleep 0.1; done
admin="$root/api/admin/user/v1/accounts/$account"
groups="$root/api/admin/group/v1/accounts/$account/groups"
json='Content-Type: application/json'

# ask ARGUMENTS: a request that has to succeed. status ARGUMENTS: only the status.
ask() { curl -fsS -H "Authorization: Bearer $key" "$@"; }
status() { curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" "$@"; }
# ended JOB: the job when it has ended, by polling, as the vendor's clients do.
ended() {
  local shown
  for _ in $(seq 600); do
    shown="$(ask "$admin/jobs/$1")"
    case "$shown" in *'"endTime"'*) echo "$shown"; return ;; esac
    sleep 0.1
  done
  fail "job $1 does not end: $shown"
}
# send VERB FILE: sends a file; the job's id.
send() { ask -F "file=@$2" "$admin/users:$1" | field jobId; }

say "The template"
ask "$admin/users-bulk-template" -o "$home/template.xlsx"
[ "$(head -c 2 "$home/template.xlsx")" = PK ] || fail "the template is no workbook"
[ "$(status -F "file=@$home/template.xlsx" "$admin/users:bulkAdd")" = 400 ] || fail "a template without rows was taken"

say "A file, its job, its users"
{
  echo 'Login Id,Account Hierarchy,Last Name,First Name,Display Name,Password,Profile,Roles,Email,Member Of,Owned Groups'
  echo 'ann@tour.example,,Jones,Ann,,,,"[Agent, Supervisor]",ann@tour.example,,'
  echo 'bob@tour.example,,Jones,Bob,,,,,bob@tour.example,,'
  echo 'carol@tour.example,,Smith,Carol,,,,,,Pilots,'
  echo 'dan@tour.example,,,Dan,,,,,,,'
} >"$home/people.csv"
job="$(ask -F "file=@$home/people.csv" "$admin/users:bulkAdd?jobName=importUserList1" | field jobId)"
shown="$(ended "$job")"
want '"status":"FAILED"' "$shown"
want '"name":"importUserList1"' "$shown"
want '{"count":2,"status":"COMPLETED"}' "$shown"
[ "$(status -F "file=@$home/people.csv" "$admin/users:bulkAdd?jobName=importUserList1")" = 409 ] || fail "a name was taken twice"
want '"loginId":"carol@tour.example"' "$(ask "$admin/jobs/$job/users?filter=status:FAILED&orderBy=lastName%20desc&pageSize=5")"

say "The failures, corrected, sent again"
ask "$admin/jobs/$job:exportFailedUsers" -o "$home/failed.zip"
[ "$(head -c 2 "$home/failed.zip")" = PK ] || fail "the failures are no ZIP"
ask "$admin/jobs/$job:exportFailedUsers?format=csv" | tee "$home/failed.csv"
want 'Invalid member of group provided' "$(cat "$home/failed.csv")"
want 'Last Name must not be empty' "$(cat "$home/failed.csv")"
pilots="$(ask "$groups" -H "$json" -d '{"name":"Pilots"}' | field groupId)"
sed -i 's/^dan@tour.example,,,Dan/dan@tour.example,,Doe,Dan/' "$home/failed.csv"
again="$(send bulkAdd "$home/failed.csv")"
want '"status":"COMPLETED"' "$(ended "$again")"
[ "$(status -X POST "$admin/jobs:bulkDelete" -H "$json" -d "{\"jobIds\":[\"$job\",\"$again\"]}")" = 202 ] || fail "the jobs stay"
[ "$(status "$admin/jobs/$job")" = 404 ] || fail "a job that was thrown away is there"

say "Files that change people: what is blank stays"
printf 'Login Id,Display Name,Roles\nann@tour.example,Ann J.,\nbob@tour.example,,[Agent]\nnobody@tour.example,,\n' >"$home/update.csv"
job="$(send bulkUpdate "$home/update.csv")"
want '"status":"FAILED"' "$(ended "$job")"
want 'No user with this loginId exists' "$(ask "$admin/jobs/$job/users?filter=status:FAILED")"
shown="$(ask "$admin/users?filter=loginId=ann@tour.example")"
want '"displayName":"Ann J."' "$shown"
want '"roles":["Agent","Supervisor"]' "$shown"
printf 'Login Id,Last Name,First Name\nbob@tour.example,Jonas,\neve@tour.example,Eden,Eve\n' >"$home/upsert.csv"
want '"status":"COMPLETED"' "$(ended "$(send bulkUpsert "$home/upsert.csv")")"

say "A file that is the whole truth: first what it would do, then it does it"
printf 'Login Id,Last Name,First Name\nann@tour.example,,\ncarol@tour.example,,\neve@tour.example,,\n' >"$home/sync.csv"
url="$(ask -F "file=@$home/sync.csv" "$admin/users:bulkSync?dryRun=true" | field url)"
shown="$(ask -H 'Prefer: wait=30' "$root$url")"
want '"removed":2' "$shown"
want '"total":5' "$(ask "$admin/users")"
job="$(send bulkSync "$home/sync.csv")"
want '"status":"COMPLETED"' "$(ended "$job")"
want '"operation":"DELETE"' "$(ask "$admin/jobs/$job/users?filter=loginId:dan*")"
want '"total":3' "$(ask "$admin/users")"

say "One person by hand, with a profile"
profile="$(ask "$admin/profiles" -H "$json" -d '{"profileName":"Agents","roles":["Agent"]}' | field profileId)"
user="$(ask "$admin/users" -H "$json" -d "{\"loginId\":\"zoe@tour.example\",\"lastName\":\"Z\",\"firstName\":\"Zoe\",\"profileId\":\"$profile\",\"memberOfGroups\":[\"$pilots\"]}" | field userId)"
want '"roles":["Agent"]' "$(ask "$admin/users/$user")"
want '"status":"COMPLETED"' "$(ask "$admin/users:listStatuses" -H "$json" -d "{\"userIds\":[\"$user\"]}")"
want 'zoe@tour.example' "$(ask "$admin/users:search" -H "$json" -d '{"filter":[{"discriminator":"AND","key":"firstName","operator":"STARTS_WITH","value":"Zo"}]}')"
[ "$(status -X DELETE "$admin/users/$user")" = 204 ] || fail "somebody stays"

say "An export, which is a file to send"
shown="$(ask -X POST "$admin/users:bulkExport?orderBy=lastName")"
job="$(echo "$shown" | field jobId)"
want ':downloadExportedUsers' "$(echo "$shown" | field url)"
want '"status":"COMPLETED"' "$(ended "$job")"
ask "$admin/jobs/$job:downloadExportedUsers" -o "$home/users.zip"
[ "$(head -c 2 "$home/users.zip")" = PK ] || fail "the export is no ZIP"
ask "$admin/jobs/$job:downloadExportedUsers?format=csv" | tee "$home/users.csv"
want '"status":"NO_CHANGE"' "$(ended "$(send bulkUpdate "$home/users.csv")")"

say "Stopped or not, a job that has ended stays as it is"
[ "$(status -X POST "$admin/jobs/$job:stop")" = 202 ] || fail "a job cannot be stopped twice"
want '"status":"COMPLETED"' "$(ask "$admin/jobs/$job")"
say "Done."
