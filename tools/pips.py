"""pip: its settings on this machine, and pip itself where Python comes without it."""

import configparser
import hashlib
import os
import re
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import debian
from places import TOOLS

WHEEL = "pip-26.3-py3-none-any.whl"
SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
# Settings that would send an installation somewhere else than into the environment.
ELSEWHERE = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV", "PYTHONHOME")
LINK = re.compile(rf'href="([^"]*/?{re.escape(WHEEL)}[^"]*)"')


class NoPip(Exception):
    """There is no pip and no way to one."""


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for pip: the machine's own, quiet, and into the given interpreter."""
    kept = {name: value for name, value in environment.items() if name not in ELSEWHERE}
    return kept | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore"}


def for_uv(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv, which reads none of pip's settings: index and certificates are carried over."""
    given = {"UV_DEFAULT_INDEX": option("index-url"), "SSL_CERT_FILE": option("cert"), "UV_NO_PROGRESS": "1"}
    if not os.access(Path.home(), os.W_OK):
        given["UV_CACHE_DIR"] = str(TOOLS / "uv-cache")
    return {name: value for name, value in given.items() if value} | dict(environment)


def option(name: str) -> str:
    """Return pip's option of this machine, from the environment or else from its configuration files; or nothing."""
    value = os.environ.get("PIP_" + name.upper().replace("-", "_"), "")
    home = Path.home()
    given = os.environ.get("PIP_CONFIG_FILE")
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    parser = configparser.RawConfigParser(strict=False)
    for file in [*files, *([Path(given)] if given else [])]:
        try:
            parser.read(file)
        except (OSError, configparser.Error):
            continue
    return value or parser.get("install", name, fallback="") or parser.get("global", name, fallback="")


def wheel() -> Path:
    """Return a wheel of pip, fetched from the index that pip is set to, or else taken from Debian's own package.

    Raises NoPip, with the package that brings it.
    """
    kept = TOOLS / WHEEL
    if kept.is_file() or fetch(option("index-url"), kept):
        return kept
    if found := debian.private_file("python3-pip-whl", "usr/share/python-wheels/pip-*.whl"):
        return found
    raise NoPip("this Python has neither pip nor ensurepip: sudo apt-get install python3-venv")


def fetch(index: str, target: Path, sha256: str = SHA256) -> bool:
    """Fetch pip's wheel from a package index; tell whether it came and is the one that was meant."""
    if not index.startswith(("http://", "https://", "file://")):
        return False
    page = index.rstrip("/") + "/pip/"
    try:
        with urllib.request.urlopen(page, timeout=30) as answer:  # noqa: S310 - the scheme was looked at
            found = LINK.search(answer.read().decode())
        if found is None:
            return False
        with urllib.request.urlopen(urllib.parse.urljoin(page, found[1]), timeout=120) as answer:  # noqa: S310
            content = answer.read()
    except OSError:
        return False
    if hashlib.sha256(content).hexdigest() != sha256:
        return False
    part = target.with_suffix(".part")
    part.write_bytes(content)
    part.rename(target)
    return True
