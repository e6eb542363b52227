#!/usr/bin/env bash
# Everything one can ask of a job, with curl: an import, its failed rows corrected and sent again, a dry run, a replace
# that the guard holds back, an approval, a stop, the rest of it, an undo, a schedule, a stream of progress, downloads,
# people deleted by a filter and restored. Each answer is checked, so that this is a test as well.
#
#   examples/jobs-tour.sh                              # on a data directory of its own
#   examples/jobs-tour.sh postgres://user@host/base    # on a PostgreSQL
#
# Needs curl, and Rust unless THRONG names the binary. The server listens on 127.0.0.1:$PORT (18090).
set -euo pipefail
cd "$(dirname "$0")/.."

home="$(mktemp -d "${TMPDIR:-/tmp}/throng-jobs-tour-XXXXXX")"
port="${PORT:-18090}"
server=
leave() {
  status=$?
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  if [ "$status" -ne 0 ]; then echo "jobs-tour: failed; the log of the server:" >&2; tail -n 40 "$home/log" >&2 || true; fi
  rm -rf "$home"
  exit "$status"
}
trap leave EXIT

say() { printf '\n== %s\n' "$*"; }
fail() { echo "jobs-tour: $*" >&2; exit 1; }
# field NAME: the first value of this name in a JSON text.
field() { grep -o "\"$1\":\(\"[^\"]*\"\|[0-9]*\|true\|false\)" | head -n 1 | cut -d: -f2- | tr -d '"'; }
# want TEXT IN: fails unless the second has the first.
want() { case "$2" in *"$1"*) ;; *) fail "expected $1 in: $2" ;; esac; }

if [ -z "${THRONG:-}" ]; then
  cargo build --quiet --release --bin throng
  THRONG="${CARGO_TARGET_DIR:-target}/release/throng"
