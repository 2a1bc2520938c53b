"""Before any live request: the endpoint answers some rows, and CodeDeploy hears whether in the right form."""

import datetime as dt
import hashlib
import hmac
import http.client
import json
import os
import urllib.parse
from typing import Any

ROWS = (0.1, 0.5, 0.9)
TIMEOUT = 5
TARGET = "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"
JSON = "application/x-amz-json-1.1"


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Answer CodeDeploy's BeforeAllowTraffic."""
    problem = look()
    print(problem or "the endpoint answers in its form")
    status = "Failed" if problem else "Succeeded"
    tell(
        {
            "deploymentId": event["DeploymentId"],
            "lifecycleEventHookExecutionId": event["LifecycleEventHookExecutionId"],
            "status": status,
        }
    )
    return {"status": status}


def look() -> str:
    """Return what is wrong with the endpoint's answer, "" when nothing is."""
    path = f"/endpoints/{os.environ['ENDPOINT_NAME']}/invocations"
    body = "".join(f"{row}\n" for row in ROWS)
    try:
        status, text = _post(os.environ["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"], path, body, {"Content-Type": "text/csv"})
        found = json.loads(text)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"no answer: {error!r}"
    if status != 200:
        return f"status {status}: {text[:100]}"
    predictions = found.get("predictions") if isinstance(found, dict) else None
    if not isinstance(predictions, list) or len(predictions) != len(ROWS):
        return f"no list of {len(ROWS)} predictions: {text[:100]}"
    return "" if all(isinstance(each, float) for each in predictions) else f"no numbers: {text[:100]}"


def tell(document: dict[str, str]) -> None:
    """Send a signed request to CodeDeploy; raises RuntimeError when it is refused."""
    address = os.environ["AWS_ENDPOINT_URL"]
    body = json.dumps(document)
    headers = {
        "content-type": JSON,
        "host": urllib.parse.urlsplit(address).netloc,
        "x-amz-date": dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ"),
        "x-amz-target": TARGET,
    }
    headers["authorization"] = _authorization(headers, body)
    status, text = _post(address, "/", body, headers)
    if status != 200:
        raise RuntimeError(f"CodeDeploy answered {status}: {text}")


def _authorization(headers: dict[str, str], body: str) -> str:
    """Return the header that proves who calls: AWS's signature, version 4."""
    moment, names = headers["x-amz-date"], sorted(headers)
    scope = [moment[:8], os.environ["AWS_REGION"], "codedeploy", "aws4_request"]
    signed = ";".join(names)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    request = "\n".join(["POST", "/", "", lines, signed, hashlib.sha256(body.encode()).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", moment, "/".join(scope), hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{'/'.join(scope)}"
    return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}"


def _post(address: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, str]:
    at = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=TIMEOUT)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
