"""Many writers at once, in threads and processes; the collector among them."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shipway.domain.store.errors import ObjectNotFound, PreconditionFailed, StoreError
from shipway.targets.local.store import Store
from waiting import until

INCREMENT = """
import sys
from pathlib import Path
from shipway.domain.store.errors import PreconditionFailed
from shipway.targets.local.store import Store
store = Store(Path(sys.argv[1]))
for _ in range(10):
    while True:
        found = store.head("data", "counter")
        number = int(store.read("data", "counter", found.version))
        try:
            store.put("data", "counter", str(number + 1).encode(), if_match=found.etag)
            break
        except PreconditionFailed:
            pass
"""


def test_of_many_that_create_one_wins(store):
    def create(number):
        try:
            return store.put("data", "k", str(number).encode(), if_none_match="*")
        except PreconditionFailed:
            return None

    with ThreadPoolExecutor(16) as pool:
        won = [version for version in pool.map(create, range(64)) if version]
    assert len(won) == 1
    assert [version.version for version in store.versions("data")] == [won[0].version]


def test_no_increment_is_lost_between_processes(store):
    store.put("data", "counter", b"0")
    writers = [subprocess.Popen([sys.executable, "-c", INCREMENT, str(store.root)]) for _ in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    assert store.read("data", "counter") == b"40"


def test_the_collector_never_takes_what_a_put_is_about_to_refer_to(store):
    """Writers put and remove the same few contents all the time, so that blobs become garbage and are wanted again."""
    stop = threading.Event()
    bodies = [bytes([number]) * 100 for number in range(3)]

    def write(number):
        for turn in range(60):
            body = bodies[(number + turn) % 3]
            version = store.put("data", f"k{number}", body)
            assert store.read("data", f"k{number}", version.version) == body
            store.delete("data", f"k{number}", version.version)

    def collect():
        count = 0
        while not stop.is_set():
            count += store.collect().blobs
        return count

    with ThreadPoolExecutor(8) as pool:
        collectors = [pool.submit(collect) for _ in range(2)]
        for writer in [pool.submit(write, number) for number in range(6)]:
            writer.result()
        stop.set()
        assert sum(collector.result() for collector in collectors) > 0
    store.collect()
    assert list(store.blobs.names()) == []


def test_a_reader_beside_removal_and_collection_sees_a_whole_object_or_none(store):
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            version = store.put("data", "k", os.urandom(10) * 1000)
            store.delete("data", "k", version.version)
            store.collect()

    seen = {"there": 0, "away": 0}

    def both_often():
        try:
            body = store.read("data", "k")
        except ObjectNotFound:
            seen["away"] += 1
        else:
            assert body == body[:10] * 1000
            seen["there"] += 1
        return min(seen.values()) >= 50

    with ThreadPoolExecutor(1) as pool:
        churning = pool.submit(churn)
        try:
            until(both_often, 60, "it was there and away often", pause=0)
        finally:
            stop.set()
        churning.result()


def test_events_are_seen_in_order_while_they_are_written(store):
    seen = []
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(store.put, "data", f"k{number}", b"") for number in range(40)]
        while len(seen) < 40:
            seen += store.events(after=seen[-1].number if seen else 0, limit=7)
    assert sorted(event.key for event in seen) == sorted(f"k{number}" for number in range(40))
    assert all(future.done() for future in writing)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_may_go_on_with_the_store(store):
    store.put("data", "parent", b"1")
    child = os.fork()
    if not child:
        try:
            store.put("data", "child", b"2")
            os._exit(0)
        except StoreError:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert json.dumps([version.key for version in store.list("data")]) == '["child", "parent"]'
    store.put("data", "parent", b"3")


def test_a_leaked_staging_file_of_a_live_writer_is_never_swept(store):
    with store.blobs.stage() as staged:
        staged.write(b"x")
        assert Store(store.root).collect().leftovers == 0
        assert staged.path.exists()
