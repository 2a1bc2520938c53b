"""The whole story in one command: real data, a trained and gated model, dev, approval, production, real requests."""

import http.client
import json
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from shipway.cli import bootstrap, words
from shipway.cli.table import print_table
from shipway.domain.approval import Decision
from shipway.domain.errors import ShipwayError
from shipway.domain.monitor import Window
from shipway.domain.pipeline import APPROVAL, Cause, CauseKind, Execution, ExecutionStatus, Stage, StageStatus, covered
from shipway.ports.target import Target
from shipway.project.create import create

APPROVER = "demo"
REQUESTS = 300
CLIENTS = 4
LOOK_SECONDS = 0.2
LATER = "rows-july.csv"
LATER_GAP = 0.006  # seconds between two: how clustered rows are is seen across seconds, so they must not all be of one
CAPTURED_SECONDS = 60


class DemoFailed(ShipwayError):
    """The demo did not reach an answering API."""

    message = "the demo stopped: {problem}"
    hint = "{remedy}"
    exit_code = 3


@dataclass(slots=True)
class Sent:
    """What the callers saw. milliseconds: of each request."""

    requests: int = 0
    failed: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Return a latency that this share of the requests stayed below, in milliseconds."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


@click.command(help="Run an example from an empty folder to an answering production API.")
@click.option(
    "--example", default="flights", show_default=True, type=click.Choice(["flights", "digits"]), help="Which example."
)
@click.option("--keep", is_flag=True, help="Leave everything running, and the project where it is.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the project is made; left out: a new folder.")
@click.option("--report", type=click.Path(path_type=Path), help="Also write what was shown, as JSON, into this file.")
def demo(*, example: str, keep: bool, folder: Path | None, report: Path | None) -> None:
    """Tell the story, then stop everything unless it is to be kept."""
    scratch = Path(tempfile.mkdtemp(prefix="shipway-demo-")) if folder is None else folder.absolute()
    project = scratch / example
    target: Target | None = None
    try:
        say(f"A project from the example {example}, with its real data")
        create(project, example=example, progress=detail)
        target = bootstrap.target("local", project)
        result = tell(target, project)
        if report is not None:
            report.write_text(json.dumps(result, indent=1) + "\n")
    finally:
        if not keep:
            if target is not None:
                target.down()
            if folder is None:
                shutil.rmtree(scratch, ignore_errors=True)
    if keep:
        say(f"Everything is left running in {project}")
        detail(f"stop it: shipway --project {project} down")
    else:
        say("Everything is stopped again; --keep leaves it running")


def tell(target: Target, project: Path) -> dict[str, object]:
    """Run the pipeline, ask production, print the tables; return what was shown."""
    say("The home of the project: store, gateway, control plane")
    health = target.up()
    stored = target.put(str(project / "data"), "")
    detail(f"{len(stored)} files, {words.size(sum(each.size for each in stored))} uploaded to {_folder(stored[0].uri)}")
    say("shipway start: source, build, train, dev, approval, production")
    execution = follow(target, target.start(Cause(kind=CauseKind.MANUAL, by=APPROVER, reason="demo")))
    stages = times(target, execution)
    print_table(
        ["stage", "seconds", "of which the platform's"],
        [[name, f"{total:.1f}", f"{overhead:.1f}"] for name, total, overhead in stages],
    )
    overhead = sum(own for _, _, own in stages)
    say(f"From start to an answering production API, without training and bake: {overhead:.1f} s")
    release = target.releases()[0]
    for name, value in release.bundle.metrics.items():
        detail(f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}")
    detail(release.bundle.gate)
    key = target.create_key(APPROVER)
    body, content_type, file = sample(project)
    say(f"{REQUESTS} requests with real rows through the public API")
    sent = send(health.api, key, bodies(project, body, content_type), content_type)
    detail(
        f"{sent.requests} sent, {sent.failed} failed; half answered within {sent.quantile(0.5):.1f} ms,"
        f" 95 % within {sent.quantile(0.95):.1f} ms"
    )
    say(f"The production API: {health.api}")
    curl = f"curl -X POST {health.api} -H 'x-api-key: {key}' -H 'content-type: {content_type}' --data-binary @{file}"
    click.echo(f"  {curl}")
    answer = target.invoke(body, content_type=content_type)
    detail(f"answers: {answer.body.decode(errors='replace')[:200].strip()}")
    detail(f"inference id {answer.headers.get('x-inference-id', '')}")
    if sent.failed:
        raise DemoFailed(problem=f"{sent.failed} of {sent.requests} requests failed", remedy="shipway logs gateway")
    drift = watch(target, project, health.api, key)
    return {
        "drift": drift,
        "stages": [{"stage": name, "seconds": total, "overhead": own} for name, total, own in stages],
        "overhead_seconds": overhead,
        "metrics": release.bundle.metrics,
        "gate": release.bundle.gate,
        "address": health.api,
        "curl": curl,
        "requests": sent.requests,
        "failed": sent.failed,
        "p50_ms": sent.quantile(0.5),
        "p95_ms": sent.quantile(0.95),
    }


