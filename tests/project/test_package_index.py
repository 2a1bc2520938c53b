"""pip's settings reach uv, and uv's own come first."""

from pathlib import Path

import pytest

from shipway.project.package_index import uv_environment


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PIP_INDEX_URL", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = file:///mirror/simple\ncert = /etc/mirror.pem\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))


def test_index_and_certificates_are_handed_on() -> None:
    found = uv_environment({"HOME": "/h"})
    assert found == {"HOME": "/h", "UV_DEFAULT_INDEX": "file:///mirror/simple", "SSL_CERT_FILE": "/etc/mirror.pem"}


def test_pips_environment_comes_before_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "file:///other/simple")
    assert uv_environment({})["UV_DEFAULT_INDEX"] == "file:///other/simple"


@pytest.mark.parametrize("own", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_uvs_own_settings_win(own: str) -> None:
    found = uv_environment({own: "file:///own", "SSL_CERT_FILE": "/own.pem"})
    assert (found.get("UV_DEFAULT_INDEX"), found["SSL_CERT_FILE"]) == (
        "file:///own" if own == "UV_DEFAULT_INDEX" else None,
        "/own.pem",
    )
