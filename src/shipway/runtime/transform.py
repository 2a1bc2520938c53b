"""Asks a model's `serve` for every record of a transform job's input, from inside the job; needs nothing but Python.

Run as `python transform.py <serve command...>`; reads /opt/ml/transform/plan.json. Exit code 1 with a reason in
/opt/ml/output/failure when the model does not come up or refuses a record.
"""

import csv
import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path("/opt/ml")
PORT = 8080
READY_SECONDS = 240
SLICE = re.compile(r"\$\[(-?\d*):(-?\d*)\]")

Plan = dict[str, Any]
Ask = Callable[[bytes], bytes]
Record = tuple[int, bytes]  # the number of its line in the file, and the line
SKIPPED_LINES = "SHIPWAY_SKIPPED_LINES"  # as shipway.domain.batch has it; an image need not have Shipway


class TransformFailed(Exception):
    """Why the job can't go on, in one sentence."""


class NoAnswer(TransformFailed):
    """The model did not answer at all, which says nothing about the records."""


def batches(lines: Sequence[bytes], most: int, single: bool) -> Iterator[list[bytes]]:
    """Yield groups of lines whose text is at most `most` bytes (0 for no limit), or each line alone.

    Raises TransformFailed for a single line that is longer.
    """
    group: list[bytes] = []
    size = 0
    for number, line in enumerate(lines, 1):
        if most and len(line) > most:
            raise TransformFailed(f"line {number} has {len(line)} bytes, MaxPayloadInMB allows {most}")
        if group and (single or (most and size + len(line) + 1 > most)):
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line) + 1
    if group:
        yield group


def select(record: bytes, rule: str) -> bytes:
    """Return what a filter leaves of one record: a CSV line by position, a JSON object by name."""
    if rule == "$":
        return record
    if rule.startswith("$."):
        return json.dumps(json.loads(record)[rule[2:]]).encode()
    cells = next(csv.reader([record.decode()]))
    found = SLICE.fullmatch(rule)
    if found:
        chosen = cells[slice(int(found[1]) if found[1] else None, int(found[2]) if found[2] else None)]
    else:
        chosen = [cells[int(rule[2:-1])]]
    return _row(chosen)


def join(record: bytes, answer: bytes) -> bytes:
    """Return the input record with its answer: columns appended, or the field SageMakerOutput of a JSON object."""
    if record.lstrip().startswith(b"{"):
        return json.dumps({**json.loads(record), "SageMakerOutput": json.loads(answer)}).encode()
    return record + b"," + answer


def transform(content: bytes, plan: Plan, ask: Ask, skipped: int = 0) -> bytes:
    """Return the output file of one input file.

    Without SplitType the file is one request. With it, lines are sent in batches, several at a time if the plan says
    so, and answers are taken line by line when they have to be filtered or joined to their records.
    skipped: lines that stood before the content. Raises TransformFailed, which names the line.
    """
    if plan["split"] == "None":
        return _assemble([_finished(content, ask(select(content, plan["input_filter"])), plan)], plan)
    numbered = [(number, line) for number, line in enumerate(content.splitlines(), 1 + skipped) if line.strip()]
    groups = _numbered(numbered, plan)
    with ThreadPoolExecutor(max_workers=plan["concurrent"]) as pool:
        tasks = [pool.submit(_group, group, plan, ask) for group in groups]
        try:
            return _assemble([answer for task in tasks for answer in task.result()], plan)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _numbered(numbered: Sequence[Record], plan: Plan) -> list[Sequence[Record]]:
    """Return the lines in the groups in which they are sent, each with its number."""
    groups: list[Sequence[Record]] = []
    at = 0
    for group in batches([line for _, line in numbered], plan["payload"], plan["batch"] == "SingleRecord"):
        groups.append(numbered[at : at + len(group)])
        at += len(group)
    return groups


def _group(group: Sequence[Record], plan: Plan, ask: Ask) -> list[bytes]:
    """Return the answers of one request. Raises TransformFailed with the first line that the model refuses."""
    try:
        return _by_line(group, ask(_payload(group, plan)), plan)
    except (TransformFailed, ValueError, KeyError, IndexError) as error:
        first, last = group[0][0], group[-1][0]
        if isinstance(error, NoAnswer):
            raise NoAnswer(f"lines {first} to {last}: {error}") from error
        if first == last:
            raise TransformFailed(f"line {first}: {_reason(error)}") from error
        middle = len(group) // 2  # which of them is it? halves tell, with few further requests
        for half in (group[:middle], group[middle:]):
            _group(half, plan, ask)
        raise TransformFailed(f"lines {first} to {last} together: {_reason(error)}") from error


