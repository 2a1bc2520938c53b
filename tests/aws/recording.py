"""Every call that the code makes to AWS, written down with the IAM action and the resource that it needs.

The files `calls/<component>.json` are what the policies of the templates are simulated against. A component is a
platform function (its purpose: "create-experiment") or a part of the target that people run ("target", "apply",
"destroy"). Each file is a list, sorted, without repetitions, of

    {"service": "s3", "operation": "GetObject", "action": "s3:GetObject", "resource": "arn:aws:s3:::..."}

service, operation: boto3's. action: IAM's, which is often named otherwise. resource: the ARN in the account of
account.py (111122223333, us-east-1, project `tiny`), built from the call's own parameters; "*" where the parameters
name none or IAM knows no resource for the action. An id that a service makes up is `*` within the ARN.
The recording is made by running the code in tests, never typed: a file that is missing is written anew (look at it,
then commit it), one that differs fails the test.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from aws.account import Call
from aws.actions import needed

CALLS = Path(__file__).parent / "calls"
CHANGING = re.compile(  # within keys: times and digests, of which each run has others
    r"\d{8}T\d{6}\.\d+Z|\d{4}/\d\d/\d\d/\d\d(?=/)|(?<=assets/)[0-9a-f]{64}|(?<=audit/tiny/)\d{9}|(?<=notices/tiny/)\d{16}"
    r"|(?<=:tiny-monitor:)[0-9a-f-]{36}"
)


def recording(calls: Iterable[Call]) -> list[dict[str, str]]:
    """Return the calls as their file has them."""
    found = set()
    for call in calls:
        for action, resource in needed(call):
            found.add((call.service, call.operation, action, CHANGING.sub("*", resource)))
    return [dict(zip(("service", "operation", "action", "resource"), each, strict=True)) for each in sorted(found)]


def expect(component: str, calls: Iterable[Call]) -> None:
    """Fail when a component's calls are not those of its file; write the file where there is none."""
    file = CALLS / f"{component}.json"
    made = recording(calls)
    if not file.exists():
        CALLS.mkdir(exist_ok=True)
        lines = ",\n  ".join(json.dumps(each) for each in made)
        file.write_text(f"[\n  {lines}\n]\n")
    assert made == json.loads(file.read_text()), f"delete {file}, run this test again and look at the difference"
