"""The examples' handlers and hooks, in their own environment, against a served model over real HTTP."""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from container import Container, Server, environment
from platform_api import PlatformApi, platform_api

ROW = "JFK,B6,BQN,3,1439,221,1576,60.98,8.05546,0,1010.8,10"
JSON = "application/json"
CSV = "text/csv"
MODEL_ERROR = {"x-amzn-ErrorType": "ModelError"}
Call = Callable[..., dict[str, Any]]


@contextmanager
def function(container: Container, api: PlatformApi, volume: Path) -> Iterator[Call]:
    """Call a module of the project's function, in one warm process."""
    folder = container.project / "function"
    python = environment(folder / "requirements.lock") / "bin" / "python"
    variables = {
        "AWS_ENDPOINT_URL": api.address, "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
        "ENDPOINT_NAME": "the-endpoint", "SHARED_VOLUME": str(volume), "PYTHONPATH": str(folder),
    }  # fmt: skip
    command = [str(python), "-W", "error", str(Path(__file__).parent / "call_function.py")]
    process = subprocess.Popen(
        command, env=container.variables(variables), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def call(event: dict[str, Any], module: str = "handler") -> dict[str, Any]:
        process.stdin.write(json.dumps([module, event]) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer

    try:
        yield call
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="module")
def flights_api(flights_server: Server) -> Iterator[PlatformApi]:
    with platform_api(flights_server.port) as api:
        yield api


@pytest.fixture(scope="module")
def digits_api(digits_server: Server) -> Iterator[PlatformApi]:
    with platform_api(digits_server.port) as api:
        yield api


@pytest.fixture(scope="module")
def flights_call(flights: Container, flights_api: PlatformApi) -> Iterator[Call]:
    with function(flights, flights_api, flights.user_data) as call:
        yield call


@pytest.fixture(scope="module")
def digits_call(digits: Container, digits_api: PlatformApi) -> Iterator[Call]:
    with function(digits, digits_api, digits.user_data) as call:
        yield call


@pytest.fixture(autouse=True)
def _healthy(flights_api: PlatformApi, digits_api: PlatformApi) -> Iterator[None]:
    yield
    flights_api.failure = digits_api.failure = None


def event(body: str | bytes | None, kind: str | None = CSV, accept: str = "", **more: Any) -> dict[str, Any]:
    """Return an API Gateway proxy event; bytes travel in base64."""
    headers = {name: value for name, value in (("content-TYPE", kind), ("ACCEPT", accept)) if value}
    text = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    binary = isinstance(body, bytes)
    context = {"requestId": "id-1"}
    return {
        "httpMethod": "POST", "path": "/api", "headers": headers, "body": text, "isBase64Encoded": binary,
        "requestContext": context, **more,
    }  # fmt: skip


def proxy(answer: dict[str, Any], status: int) -> Any:
    """Return the body of an answer that API Gateway accepts, parsed where it is JSON."""
    assert set(answer) == {"statusCode", "headers", "body", "isBase64Encoded"}
    assert answer["statusCode"] == status, answer
    assert isinstance(answer["body"], str)
    assert all(isinstance(value, str) for value in answer["headers"].values())
    assert answer["headers"]["x-inference-id"] == "id-1"
    return json.loads(answer["body"]) if answer["headers"]["Content-Type"] == JSON else answer["body"]


def test_csv_json_and_base64_give_the_same_prediction(flights_call: Call, flights_api: PlatformApi) -> None:
    values = [text if number < 3 else float(text) for number, text in enumerate(ROW.split(","))]
    asked = [
        event(ROW, CSV, JSON),
        event(ROW.encode(), CSV, JSON),
        event(json.dumps({"instances": [values]}), JSON),
        event(json.dumps({"features": values}).encode(), JSON),
        event(ROW, None, headers=None, multiValueHeaders={"Content-Type": [CSV], "Accept": [JSON]}),
    ]
    found = [proxy(flights_call(each), 200)["predictions"] for each in asked]
    assert found == [found[0]] * len(asked)
    assert float(proxy(flights_call(event(ROW)), 200)) == found[0][0]
    last = flights_api.invocations[-1]
    assert last["endpoint"] == "the-endpoint"
    assert last["x-amzn-sagemaker-inference-id"] == "id-1"


CLIENT_FAULTS = [
    (event(None), 400), (event(""), 400), (event(b""), 400),
    (event(ROW, None), 415), (event(ROW, "text/html"), 415), (event(ROW, CSV, "image/png"), 406),
    (event("not base64!", CSV, isBase64Encoded=True), 400), (event("x" * 6_291_457), 413),
    (event("1,2"), 400), (event("{", JSON), 400), (event("[]", JSON), 400), (event(b"\xff\xfe"), 400),
    (event(ROW, httpMethod="GET"), 405),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "status"), CLIENT_FAULTS)
