"""The audit log as objects in the artifacts bucket: one an entry, written once, sealed behind the one before.

It has what people do with Shipway. What they do in AWS's own consoles, and as whom, CloudTrail keeps.
"""

import getpass
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from typing import Any

from shipway.domain import names
from shipway.domain.audit import Entry, follow
from shipway.domain.errors import ShipwayError
from shipway.domain.values import canonical
from shipway.targets.aws.account import Account
from shipway.targets.aws.objects import keys, read, write_once

AT_ONCE = 16  # entries that are read side by side
TRIES = 20  # to be the next one


class AuditBusy(ShipwayError):
    """Others wrote an entry each time that this one was to be written."""

    message = "{action} of {subject} was done, and could not be written into the audit log: others write all the time"
    hint = "look at what they do: shipway audit"
    exit_code = 5
    status = 409


class Trail:
    """The log of one project. Two that write at once cannot follow the same entry: a key is written once."""

    def __init__(self, account: Account, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now

    @property
    def _client(self) -> Any:
        return self._account.client("s3")

    def record(self, by: str, action: str, subject: str, reason: str = "") -> None:
        """Append an entry, behind those of others who write now. by: a name, "" for whoever runs this process.

        Raises AuditBusy.
        """
        told = Entry(
            number=0, at=self._now(), by=by or getpass.getuser(), action=action, subject=subject, reason=reason
        )
        for _ in range(TRIES):
            if self._append(follow(self._newest(), told)):
                return
        raise AuditBusy(action=action, subject=subject)

    def entries(self) -> Sequence[Entry]:
        """Return the whole log, oldest first."""
        found = list(keys(self._client, self._account.artifacts, names.audit_prefix(self._account.project.name)))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._read, found[::-1]))

    def _append(self, entry: Entry) -> bool:
        key = names.audit_entry(self._account.project.name, entry.number)
        content = canonical({**asdict(entry), "at": entry.at.isoformat()}).encode()
        return write_once(self._client, self._account.artifacts, key, content)

    def _newest(self) -> Entry | None:
        """Return the newest entry: keys count down, so that it is the first of a listing."""
        told = self._client.list_objects_v2(
            Bucket=self._account.artifacts, Prefix=names.audit_prefix(self._account.project.name), MaxKeys=1
        )
        return next((self._read(each["Key"]) for each in told.get("Contents", ())), None)

    def _read(self, key: str) -> Entry:
        record = json.loads(read(self._client, self._account.artifacts, key) or b"{}")
        return Entry(**{**record, "at": datetime.fromisoformat(record["at"])})