fi
if [ $# -gt 0 ]; then place=(--database "$1"); else place=(--data "$home/data"); fi
account="tour$$"

say "An account with a guard, a submitter and an approver"
"$THRONG" account create "$account" "${place[@]}" >/dev/null
"$THRONG" account set "$account" guard_count=100 guard_percent=10 "${place[@]}"
key="$("$THRONG" key create "$account" --role account-administrator --client hr "${place[@]}")"
operator="$("$THRONG" key create --operator "${place[@]}")"
approver="$("$THRONG" key create "$account" --role approver --client boss "${place[@]}")"

# Small chunks, so that a job lasts long enough to be met.
THRONG_JOBS__CHUNK_ITEMS=100 "$THRONG" serve "${place[@]}" --listen "127.0.0.1:$port" >"$home/log" 2>&1 &
server=$!
root="http://127.0.0.1:$port"
for _ in $(seq 300); do curl -fs "$root/health" >/dev/null 2>&1 && break; sleep 0.1; done
jobs="$root/api/v1/accounts/$account/jobs"
admin="$root/api/admin/user/v1/accounts/$account"
json='Content-Type: application/json'

# ask ARGUMENTS: a request that has to succeed. status ARGUMENTS: only the status.
ask() { curl -fsS -H "Authorization: Bearer $key" "$@"; }
status() { curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" "$@"; }
# ended JOB: the job when it has ended; the server holds the answer back until then.
ended() {
  local shown
  for _ in $(seq 20); do
    shown="$(ask -H 'Prefer: wait=30' "$jobs/$1")"
    case "$shown" in *'"endedAt"'*) echo "$shown"; return ;; esac
  done
  fail "job $1 does not end: $shown"
}
# members QUERY OPERATION FILE: a change of the group's members without waiting for it; the job's number.
members() {
  ask -D - -o /dev/null -X PATCH "$root/scim/v2/Groups/$group$1" -H "$json" -H 'Prefer: respond-async' --data-binary "@$2" |
    tr -d '\r' | sed -n 's/^[Tt]hrong-[Jj]ob: //p'
}
# body OPERATION FROM TO: people by their userName.
body() {
  printf '{"SocialChorus:1.0:Group":{"identifierField":"userName"},"Operations":[{"op":"%s","path":"members","value":[' "$1"
  seq "$2" "$3" | awk '{printf "%s{\"value\":\"p%05d@tour.example\"}", (NR > 1 ? "," : ""), $1}'
  printf ']}]}'
}
group="$(ask "$root/scim/v2/Groups" -H "$json" -d '{"displayName":"Staff"}' | field id)"

say "An import of 2,000 people; two rows are wrong"
{
  echo 'Login Id,Last Name,First Name,Member Of'
  seq 2000 | awk '{printf "p%05d@tour.example,Example,P%d,\n", $1, $1}'
  echo 'p00001@tour.example,Twice,Listed,'
  echo 'zoe@tour.example,Z,Zoe,Pilots'
} >"$home/people.csv"
dry="$(ask -F "file=@$home/people.csv" "$admin/users:bulkAdd?dryRun=true" | field url)"
shown="$(ended "${dry##*/}")"
want '"created":2000' "$shown"
want '"kind":"import_plan"' "$shown"
[ "$(ask "$root/scim/v2/Users?count=0" | field totalResults)" = 0 ] || fail "a dry run added somebody"
import="$(ask -F "file=@$home/people.csv" -H 'Idempotency-Key: "people"' "$admin/users:bulkAdd" | field jobId)"
again="$(ask -F "file=@$home/people.csv" -H 'Idempotency-Key: "people"' "$admin/users:bulkAdd" | field jobId)"
[ "$import" = "$again" ] || fail "the same request made two jobs"
shown="$(ended "$import")"
want '"outcome":"partial"' "$shown"
want '"created":2000' "$shown"
want '"failed":2' "$shown"

say "The failed rows, in the file's own columns, with the reason"
ask "$jobs/$import/items/download?format=csv&columns=input" | tee "$home/failed.csv"
want 'Invalid member of group provided' "$(cat "$home/failed.csv")"
ask "$root/scim/v2/Groups" -H "$json" -d '{"displayName":"Pilots"}' >/dev/null
# Corrected, and sent as it is.
sed -i 's/^p00001@tour.example,,Twice/p02001@tour.example,,Twice/' "$home/failed.csv"
corrected="$(ask -F "file=@$home/failed.csv" "$admin/users:bulkAdd" | field jobId)"
want '"created":2' "$(ended "$corrected")"
# Or tried again as they were: one login exists, the group exists now, but so does Zoe.
redriven="$(ask -X POST "$jobs/$import/redrive" -H "$json" -d '{}' | field number)"
want '"conflict":2' "$(ended "$redriven")"

say "What would a bulk request do? And then it does it"
cat >"$home/bulk.json" <<'BULK'
{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
 {"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"Crew","members":[{"value":"bulkId:u"}]}},
 {"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"yan@tour.example"}},
 {"method":"POST","path":"/Users","bulkId":"x","data":{"userName":"P00001@tour.example"}}]}
BULK
shown="$(ask "$root/scim/v2/Bulk?dryRun=true" -H "$json" -d "@$home/bulk.json")"
want '"status":"409"' "$shown"
want '"created":2' "$shown"
[ "$(ask "$root/scim/v2/Users?count=0&filter=userName%20eq%20%22yan@tour.example%22" | field totalResults)" = 0 ] ||
  fail "a dry run added somebody"
want '"created":2' "$(ask -X POST "$jobs/$(echo "$shown" | field jobId)/apply")"

say "1,500 people into a group: progress, items, report"
body add 1 1500 >"$home/add.json"
job="$(members '' "$home/add.json")"
# The stream ends when the job has; reading on behind the last event is over at once.
ask -N "$jobs/$job/events" >"$home/events"
want '"created":1500' "$(tail -n 4 "$home/events")"
last="$(sed -n 's/^id: *//p' "$home/events" | tail -n 1)"
[ "$(status -H "Last-Event-ID: $last" "$jobs/$job/events")" = 204 ] || fail "an event was told twice"
want '"created":1500' "$(ended "$job")"
want '"membersCreatedCount":1500' "$(ask "$root/v2/Groups/JobReport/$job")"
[ "$(ask "$jobs/$job/items?outcome=created&count=1000" | grep -o '"reason":"created"' | wc -l)" = 1000 ] || fail "items"
for format in csv jsonl xlsx; do
  ask "$jobs/$job/items/download?format=$format" -o "$home/items.$format"
  [ -s "$home/items.$format" ] || fail "no items as $format"
done
[ "$(wc -l <"$home/items.jsonl")" = 1500 ] || fail "not a line for each item"

say "What would a replace do? And then it waits for approval"
body replace 1201 1600 >"$home/replace.json"
dry="$(members '?dryRun=true' "$home/replace.json")"
shown="$(ended "$dry")"
echo "$shown" | grep -o '"reasons":{[^}]*}'
want '"removed":1200' "$shown"
want 'waits for approval' "$shown"
held="$(ask -X POST "$jobs/$dry/apply" | field number)"
for _ in $(seq 100); do
  shown="$(ask "$jobs/$held")"
  case "$shown" in *AWAITING_APPROVAL*) break ;; *) sleep 0.1 ;; esac
done
echo "$shown" | grep -o '"message":"[^"]*"'
want AWAITING_APPROVAL "$shown"
[ "$(status -X POST "$jobs/$held/approve")" = 403 ] || fail "a client approved its own job"
curl -fsS -X POST -H "Authorization: Bearer $approver" "$jobs/$held/approve" >/dev/null
want '"removed":1200' "$(ended "$held")"

say "Taken back"
undo="$(ask -X POST "$jobs/$held/undo" | field number)"
# It removes the 100 who came: the guard counts what was removed before, so this waits, too.
for _ in $(seq 100); do
  shown="$(ask "$jobs/$undo")"
  case "$shown" in *AWAITING_APPROVAL*) break ;; *) sleep 0.1 ;; esac
