"""An account in memory, whose clients are those of the functions too."""

from collections.abc import Iterator

import boto3
import pytest

from aws.account import Account
from aws.storage import Storage
from shipway.targets.aws.functions.clients import client


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account; boto3's default session speaks to it."""
    made = Account()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", made.session())
    client.cache_clear()
    yield made
    client.cache_clear()


@pytest.fixture
def storage(account: Account) -> Storage:
    """The account's S3, with the project's buckets."""
    return Storage({name: {} for name in ("tiny-artifacts-111122223333-use1", "tiny-capture-111122223333-use1")}).into(
        account
    )
