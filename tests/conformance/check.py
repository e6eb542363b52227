"""Runs every check of scim2-tester against a server, and prints a line for each.

Usage: check.py <base URL> <name of the run>, with the bearer token in the variable SCIM_TOKEN.

The lines have the form of Rust's test binaries, so that one reader counts both. Only SUCCESS passes; what may be
skipped, and how many checks have to pass, stands in expected.toml beside this file.
"""

import os
import sys
import tomllib
from collections import Counter
from pathlib import Path
from urllib.parse import urljoin

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

EXPECTED = Path(__file__).with_name("expected.toml")

# What the account of the run asks of passwords.
POLICY = "/api/admin/user/v1/accounts/conformance/password-policy"

# No check needs longer; a server that does not answer fails the run instead of holding it up.
TIMEOUT_SECONDS = 60


def name_of(result):
    """What was checked: the resource type if there is one, the check, and the attribute if it is about one."""
    kind = f"{result.resource_type}/" if result.resource_type else ""
    urn = result.data.get("urn") if isinstance(result.data, dict) else None
    return f"{kind}{result.title}" + (f"[{urn}]" if urn else "")


def verdict(result, name, skips):
    """How Rust's test binaries would call the outcome."""
    if result.status is Status.SUCCESS:
        return "ok"
    if result.status is Status.SKIPPED and name in skips:
        return "ignored"
    return "FAILED"


def main(base_url, run, token):
    expected = tomllib.loads(EXPECTED.read_text(encoding="utf-8"))
    skips, minimum = expected.get("skips", {}), expected["minimum"][run]
    http = Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_SECONDS)
    # The passwords that the tool makes up are random, and meet no rule but that of their length.
    policy = {"length": 8, "maxNoOfConsecutiveChars": 0, "maxNoOfConsecutiveCharSets": 0}
    http.put(urljoin(base_url, POLICY), json=policy).raise_for_status()
    results = check_server(SyncSCIMClient(http))

    counts, skipped, complaints = Counter(), set(), []
    for result in results:
        name = name_of(result)
        outcome = verdict(result, name, skips)
        counts[outcome] += 1
        if outcome == "ignored":
            skipped.add(name)
        reason = " ".join(str(skips[name] if outcome == "ignored" else result.reason).split())
        print(f"test {run}: {name} ... {outcome} ({result.status.name}: {reason})")
        if outcome == "FAILED":
            complaints.append(f"{name}: {result.status.name}: {result.reason}\n    {result.data!r}")
    for name in sorted(skips.keys() - skipped):
        complaints.append(f"{name}: listed in {EXPECTED.name} as skipped, and was not")
    if counts["ok"] < minimum:
        complaints.append(f"{counts['ok']} checks passed, {minimum} is the least")

    for complaint in complaints:
        print(f"{run}: {complaint}")
    ok = not complaints
    print(
        f"test result: {'ok' if ok else 'FAILED'}. {counts['ok']} passed; {counts['FAILED']} failed; "
        f"{counts['ignored']} ignored; scim2-tester, {run}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], os.environ["SCIM_TOKEN"]))
