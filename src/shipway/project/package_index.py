"""Where packages come from on this machine: pip's settings, handed on to uv, which reads none of them."""

import configparser
import os
from collections.abc import Mapping
from pathlib import Path


def uv_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv: the given one, with pip's index and certificates where uv has none of its own."""
    handed_on = {"UV_DEFAULT_INDEX": pip_option("index-url"), "SSL_CERT_FILE": pip_option("cert")}
    own_index = any(name in environment for name in ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_CONFIG_FILE"))
    if own_index:
        del handed_on["UV_DEFAULT_INDEX"]
    return {name: value for name, value in handed_on.items() if value} | dict(environment)


def pip_option(name: str) -> str:
    """Return an option of pip as this machine sets it: in the environment, else in its files; "" when it does not."""
    value = os.environ.get("PIP_" + name.upper().replace("-", "_"), "")
    home, named = Path.home(), os.environ.get("PIP_CONFIG_FILE")
    parser = configparser.RawConfigParser(strict=False)
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    for file in [*files, *([Path(named)] if named else [])]:
        try:
            parser.read(file)
        except (OSError, configparser.Error):
            continue  # pip itself will say what is wrong with its file
    return value or parser.get("install", name, fallback="") or parser.get("global", name, fallback="")
