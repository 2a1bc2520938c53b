"""Captured requests and answers over HTTP: bounded pages, whole files, and no request for whoever only looks."""

import io
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from starlette.types import Receive, Scope, Send

from console_server import Browser, serving
from fake_captures import AT, RECORDS, URI, FakeCaptures
from fakes import FakeTarget
from shipway.console.api import PREFIX
from shipway.domain.capture import decode
from shipway.domain.capture_table import Exported
from shipway.ports.capture import CaptureFile
from shipway.ports.wire import TableTooWide, exported_of, head_of
from shipway.targets.remote.client import Unreachable
from shipway.targets.remote.target import remote_target

DAY = "start=2026-03-01&end=2026-03-02"


class Many(FakeCaptures):
    """More files than a page has."""

    def files(self, endpoint: str = "") -> list[CaptureFile]:
        [file] = super().files(endpoint)
        return [replace(file, uri=f"{URI}-{number}") for number in reversed(range(10_000, 12_001))]


def test_every_file_is_listed_once_over_pages(browser: Browser, fake: FakeTarget) -> None:
    fake.captures = Many()
    page = browser.ask("GET", f"{PREFIX}/captures/files").json
    assert [len(page), page[0]["uri"], page[-1]["uri"]] == [1000, f"{URI}-10000", f"{URI}-10999"]
    assert browser.ask("GET", f"{PREFIX}/captures/files?limit=1&after={URI}-11500").json[0]["uri"] == f"{URI}-11501"
    found = remote_target(browser.url).captures.files()
    assert [each.uri for each in found] == [f"{URI}-{number}" for number in range(10_000, 12_001)]


def test_a_file_comes_as_its_lines_and_a_span_as_a_table(browser: Browser) -> None:
    lines = browser.ask("GET", f"{PREFIX}/captures/lines?uri={URI}")
    assert lines.headers["content-type"] == "application/jsonlines"
    assert [decode(line) for line in lines.body.splitlines()] == list(RECORDS)
    table = browser.ask("GET", f"{PREFIX}/captures/table?{DAY}")
    assert table.headers["content-type"] == "application/vnd.apache.parquet"
    assert pl.read_parquet(io.BytesIO(table.body))["prediction"].to_list() == [0.5]


def test_a_table_is_written_here_whole_or_not_at_all(browser: Browser, tmp_path: Path) -> None:
    file, day = tmp_path / "rows.parquet", (AT.replace(hour=0), AT.replace(hour=23))
    told = remote_target(browser.url).captures.export(str(file), *day)
    table = pl.read_parquet(file)
    assert told == Exported(path=str(file), rows=1, records=2, skipped=1, columns=tuple(table.columns))
    assert list(tmp_path.iterdir()) == [file]


def test_an_answer_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"PAR1", "more_body": True})

    with serving(half) as url, pytest.raises(Unreachable):
        remote_target(url).captures.export(str(tmp_path / "rows.parquet"), AT, AT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "viewer"),
    [
        ("/captures", 200),
        ("/captures/files", 200),
        (f"/captures/lines?uri={URI}", 403),
        ("/captures/records/a-1", 403),
        (f"/captures/table?{DAY}", 403),
    ],
)
def test_what_people_asked_is_for_those_who_may_ask(guarded: dict[str, Browser], path: str, viewer: int) -> None:
    assert guarded["viewer"].ask("GET", PREFIX + path).status == viewer
    assert guarded["approver"].ask("GET", PREFIX + path).status == 200


def test_the_names_of_columns_go_with_the_table_as_long_as_a_head_can_carry_them() -> None:
    made = Exported(path="there", rows=1, records=1, skipped=0, columns=("größe", "a, b"))
    head = head_of(made)
    assert all(each.isascii() for each in head.values())
    assert exported_of(head, "here") == replace(made, path="here")
    with pytest.raises(TableTooWide):
        head_of(replace(made, columns=("name",) * 10_000))
