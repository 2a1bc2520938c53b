"""What both traffic hooks do: a real call of the new version with real rows, and one answer to CodeDeploy."""

import json
import uuid
from collections.abc import Callable

from shipway.domain.errors import ShipwayError
from shipway.domain.gate_question import text
from shipway.domain.sample import sample
from shipway.domain.store.name import parse_uri
from shipway.domain.values import JsonObject
from shipway.targets.aws.functions.catalogue import ENDPOINT, RUN_PREFIX, USER_HOOK, VERSION
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.objects import read

BASELINE = "data/baseline/baseline.csv"  # below the run's prefix; its first row names the columns
EVENTS = ("DeploymentId", "LifecycleEventHookExecutionId")


class HookCheckFailed(ShipwayError):
    """The new version does not do what it must."""

    message = "{problem}"
    hint = "read the function's log: shipway logs {function}"
    exit_code = 3


def answer(event: JsonObject, check: Callable[[], str]) -> JsonObject:
    """Run a check and tell CodeDeploy how it went, once: a check that cannot run has failed.

    Where the project has a hook of its own, that one is called after a check that passed, and tells CodeDeploy.
    """
    try:
        status, reason = "Succeeded", check()
    except Exception as problem:  # noqa: BLE001  told to CodeDeploy
        status, reason = "Failed", str(problem) or type(problem).__name__
    print(json.dumps({"deployment": text(event, EVENTS[0]), "status": status, "reason": reason}))
    own = setting(USER_HOOK)
    if status == "Succeeded" and own:
        payload = json.dumps({name: event[name] for name in EVENTS}).encode()
        client("lambda").invoke(FunctionName=own, InvocationType="Event", Payload=payload)
        return {"status": status, "reason": f"{reason}; {own} decides"}
    client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=text(event, EVENTS[0]), lifecycleEventHookExecutionId=text(event, EVENTS[1]), status=status
    )
    return {"status": status, "reason": reason}


def call(identity: str = "") -> str:
    """Send real rows through the new version of the API's function; return a sentence. Raises HookCheckFailed.

    identity: the inference id, by which the endpoint's record of the call can be found.
    """
    rows = _rows()
    identity = identity or str(uuid.uuid4())
    event = {
        "httpMethod": "POST",
        "path": "/api",
        "headers": {"Content-Type": "text/csv", "Accept": "application/json"},
        "requestContext": {"requestId": identity},
        "body": rows,
        "isBase64Encoded": False,
    }
    answered = client("lambda").invoke(FunctionName=setting(VERSION), Payload=json.dumps(event).encode())
    payload = answered["Payload"].read()
    if "FunctionError" in answered:
        raise failed(f"the new version ended in {answered['FunctionError']}: {payload[:300].decode(errors='replace')}")
    result = json.loads(payload)
    status = result.get("statusCode") if isinstance(result, dict) else None
    if status != 200:
        raise failed(f"the new version answered {status} to real rows: {str(result)[:300]}")
    json.loads(result["body"])
    return f"{rows.count(chr(10))} real rows answered by {setting(ENDPOINT)}"


def _rows() -> str:
    rows = sample(baseline())
    if not rows:
        raise failed("there are no rows to ask with: the baseline has none")
    return rows


def baseline() -> str:
    """Return the baseline data of the release. Raises HookCheckFailed."""
    bucket, prefix = parse_uri(setting(RUN_PREFIX))
    content = read(client("s3"), bucket, f"{prefix}/{BASELINE}")
    if content is None:
        raise failed(f"there are no rows to ask with: {setting(RUN_PREFIX)}/{BASELINE} does not exist")
    return content.decode()


def failed(problem: str) -> HookCheckFailed:
    """Return why the new version gets no traffic."""
    return HookCheckFailed(problem=problem, function=setting(VERSION))
