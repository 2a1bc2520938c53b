"""What a batch is asked, and the header rows around it."""

from dataclasses import replace

import pytest

from shipway.domain import batch
from shipway.domain.asl import load
from shipway.domain.batch import BatchInvalid, BatchRequest
from shipway.domain.job import JobKind
from shipway.domain.job_request import job_request
from shipway.domain.transform_header import headed_columns, headed_name, header_line, split_header

PLAIN = BatchRequest(input="s3://data/rows/", output="s3://data/out/", release=1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"header": True, "split": "None", "assemble": "None"}, "a header row is for CSV"),
        ({"header": True, "content_type": "application/jsonlines"}, "a header row is for CSV"),
        ({"columns": ("p",), "split": "None", "assemble": "None"}, "columns need rows"),
        ({"columns": ("p",), "join": "Input"}, "joined rows need the names"),
        ({"join": "Input", "split": "None"}, "answers are joined to records"),
    ],
)
def test_settings_that_do_not_go_together(change: dict[str, object], problem: str) -> None:
    with pytest.raises(BatchInvalid, match=problem):
        batch.check(replace(PLAIN, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"header": True, "columns": ("p",), "join": "Input", "concurrent": 4, "payload": 0},
        {"output_filter": "$[-1]"},
    ],
)
def test_what_is_rendered_is_what_the_service_takes(change: dict[str, object]) -> None:
    request = batch.check(replace(PLAIN, **change))  # type: ignore[arg-type]
    document = batch.transform_job("tiny-batch-1", "tiny-release-1", request, request.input, "s3://data/out")
    job = job_request(JobKind.TRANSFORM, document)
    assert (job.name, job.model) == ("tiny-batch-1", "tiny-release-1")


def test_the_state_machine_is_valid() -> None:
    load(batch.document("tiny"))


def test_header_rows() -> None:
    assert split_header(b'\xef\xbb\xbfa,"b,c"\r\n1,2\n') == (("a", "b,c"), b"1,2\n")
    assert split_header(b"a,b") == (("a", "b"), b"")
    assert header_line(("a", "b,c")) == b'a,"b,c"\n'
    assert headed_columns(("a", "b"), ("p",), joined=True) == ("a", "b", "p")
    assert headed_columns(("a", "b"), ("p",), joined=False) == ("p",)


@pytest.mark.parametrize(
    ("key", "prefix", "name"),
    [("raw/a.csv.out", "raw/", "a.csv"), ("raw/b/c.csv.out", "raw", "b/c.csv"), ("x.out", "x.out", "x")],
)
def test_names_of_finished_files(key: str, prefix: str, name: str) -> None:
    assert headed_name(key, prefix) == name