def _payload(group: Sequence[Record], plan: Plan) -> bytes:
    return b"\n".join(select(line, plan["input_filter"]) for _, line in group) + b"\n"


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, TransformFailed) else f"it is not what a filter expects: {error!r}"


def _by_line(group: Sequence[Record], answer: bytes, plan: Plan) -> list[bytes]:
    if plan["join"] == "None" and plan["output_filter"] == "$":
        return [answer]
    parts = [answer] if len(group) == 1 else answer.splitlines()
    if len(parts) != len(group):
        raise TransformFailed(f"{len(group)} records were sent in one request, {len(parts)} answers came back")
    return [_finished(record, part.rstrip(b"\r\n"), plan) for (_, record), part in zip(group, parts, strict=True)]


def _finished(record: bytes, answer: bytes, plan: Plan) -> bytes:
    joined = join(record, answer) if plan["join"] == "Input" else answer
    return select(joined, plan["output_filter"])


def _assemble(answers: Sequence[bytes], plan: Plan) -> bytes:
    if plan["assemble"] == "Line":
        return b"".join(answer.rstrip(b"\n") + b"\n" for answer in answers)
    return b"".join(answers)


def _row(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue().encode()


def asker(plan: Plan) -> Ask:
    """Return a function that posts one payload to the model and returns its answer."""

    def ask(payload: bytes) -> bytes:
        headers = {"Content-Type": plan["content_type"], "X-Amzn-SageMaker-Transform": "1"}
        if plan["accept"]:
            headers["Accept"] = plan["accept"]
        for left in range(plan["retries"], -1, -1):
            status, answer = _post(payload, headers, plan["seconds"])
            if status == 200:
                return answer
            if not left or 0 < status < 500:
                break
        if not status:
            raise NoAnswer(f"the model did not answer: {answer.decode(errors='replace')}")
        raise TransformFailed(f"the model answered {status}: {answer[:300].decode(errors='replace')}")

    return ask


def _post(payload: bytes, headers: dict[str, str], seconds: float) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=seconds)
    try:
        connection.request("POST", "/invocations", payload, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        return 0, f"{type(error).__name__}: {error}".encode()
    finally:
        connection.close()


def await_ready(server: "subprocess.Popen[bytes]", seconds: float = READY_SECONDS) -> None:
    """Return when `serve` answers its ping. Raises TransformFailed when it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise TransformFailed(f"serve ended with exit code {server.returncode} before it answered /ping")
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
        try:
            connection.request("GET", "/ping")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise TransformFailed(f"serve did not answer /ping within {seconds:g} s")


def _files(folder: Path, plan: Plan, ask: Ask) -> None:
    """Transform every input file, and say how far it is. Raises TransformFailed, which names file and line."""
    skipped = int(os.environ.get(SKIPPED_LINES, "0"))
    sources = sorted(path for path in (folder / "input").rglob("*") if path.is_file())
    for number, source in enumerate(sources, 1):
        began, name = time.monotonic(), source.relative_to(folder / "input").as_posix()
        print(f"file {number} of {len(sources)}: {name} ...", flush=True)
        target = folder / "output" / f"{name}.out"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.write_bytes(transform(source.read_bytes(), plan, ask, skipped))
        except (TransformFailed, ValueError, KeyError, IndexError) as error:
            raise TransformFailed(f"{name}: {_reason(error)}") from error
        print(f"file {number} of {len(sources)}: {name} done in {time.monotonic() - began:.1f} s", flush=True)


def main(command: Sequence[str]) -> int:
    """Transform every input file; return the exit code."""
    folder = ROOT / "transform"
    plan = json.loads((folder / "plan.json").read_text())
    server = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        await_ready(server)
        _files(folder, plan, asker(plan))
    except TransformFailed as error:
        (ROOT / "output" / "failure").write_text(str(error))
        return 1
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