def watch(target: Target, project: Path, address: str, key: str) -> list[str]:
    """Send what came a month later, and show which features have drifted; empty where an example has no such rows."""
    file = project / "samples" / LATER
    if not file.is_file():
        return []
    rows = [line + b"\n" for line in file.read_bytes().splitlines()]
    say(f"A month later: {len(rows):,} flights of July, captured and held against the training data")
    # Captured times are whole seconds: the window begins with one, so that nothing sent before is in it.
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    threading.Event().wait((begin - datetime.now(UTC)).total_seconds())
    sent = send(address, key, rows, "text/csv", gap=LATER_GAP)
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    detail(f"{sent.requests} sent, {sent.failed} failed; their records become a file of the capture bucket ...")
    if not finished(target):
        raise DemoFailed(problem="captured requests do not reach the bucket", remedy="shipway capture counts")
    view = target.monitor.analyse(Window(start=begin, end=end), by=APPROVER)
    detail(f"{view.run.verdict}: {view.run.sentence}")
    found = [each for each in view.analysis.features if each.source == "input"] if view.analysis else []
    for each in found:
        if each.standing == "drift":
            detail(each.sentence)
    detail("with the project kept running, this is an alarm, a notice, and one retraining")
    return [each.name for each in found if each.standing == "drift"]


def finished(target: Target) -> bool:
    """Return whether all captured records are in finished files, after waiting for it."""
    pause = threading.Event()
    for _ in range(int(CAPTURED_SECONDS / LOOK_SECONDS)):
        if not any(each.waiting for each in target.captures.counts()):
            return True
        pause.wait(LOOK_SECONDS)
    return False


def follow(target: Target, execution: Execution) -> Execution:
    """Show what happens until the execution has ended, approving on the way; returns it. Raises DemoFailed."""
    shown: dict[str, StageStatus] = {}
    pause = threading.Event()
    began = time.monotonic()
    while True:
        execution = target.execution(execution.id)
        for name, stage in flat(execution.stages):
            if shown.get(name) is not stage.status and stage.status is not StageStatus.PENDING:
                shown[name] = stage.status
                detail(f"{time.monotonic() - began:6.1f} s  {name}: {stage.status.value} {stage.message}".rstrip())
                if name == APPROVAL and stage.status is StageStatus.WAITING:
                    approve(target, execution)
        if execution.status.final:
            break
        pause.wait(LOOK_SECONDS)
    if execution.status is not ExecutionStatus.SUCCEEDED:
        raise DemoFailed(
            problem=f"execution {execution.id} {execution.status.value}: {execution.error}: {execution.error_cause}",
            remedy="shipway executions show",
        )
    return execution


