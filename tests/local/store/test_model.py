"""Random histories, against a plain model in memory: versions, markers, listings, collection."""

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shipway.domain.store.errors import PreconditionFailed, StoreError
from shipway.domain.store.object import Versioning
from shipway.targets.local.store import Store

KEYS = st.sampled_from(["a", "a/b", "a/c", "b", "ü", "\U0001f600", "\uffff"])
BODIES = st.sampled_from([b"", b"one", b"two"])
NEWEST = st.integers(0, 3)


class Model:
    """key -> [(version, body or None for a marker)], newest first."""

    def __init__(self):
        self.versioning = Versioning.OFF
        self.keys = {}

    def add(self, key, version, body):
        found = [entry for entry in self.keys.get(key, []) if version != "null" or entry[0] != "null"]
        self.keys[key] = [(version, body), *found]

    def remove(self, key, version):
        self.keys[key] = [entry for entry in self.keys.get(key, []) if entry[0] != version]

    def current(self, key):
        found = self.keys.get(key) or [("", None)]
        return found[0][1]

    def versions(self):
        keys = sorted((key for key in self.keys if self.keys[key]), key=str.encode)
        return [(key, *entry) for key in keys for entry in self.keys[key]]


class Histories(RuleBasedStateMachine):
    @initialize()
    def start(self):
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder)
        self.store.create_bucket("data", versioning=False)
        self.model = Model()

    def teardown(self):
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(versioning=st.sampled_from([Versioning.ENABLED, Versioning.SUSPENDED]))
    def switch(self, versioning):
        self.store.set_versioning("data", versioning)
        self.model.versioning = versioning

    @rule(key=KEYS, body=BODIES)
    def put(self, key, body):
        version = self.store.put("data", key, body).version
        assert (version == "null") == (self.model.versioning is not Versioning.ENABLED)
        self.model.add(key, version, body)

    @rule(key=KEYS, body=BODIES)
    def create(self, key, body):
        if self.model.current(key) is None:
            self.model.add(key, self.store.put("data", key, body, if_none_match="*").version, body)
        else:
            with pytest.raises(PreconditionFailed):
                self.store.put("data", key, body, if_none_match="*")

    @rule(key=KEYS)
    def delete(self, key):
        done = self.store.delete("data", key)
        if self.model.versioning is Versioning.OFF:
            self.model.remove(key, "null")
        else:
            self.model.add(key, done.version, None)

    @rule(key=KEYS, which=NEWEST)
    def delete_version(self, key, which):
        found = self.model.keys.get(key, [])
        version = found[which][0] if which < len(found) else "nosuch"
        self.store.delete("data", key, version)
        self.model.remove(key, version)

    @rule(source=KEYS, onto=KEYS)
    def copy(self, source, onto):
        body = self.model.current(source)
        if body is None or source == onto:
            with pytest.raises(StoreError):
                self.store.copy(("data", source, None), ("data", onto))
            return
        _, added = self.store.copy(("data", source, None), ("data", onto))
        self.model.add(onto, added.version, body)

    @rule()
    def collect(self):
        self.store.collect()
        bodies = {entry[2] for entry in self.model.versions() if entry[2] is not None}
        assert len(list(self.store.blobs.names())) == len(bodies)

    @rule()
    def open_again(self):
        self.store.close()
        self.store = Store(self.folder)

    @invariant()
    def same(self):
        if not hasattr(self, "store"):
            return
        found = list(self.store.versions("data"))
        told = [
            (v.key, v.version, None if v.delete_marker else self.store.read("data", v.key, v.version)) for v in found
        ]
        assert told == self.model.versions()
        newest = [key for key in sorted(self.model.keys, key=str.encode) if self.model.current(key) is not None]
        assert [version.key for version in self.store.list("data")] == newest
        assert [v.key for v in found if v.latest] == [
            k for k in sorted(self.model.keys, key=str.encode) if self.model.keys[k]
        ]


def test_random_histories_match_the_model():
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