done
want AWAITING_APPROVAL "$shown"
curl -fsS -X POST -H "Authorization: Bearer $approver" "$jobs/$undo/approve" >/dev/null
shown="$(ended "$undo")"
want '"created":1200' "$shown"
want '"removed":100' "$shown"

say "A job that is not due is stopped, and what it did not do is done by another one"
curl -fsS -X PATCH -H "Authorization: Bearer $operator" "$root/api/v1/accounts/$account/settings" -H "$json" \
  -d '{"guard_count":"off","guard_percent":"off"}' >/dev/null
sleep 1 # A key that was looked up is believed for a second, with the settings.
later="$(members "?notBefore=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)&priority=high" "$home/replace.json")"
want '"state":"PENDING"' "$(ask "$jobs/$later")"
want '"state":"ABORTED"' "$(ask -X POST "$jobs/$later/abort")"
[ "$(status -X POST "$jobs/$later/abort")" = 200 ] || fail "a stop can be asked for again"
rest="$(ask -X POST "$jobs/$later/redrive" -H "$json" -d '{"outcomes":["skipped"]}' | field number)"
want '"redrives":'"$later" "$(ended "$rest")"

say "People deleted by a filter, and a list of all these jobs"
found='{"filter":"userName ge \"p01900\" and userName lt \"p02000\""}'
deletion="$(ask "$root/api/v1/accounts/$account/users/delete" -H "$json" -d "$found" | field number)"
want '"removed":100' "$(ended "$deletion")"
[ "$(ask "$root/scim/v2/Users?count=0" | field totalResults)" = 1903 ] || fail "not everybody is gone"
ask "$jobs?count=1000" | grep -o '"number":[0-9]*,"id":"[^"]*","kind":"[^"]*"' | sed 's/"id":"[^"]*",//'
want "\"number\":$deletion" "$(ask "$jobs?kind=deletion")"

say "The deletion undone: they are back"
back="$(ask -X POST "$jobs/$deletion/undo" | field number)"
shown="$(ended "$back")"
want '"kind":"restore"' "$shown"
want '"created":100' "$shown"
[ "$(ask "$root/scim/v2/Users?count=0" | field totalResults)" = 2003 ] || fail "not everybody is back"

say "done"