def test_the_clients_fault_is_a_4xx_with_a_reason(flights_call: Call, asked: dict[str, Any], status: int) -> None:
    body = proxy(flights_call(asked), status)
    assert body["message"]
    assert body["inferenceId"] == "id-1"


def test_the_models_own_words_reach_the_client(flights_call: Call) -> None:
    answer = proxy(flights_call(event(ROW.replace("1576", "far"))), 400)
    assert "column 'distance'" in answer["message"]


RELEASE_FAULTS = [
    (424, {"Message": "m", "OriginalStatusCode": 500, "OriginalMessage": "boom"}, MODEL_ERROR),
    (424, {"Message": "m", "OriginalStatusCode": 404, "OriginalMessage": "no such path"}, MODEL_ERROR),
    (424, {"Message": "m"}, MODEL_ERROR),
    (400, {"Message": "no endpoint of this name"}, {"x-amzn-ErrorType": "ValidationError"}),
    (503, {"Message": "busy"}, {"x-amzn-ErrorType": "ServiceUnavailable"}),
    (500, {"Message": "oh"}, {"x-amzn-ErrorType": "InternalFailure"}),
    (429, {"Message": "loading"}, {"x-amzn-ErrorType": "ModelNotReadyException"}),
]


@pytest.mark.parametrize("failure", RELEASE_FAULTS)
def test_the_releases_fault_is_a_502_with_the_inference_id(
    flights_call: Call, flights_api: PlatformApi, failure: tuple[int, dict[str, Any], dict[str, str]]
) -> None:
    flights_api.failure = failure
    assert proxy(flights_call(event(ROW)), 502)["inferenceId"] == "id-1"


def test_an_endpoint_that_is_gone_is_a_502(flights: Container, flights_api: PlatformApi) -> None:
    gone = PlatformApi(address="http://127.0.0.1:9")
    with function(flights, gone, flights.user_data) as call:
        proxy(call(event(ROW)), 502)


@pytest.mark.parametrize("odd", [{}, {"headers": None, "body": None}, {"requestContext": None, "headers": {}}])
def test_an_odd_event_still_gets_a_valid_answer(flights_call: Call, odd: dict[str, Any]) -> None:
    assert flights_call(odd)["statusCode"] == 400


def test_a_picture_is_named(digits_call: Call, digits: Container) -> None:
    samples = digits.project / "samples"
    picture, embedded = (samples / "four.png").read_bytes(), (samples / "request.json").read_text()
    found = proxy(digits_call(event(picture, "image/png")), 200)["predictions"]
    assert [each["digit"] for each in found] == [4]
    assert found[0]["label"] == "four"
    assert found == proxy(digits_call(event(embedded, JSON, "*/*")), 200)["predictions"]
    as_csv = proxy(digits_call(event(picture, "image/png", CSV)), 200)
    assert as_csv.strip() == f"4,four,{found[0]['probability']}"


