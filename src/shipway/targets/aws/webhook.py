"""Webhooks of a project on AWS: their addresses and their secret, kept where the function that posts reads them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from shipway.domain.webhook import SECRET, name_of
from shipway.project.secret import read
from shipway.targets.aws.account import Account


def keep(account: Account, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Write the project's addresses, and what POSTs are signed with, into its secret. Raises SecretUnusable.

    folder: where shipway.toml is.
    """
    settings = account.project.notifications
    secret = environment.get(SECRET, "")
    if settings.webhook_secret_file:
        secret = read(folder / Path(settings.webhook_secret_file).expanduser())
    content = {"secret": secret, "urls": {name_of(url): url for url in settings.webhooks}}
    account.client("secretsmanager").put_secret_value(
        SecretId=f"{account.project.name}/webhooks", SecretString=json.dumps(content)
    )
