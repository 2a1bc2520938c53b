"""Endpoints of this machine: the image's own server, sandboxed, behind the runtime API."""

import http.client
import io
import os
import signal
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from serving import SERVE, Plane, Reply, image, model, plane, post
from shipway.domain.endpoint import EndpointExists, EndpointFailed, EndpointNameInvalid, EndpointNotFound, ModelUnsafe
from shipway.targets.local.endpoint.unpack import unpack
from shipway.targets.local.images.image import Image
from shipway.targets.local.supervise.launch import born
from waiting import until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane without endpoints."""
    with plane(tmp_path_factory.mktemp("endpoints") / ".shipway") as started:
        yield started


def server(folder: Path, *, binds_to_port: bool = True) -> Image:
    return image(folder, {"serve": SERVE}, target="/opt/program", binds_to_port=binds_to_port)


def invoke(running: Plane, name: str, body: bytes) -> Reply:
    return post(f"{running.gateway.runtime_address}/endpoints/{name}/invocations", body, {"content-type": "text/csv"})


def retried(running: Plane, name: str) -> Reply:
    """Ask as boto3 does: no answer and 503 are tried again, three times in all."""
    for _ in range(2):
        with suppress(http.client.RemoteDisconnected):
            reply = invoke(running, name, b"1")
            if reply.status != 503:
                return reply
    return invoke(running, name, b"1")


@pytest.mark.parametrize("binds_to_port", [True, False])
def test_an_endpoint_answers_until_it_is_deleted(running: Plane, tmp_path: Path, binds_to_port: bool) -> None:
    one, two = ("direct-1", "direct-2") if binds_to_port else ("relayed-1", "relayed-2")
    serve = server(tmp_path / "image", binds_to_port=binds_to_port)
    for name in (one, two):  # beside each other: each has its own port 8080, or is told another
        running.endpoints.create(name, serve, model(tmp_path / f"{name}.tar.gz", name), {"COLOR": "red"})
    assert invoke(running, one, b"1,2").body == f"{one}::1,2".encode()
    assert invoke(running, two, b"3" * 500_000).body == f"{two}::".encode() + b"3" * 500_000
    assert running.endpoints.describe(one).status == "InService"
    assert {one, two} <= {each.name for each in running.endpoints.list()}
    pids = [running.supervisor.pid(name) for name in running.supervisor.states() if name.startswith("ep-")]
    running.endpoints.delete(one)
    running.endpoints.delete(two)
    running.endpoints.delete(two)
    assert not any(map(born, pids))
    assert invoke(running, one, b"1").status == 400
    assert "ended by itself" in running.supervisor.tail(f"ep-{one}-0")
    with pytest.raises(EndpointNotFound):
        running.endpoints.describe(one)


def test_a_second_create_attaches_and_another_model_is_refused(running: Plane, tmp_path: Path) -> None:
    serve = server(tmp_path / "image")
    archive = model(tmp_path / "m.tar.gz", "m")
    running.endpoints.create("same", serve, archive)
    pid = running.supervisor.pid("ep-same-0")
    running.endpoints.create("same", serve, archive)
    assert running.supervisor.pid("ep-same-0") == pid
    with pytest.raises(EndpointExists, match="another model"):
        running.endpoints.create("same", serve, model(tmp_path / "other.tar.gz", "other"))
    running.endpoints.delete("same")


def test_one_of_two_servers_may_die(running: Plane, tmp_path: Path) -> None:
    running.endpoints.create("pair", server(tmp_path / "image"), model(tmp_path / "m.tar.gz", "pair"), instances=2)
    os.kill(running.supervisor.pid("ep-pair-1"), signal.SIGKILL)
    assert [retried(running, "pair").status for _ in range(50)] == [200] * 50
    until(lambda: running.supervisor.state("ep-pair-1") == "running")
    running.endpoints.delete("pair")


def test_a_server_that_fails_says_why_and_is_gone(running: Plane, tmp_path: Path) -> None:
    with pytest.raises(EndpointFailed, match="the model does not load"):
        running.endpoints.create("broken", server(tmp_path / "image"), model(tmp_path / "m.tar.gz", "broken"))
    assert not [name for name in running.supervisor.states() if name.startswith("ep-broken")]
    with pytest.raises(EndpointNotFound):
        running.endpoints.describe("broken")
    assert not (running.home / "endpoints" / "broken").exists()


def test_a_wrong_name_is_refused(running: Plane, tmp_path: Path) -> None:
    with pytest.raises(EndpointNameInvalid):
        running.endpoints.create("../up", server(tmp_path / "image"), model(tmp_path / "m.tar.gz", "m"))


def member(name: str, **about: object) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    for key, value in about.items():
        setattr(entry, key, value)
    return entry


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (member("/etc/passwd"), "leads outside"),
        (member("a/../../b"), "leads outside"),
        (member("out", type=tarfile.SYMTYPE, linkname="/etc"), "leads outside"),
        (member("a/out", type=tarfile.SYMTYPE, linkname="../../b"), "leads outside"),
        (member("out", type=tarfile.LNKTYPE, linkname="../b"), "leads outside"),
        (member("disk", type=tarfile.BLKTYPE), "neither file nor folder"),
        (member("pipe", type=tarfile.FIFOTYPE), "neither file nor folder"),
    ],
)
def test_an_unsafe_model_is_not_unpacked(tmp_path: Path, entry: tarfile.TarInfo, problem: str) -> None:
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as tar:
        tar.addfile(entry, io.BytesIO(b""))
    with pytest.raises(ModelUnsafe, match=problem):
        unpack(tmp_path / "m.tar.gz", tmp_path / "model")
    assert not list((tmp_path / "model").iterdir())


def test_a_link_is_no_way_out_for_what_follows(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as tar:
        tar.addfile(member("a", type=tarfile.SYMTYPE, linkname="b/.."))
        tar.addfile(member("a/file"), io.BytesIO(b""))
    with pytest.raises(ModelUnsafe):
        unpack(tmp_path / "m.tar.gz", tmp_path / "model")


def test_what_is_no_archive_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "m.tar.gz").write_bytes(b"nothing")
    with pytest.raises(ModelUnsafe, match="cannot be read"):
        unpack(tmp_path / "m.tar.gz", tmp_path / "model")


def test_a_model_packed_as_a_whole_folder_is_plain(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "model.json").write_text("{}")
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "made", arcname=".")
    unpack(tmp_path / "m.tar.gz", tmp_path / "model")
    assert (tmp_path / "model" / "model.json").read_text() == "{}"