def approve(target: Target, execution: Execution) -> None:
    """Say yes on behalf of whoever runs the demo, and say so."""
    approval = target.approval(execution.id)
    detail(f"          the demo approves release {approval.release} on your behalf; with your own project you decide")
    decision = Decision(approve=True, by=APPROVER, comment="approved by the demo", shown=approval.digest)
    target.decide(execution.id, decision)


def flat(stages: Sequence[Stage], above: str = "") -> list[tuple[str, Stage]]:
    """Return every stage and every state inside, with the path of its names."""
    found = []
    for stage in stages:
        name = f"{above}{stage.name}"
        found += [(name, stage), *flat(stage.steps, f"{name} / ")]
    return found


def times(target: Target, execution: Execution) -> list[tuple[str, float, float]]:
    """Return for each stage its seconds, and those of them in which no program of the user's jobs ran."""
    programs = [(job.ran_from, job.ran_to) for job in target.jobs(100) if job.ran_from and job.ran_to]
    found = []
    for stage in execution.stages:
        if stage.started is None or stage.ended is None:
            continue
        inside = [(max(a, stage.started), min(b, stage.ended)) for a, b in programs]
        total = (stage.ended - stage.started) / timedelta(seconds=1)
        busy = covered(inside) / timedelta(seconds=1)
        found.append((stage.name, round(total, 2), round(total - busy, 2)))
    return found


def sample(project: Path) -> tuple[bytes, str, Path]:
    """Return the example's sample request: body, content type, file."""
    for file in sorted((project / "samples").iterdir()):
        kind = {".csv": "text/csv", ".png": "image/png", ".json": "application/json"}.get(file.suffix)
        if kind:
            return file.read_bytes(), kind, file
    raise DemoFailed(problem=f"{project} has no samples", remedy="reinstall Shipway: the example is not whole")


def bodies(project: Path, body: bytes, content_type: str) -> list[bytes]:
    """Return one request a row of samples/rows.csv; where an example has none, its sample request as it is."""
    rows = project / "samples" / "rows.csv"
    if content_type != "text/csv" or not rows.is_file():
        return [body]
    return [line + b"\n" for line in rows.read_bytes().splitlines() if line.strip()]


def send(address: str, key: str, rows: Sequence[bytes], content_type: str, *, gap: float = 0.0) -> Sent:
    """Send each row, and at least REQUESTS requests, over CLIENTS kept connections; return what came back.

    gap: seconds from one request's beginning to the next one's; 0 is as fast as the answers come.
    """
    url = urllib.parse.urlsplit(address)
    sent, lock, pause = Sent(), threading.Lock(), threading.Event()
    requests, start = max(REQUESTS, len(rows)), time.monotonic()

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
        headers = {"x-api-key": key, "content-type": content_type}
        for each in range(number, requests, CLIENTS):
            pause.wait(max(0.0, start + each * gap - time.monotonic()))
            began = time.perf_counter()
            try:
                connection.request("POST", url.path, rows[each % len(rows)], headers)
                answer = connection.getresponse()
                answer.read()
                good = answer.status == 200
            except OSError:
                connection.close()
                good = False
            with lock:
                sent.requests += 1
                sent.failed += not good
                sent.milliseconds.append((time.perf_counter() - began) * 1000)
        connection.close()

    with ThreadPoolExecutor(max_workers=CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return sent


def say(text: str) -> None:
    """Print a heading of the story."""
    click.secho(f"\n{text}", bold=True)


def detail(text: str) -> None:
    """Print a line below a heading."""
    click.echo(f"  {text}")
    sys.stdout.flush()


def _folder(uri: str) -> str:
    return uri.rpartition("/")[0] + "/"


def run(arguments: Sequence[str]) -> int:
    """Run the demo as `./dev demo` does, where --json names the report; returns the exit code."""
    from shipway.cli.main import main  # noqa: PLC0415  the command imports this module when it is asked for

    return main(["demo", *("--report" if word == "--json" else word for word in arguments)])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
