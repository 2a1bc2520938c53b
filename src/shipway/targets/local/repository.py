"""The project's git repository over HTTP, by git's own `git http-backend`; see `ports.repository`.

Source: git's manual, "git-http-backend" and "gitprotocol-http". The environment is made here, so that nothing of the
control plane's own gets into hooks; objects that come are checked before they are kept.
"""

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import BinaryIO, cast

from shipway.ports.repository import GitAnswer, GitRequest, RepositoryMissing, Service
from shipway.targets.local.home import Home

SECONDS = 600  # for one request; a client that waits longer has to fetch less at once
GIT_SECONDS = 10
OPTIONS = ("http.getanyfile=false", "receive.fsckObjects=true", "transfer.hideRefs=refs/shipway")
SPOOLED = 1 << 20  # bytes of an answer that stay in memory


class LocalRepository:
    """The repository that a project's folder is in."""

    def __init__(self, home: Home, folder: Path) -> None:
        self._home = home
        self._folder = folder
        self._pushing = threading.Lock()

    def answer(self, request: GitRequest) -> GitAnswer:
        """See the port."""
        git = shutil.which("git")
        if git is None:
            raise RepositoryMissing(problem="there is no git on this machine")
        place = _git(git, self._folder, "rev-parse", "--absolute-git-dir").strip()
        if not place:
            raise RepositoryMissing(problem=f"{self._folder} is in no repository")
        if request.service is not Service.PUSH or request.body is None:
            return _backend(git, place, request)
        with self._pushing:
            before = _refs(git, self._folder)
            answered = _backend(git, place, request)
            self._record(request.person, before, _refs(git, self._folder))
        return answered

    def _record(self, person: str, before: dict[str, str], now: dict[str, str]) -> None:
        """Write down which branches and tags a push has changed."""
        for name in sorted(before.keys() | now.keys()):
            old, new = before.get(name, ""), now.get(name, "")
            if old != new:
                self._home.record(person, "push", name, f"{old[:12] or 'new'} -> {new[:12] or 'removed'}")


def _refs(git: str, folder: Path) -> dict[str, str]:
    """Return name -> object of every branch and tag."""
    lines = _git(git, folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(cast("tuple[str, str]", line.split(" ", 1)) for line in lines)


def _backend(git: str, place: str, request: GitRequest) -> GitAnswer:
    """Run git's CGI program once; its answer is read from the begin when it has ended."""
    output = cast("BinaryIO", tempfile.SpooledTemporaryFile(SPOOLED))  # noqa: SIM115 - the caller closes it
    options = [part for option in OPTIONS for part in ("-c", option)]
    try:
        with tempfile.TemporaryFile() as written:
            subprocess.run(
                [git, *options, "http-backend"],
                env=_environment(place, request),
                stdin=request.body if request.body is not None else subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=SECONDS,
            )
            written.seek(0)
            status, headers = _head(written)
            shutil.copyfileobj(written, output)
    except subprocess.TimeoutExpired:
        output.write(f"git has not answered within {SECONDS} s\n".encode())
        status, headers = 504, {"Content-Type": "text/plain"}
    except BaseException:
        output.close()
        raise
    output.seek(0)
    return GitAnswer(status=status, headers=headers, body=output)


def _environment(place: str, request: GitRequest) -> dict[str, str]:
    kind = request.service.value
    found = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "GIT_PROJECT_ROOT": place,
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": request.path,
        "REMOTE_USER": request.person,
        "REMOTE_ADDR": request.address,
        "REQUEST_METHOD": "GET" if request.body is None else "POST",
        "QUERY_STRING": f"service={kind}" if request.body is None else "",
    }
    if request.body is not None:
        request.body.seek(0, os.SEEK_END)
        found |= {"CONTENT_TYPE": f"application/x-{kind}-request", "CONTENT_LENGTH": str(request.body.tell())}
        request.body.seek(0)
    if request.encoding == "gzip":
        found["HTTP_CONTENT_ENCODING"] = "gzip"
    if request.protocol:
        found["GIT_PROTOCOL"] = request.protocol
    return found


def _head(written: BinaryIO) -> tuple[int, dict[str, str]]:
    """Return status and headers of a CGI answer; nothing at all is a server's error."""
    status, headers = 200, dict[str, str]()
    lines = iter(written.readline, b"")
    for line in lines:
        name, colon, value = line.decode("latin-1").strip().partition(":")
        if not colon:
            return status, headers
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    return 500, {}


def _git(git: str, folder: Path, *words: str) -> str:
    done = subprocess.run(
        [git, "-C", str(folder), *words], capture_output=True, text=True, check=False, timeout=GIT_SECONDS
    )
    return done.stdout if done.returncode == 0 else ""
