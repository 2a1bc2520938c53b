"""Batches with a real job: header rows, joins, the line that is refused, and a control plane that dies."""

import sys
import threading
from collections.abc import Iterator

import pytest

import tiny
from bundles import bundle
from serving import model
from shipway.domain.batch import BatchInputMissing, BatchNeedsRelease, BatchNotFound, BatchRequest
from shipway.domain.release import ReleaseNotFound
from shipway.ports.batch import BatchView
from shipway.targets.local.batch import LocalBatches
from shipway.targets.local.wiring import Machine
from waiting import until
from workshop import DOCKERFILE

SERVE = """\
#!/usr/bin/env python3
import http.server, signal, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        try:
            sums = [sum(map(int, line.split(","))) for line in text.splitlines()]
        except ValueError as error:
            return self.answer(400, str(error).encode())
        self.answer(200, "".join(f"{each}\\n" for each in sums).encode())

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A project with release 1, whose model adds up each row's numbers."""
    folder = tiny.write(tmp_path_factory.mktemp("batch") / "tiny")
    machine = Machine(folder)
    context = folder / "serving"
    (context / "code").mkdir(parents=True)
    (context / "Dockerfile").write_text(DOCKERFILE.format(python=f"{sys.version_info.major}.{sys.version_info.minor}"))
    (context / "code" / "requirements.txt").write_text("")
    (context / "code" / "serve").write_text(SERVE)
    (context / "code" / "serve").chmod(0o755)
    image = machine.images.build("tiny", context)
    for bucket in ("tiny-data", "tiny-artifacts"):
        machine.store.create_bucket(bucket)
    machine.store.upload(model(folder / "model.tar.gz", "adds"), "s3://tiny-artifacts/model.tar.gz")
    made = bundle(image=image.uri, model="s3://tiny-artifacts/model.tar.gz")
    machine.ledger.create(made, execution="tiny-1", attempt="one")
    for name, text in {
        "good/a.csv": "x,y\n1,2\n3,4\n",
        "good/deep/b.csv": "x,y\n5,6\n",
        "plain/c.csv": "1,1\n2,2\n3,3\n",
        "bad/d.csv": "x,y\n1,2\n\n7,8\n3,many\n5,5\n",
        "mixed/e.csv": "x,y\n1,2\n",
        "mixed/f.csv": "y,x\n1,2\n",
    }.items():
        machine.store.put("tiny-data", name, text.encode())
    return machine


@pytest.fixture
def batches(machine: Machine) -> Iterator[LocalBatches]:
    """Batches, and an engine that carries them out."""
    stop = threading.Event()
    engine = threading.Thread(target=machine.engine.run, args=(stop,))
    engine.start()
    try:
        yield machine.batches(lambda: None)
    finally:
        stop.set()
        engine.join()


def ended(batches: LocalBatches, name: str) -> BatchView:
    """Return a batch once it has ended."""
    until(lambda: batches.get(name).final, 60)
    return batches.get(name)


def text(machine: Machine, uri: str) -> str:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return machine.store.read(bucket, key).decode()


def test_rows_and_answers_are_joined_under_one_header(machine: Machine, batches: LocalBatches) -> None:
    request = BatchRequest(
        input="s3://tiny-data/good/",
        output="s3://tiny-data/out/",
        release=1,
        header=True,
        columns=("sum",),
        join="Input",
        concurrent=4,
        strategy="SingleRecord",
    )
    done = ended(batches, batches.start(request, by="ada").name)
    assert (done.status, done.reason) == ("succeeded", "")
    assert done.files == ("s3://tiny-data/out/a.csv", "s3://tiny-data/out/deep/b.csv")
    assert text(machine, done.files[0]) == "x,y,sum\n1,2,3\n3,4,7\n"
    assert text(machine, done.files[1]) == "x,y,sum\n5,6,11\n"
    assert batches.list()[0].name == done.name
    assert "file 2 of 2: deep/b.csv done" in "\n".join(machine.jobs.logs(done.name))


def test_plain_answers_have_the_name_of_their_file_and_out(machine: Machine, batches: LocalBatches) -> None:
    done = ended(batches, batches.start(BatchRequest(input="s3://tiny-data/plain/", release=1), by="ada").name)
    assert done.files == (f"s3://tiny-artifacts/batches/{done.name}/output/c.csv.out",)
    assert text(machine, done.files[0]) == "2\n4\n6\n"


def test_the_file_and_the_line_that_the_model_refuses_are_named(batches: LocalBatches) -> None:
    request = BatchRequest(input="s3://tiny-data/bad/", release=1, header=True)
    failed = ended(batches, batches.start(request, by="ada").name)
    assert failed.status == "failed"
    assert failed.reason.startswith("d.csv: line 5: the model answered 400: invalid literal for int()")
    assert failed.files == ()


def test_files_with_other_columns_are_not_mixed(batches: LocalBatches) -> None:
    request = BatchRequest(input="s3://tiny-data/mixed/", release=1, header=True)
    failed = ended(batches, batches.start(request, by="ada").name)
    assert failed.reason.startswith("mixed/f.csv begins with other columns than mixed/e.csv: y, x")


def test_what_is_not_there_is_told_before_anything_starts(batches: LocalBatches) -> None:
    good = BatchRequest(input="s3://tiny-data/good/")
    with pytest.raises(BatchNeedsRelease):
        batches.start(good, by="ada")
    with pytest.raises(ReleaseNotFound):
        batches.start(BatchRequest(input=good.input, release=9), by="ada")
    for uri in ("s3://tiny-data/none/", "s3://nowhere/", "s3://tiny-data/goo"):
        with pytest.raises(BatchInputMissing):
            batches.start(BatchRequest(input=uri, release=1), by="ada")
    with pytest.raises(BatchNotFound):
        batches.get("tiny-batch-99")


def test_one_that_was_stopped_stores_nothing(machine: Machine) -> None:
    batches = machine.batches(lambda: None)  # nobody carries it out yet
    begun = batches.start(BatchRequest(input="s3://tiny-data/plain/", release=1), by="ada")
    assert begun.status in ("queued", "running")
    stopped = batches.stop(begun.name, by="bob")
    assert (stopped.status, stopped.reason) == ("stopped", "stopped by bob")