def test_grey_values_are_named_too(digits_call: Call, digits: Container) -> None:
    sample = json.loads((digits.user_data / "sample.json").read_text())
    answer = proxy(digits_call(event("\n".join(sample["rows"]))), 200)
    assert [each["digit"] for each in answer["predictions"]] == [int(row[0]) for row in sample["predictions"]]
    values = [float(text) for text in sample["rows"][0].split(",")]
    assert proxy(digits_call(event(json.dumps({"features": values}), JSON)), 200)["predictions"][0] == {
        **answer["predictions"][0], "probability": pytest.approx(answer["predictions"][0]["probability"])
    }  # fmt: skip


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, digits: Container) -> dict[str, bytes]:
    """Return pictures by what is special about them, made from the sample in the function's environment."""
    folder = tmp_path_factory.mktemp("pictures")
    python = environment(digits.project / "function" / "requirements.lock") / "bin" / "python"
    script = Path(__file__).parent / "make_pictures.py"
    sample = digits.project / "samples" / "four.png"
    subprocess.run([str(python), "-W", "error", str(script), str(sample), str(folder)], check=True, timeout=60)
    return {path.stem: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("form", ["small", "large", "inverted", "colour", "transparent", "palette", "wide"])
def test_any_form_of_the_picture_is_the_same_digit(digits_call: Call, pictures: dict[str, bytes], form: str) -> None:
    found = proxy(digits_call(event(pictures[form], "image/png")), 200)["predictions"]
    assert found[0]["label"] == "four"


@pytest.mark.parametrize(
    ("form", "status"), [("too_large", 413), ("bomb", 413), ("cut", 400), ("jpeg", 400), ("sixteen_bits", 400)]
)
def test_what_is_no_small_png_is_refused(digits_call: Call, pictures: dict[str, bytes], form: str, status: int) -> None:
    assert proxy(digits_call(event(pictures[form], "image/png")), status)["message"]


def test_a_picture_that_is_not_base64_is_refused(digits_call: Call) -> None:
    assert "base64" in proxy(digits_call(event('{"image": "?"}', JSON)), 400)["message"]
    assert "base64" in proxy(digits_call(event('{"image": 5}', JSON)), 400)["message"]


HOOK = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "h-1"}


@pytest.mark.parametrize("hook", ["pre_traffic_hook", "post_traffic_hook"])
@pytest.mark.parametrize("project", ["flights", "digits"])
def test_a_hook_asks_the_model_and_tells_codedeploy(request: pytest.FixtureRequest, project: str, hook: str) -> None:
    call, api = request.getfixturevalue(f"{project}_call"), request.getfixturevalue(f"{project}_api")
    before = len(api.invocations)
    assert call(HOOK, hook)["status"] == "Succeeded"
    assert len(api.invocations) > before
    assert api.verdicts[-1] == {
        "target": "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus",
        "deploymentId": "d-1", "lifecycleEventHookExecutionId": "h-1", "status": "Succeeded",
    }  # fmt: skip


@pytest.mark.parametrize("hook", ["pre_traffic_hook", "post_traffic_hook"])
def test_a_hook_fails_when_the_model_does(flights_call: Call, flights_api: PlatformApi, hook: str) -> None:
    flights_api.failure = RELEASE_FAULTS[0]
    assert flights_call(HOOK, hook)["status"] == "Failed"
    assert flights_api.verdicts[-1]["status"] == "Failed"


@pytest.mark.parametrize("hook", ["pre_traffic_hook", "post_traffic_hook"])
def test_a_hook_fails_when_another_model_answers(
    flights: Container, flights_api: PlatformApi, tmp_path: Path, hook: str
) -> None:
    sample = json.loads((flights.user_data / "sample.json").read_text())
    sample["predictions"][-1] += 0.01
    (tmp_path / "sample.json").write_text(json.dumps(sample))
    with function(flights, flights_api, tmp_path) as call:
        answer = call(HOOK, hook)
    assert answer["status"] == "Failed"
    assert "this release's model says" in answer["reason"]


def test_a_hook_fails_when_there_is_nothing_to_ask_with(
    flights: Container, flights_api: PlatformApi, tmp_path: Path
) -> None:
    with function(flights, flights_api, tmp_path) as call:
        assert "FileNotFoundError" in call(HOOK, "pre_traffic_hook")["reason"]
