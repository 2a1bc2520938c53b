"""The console of a real home, as its shipway.toml says who may come."""

from pathlib import Path

import tiny
from console_server import Browser, serving
from shipway.cli.control import console_of
from shipway.targets.local.wiring import Machine


def test_names_and_a_provider_from_the_project_file(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "secret").write_text("a client's secret\n")
    oidc = {"issuer": "https://login.example", "client": "shipway", "secret_file": "secret", "role": "approver"}
    project = tiny.write(tmp_path / "tiny", console={"hosts": "[]"}, console__oidc=oidc)
    text = (project / "shipway.toml").read_text().replace('hosts = "[]"', 'hosts = ["Ship.Example"]')
    (project / "shipway.toml").write_text(text)
    with serving(console_of(Machine(project))) as url:
        browser = Browser(url)
        assert browser.ask("GET", "/api/v1/health").status == 401
        assert browser.ask("GET", "/api/v1/health", host="ship.example").status == 401
        assert browser.ask("GET", "/api/v1/health", host="other.example").status == 421
        assert b"Log in by login.example" in browser.ask("GET", "/console/login").body


def test_the_real_home_answers_every_question_that_changes_nothing(tmp_path: Path) -> None:
    with serving(console_of(Machine(tiny.write(tmp_path / "tiny")))) as url:
        browser = Browser(url)
        for path in (
            "/",
            "/executions",
            "/approvals",
            "/deployments",
            "/releases",
            "/compare",
            "/experiments",
            "/data",
        ):
            assert browser.ask("GET", f"/console{path}").status == 200, path
        for path in ("/jobs", "/audit", "/settings", "/try", "/why"):
            assert browser.ask("GET", f"/console{path}").status == 200, path
