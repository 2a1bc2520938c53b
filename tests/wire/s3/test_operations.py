"""The table of operations, the documentation and boto3's own model agree."""

import re
from pathlib import Path

from shipway.awsapi.s3.operations import OPERATIONS

DOCS = Path(__file__).parents[3] / "docs" / "object-store.md"


def test_every_operation_is_documented_and_none_that_is_not_there():
    table = DOCS.read_text().partition("## Operations")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([A-Z][A-Za-z0-9]+)`", table)) - {"NotImplemented"}
    assert named == set(OPERATIONS)


def test_every_operation_has_the_name_that_boto3_gives_it(s3):
    assert set(OPERATIONS) <= set(s3.meta.service_model.operation_names)
