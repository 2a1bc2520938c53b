"""kill -9 at random moments of puts: every object is whole, old or new, and nothing else stays."""

import hashlib
import json
import random
import subprocess
import sys
import threading
import time

from shipway.targets.local.store import Store
from waiting import until

KILLS = 25

# Each put writes a body that begins with its own hash; a line on stdout says that put returned.
WRITER = """
import hashlib, json, os, sys
from pathlib import Path
from shipway.targets.local.store import Store
store = Store(Path(sys.argv[1]))
number = 0
while True:
    body = os.urandom(300_000)
    version = store.put("data", f"k{number % 5}", hashlib.sha256(body).digest() + body)
    print(json.dumps([version.key, version.version]), flush=True)
    number += 1
"""


def killed_writer(store, rng):
    """Run a writer, kill it at a random moment after its first put, and return what it says it has put."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(store.root)], stdout=subprocess.PIPE, text=True) as writer:
        lines = [writer.stdout.readline()]
        more = threading.Thread(target=lambda: lines.extend(writer.stdout))
        more.start()
        moment = time.monotonic() + rng.uniform(0, 0.05)
        until(lambda: time.monotonic() >= moment)
        writer.kill()
        more.join()
    return [json.loads(line) for line in lines if line.endswith("\n")]


def whole(body):
    return hashlib.sha256(body[32:]).digest() == body[:32]


def test_a_kill_leaves_whole_objects_and_what_was_acknowledged(store):
    rng = random.Random(4)  # noqa: S311 (moments, not secrets)
    acknowledged = []
    staged = 0
    for _ in range(KILLS):
        acknowledged += killed_writer(store, rng)
        staged += len(list(store.blobs.staging.iterdir()))
    again = Store(store.root)
    assert list(again.blobs.staging.iterdir()) == []
    versions = list(again.versions("data"))
    assert {(version.key, version.version) for version in versions} >= set(map(tuple, acknowledged))
    assert all(whole(again.read("data", version.key, version.version)) for version in versions)
    assert {(event.key, event.version) for event in again.events(limit=10**6)} == {(v.key, v.version) for v in versions}
    again.collect()
    assert len(list(again.blobs.names())) == len(versions)
    assert staged > 0, "no kill met a put in the middle: the test proves nothing"
    again.close()


def test_the_old_version_is_readable_while_and_after_a_put_is_killed(store):
    store.put("data", "k", b"old")
    script = (
        "import sys; from pathlib import Path; from shipway.targets.local.store import Store\n"
        "store = Store(Path(sys.argv[1])); store.put('data', 'k', sys.stdin.buffer)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(store.root)], stdin=subprocess.PIPE, bufsize=0) as writer:
        writer.stdin.write(b"x" * 3_000_000)
        until(lambda: any(file.stat().st_size for file in store.blobs.staging.iterdir()))
        assert Store(store.root).read("data", "k") == b"old"
        assert list(store.blobs.staging.iterdir()), "a live writer's file was swept"
        writer.kill()
        writer.wait()
    assert store.read("data", "k") == b"old"
    assert store.collect().leftovers == 1
    assert [version.size for version in store.versions("data")] == [3]
