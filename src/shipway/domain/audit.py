"""The audit log: who did what to what, each entry sealed by a hash that covers the one before it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shipway.domain.errors import ShipwayError
from shipway.domain.values import JsonObject, canonical

GENESIS = "0" * 64  # what the first entry has before it


class AuditBroken(ShipwayError):
    """The log is not what was written."""

    message = "the audit log is broken at entry {number}: {problem}"
    hint = "compare it with a copy of the database, or with a head that you kept: shipway audit verify --expect HASH"
    exit_code = 3
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One action.

    number: 1, 2, 3 ... without gaps. at: when, aware. by: the name that the person gave. reason: "" where none was.
    previous: hash of the entry before, GENESIS for the first. hash: of all of this, 64 hex digits.
    """

    number: int
    at: datetime
    by: str
    action: str
    subject: str
    reason: str = ""
    previous: str = GENESIS
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What a whole log came to. head: hash of the newest entry; keep it elsewhere, and no end can be cut off unseen."""

    entries: int
    head: str


def seal(entry: Entry) -> Entry:
    """Return the entry with its hash: SHA-256 over the previous hash and the canonical JSON of everything else."""
    told: JsonObject = {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "by": entry.by,
        "action": entry.action,
        "subject": entry.subject,
        "reason": entry.reason,
    }
    return replace(entry, hash=hashlib.sha256(f"{entry.previous}\n{canonical(told)}".encode()).hexdigest())


def follow(last: Entry | None, entry: Entry) -> Entry:
    """Return an entry sealed behind the newest one; its own number and previous hash do not count."""
    if last is None:
        return seal(replace(entry, number=1, previous=GENESIS))
    return seal(replace(entry, number=last.number + 1, previous=last.hash))


def verify(entries: Iterable[Entry], expect: str = "") -> Chain:
    """Return the head of a log whose entries, oldest first, are all what was written and where it was written.

    expect: a hash that was the head once; when it is not in the log any more, its end was cut off or rewritten.
    Raises AuditBroken with the first entry that is wrong.
    """
    head, count, found = GENESIS, 0, expect in ("", GENESIS)
    for entry in entries:
        problem = _problem(entry, count + 1, head)
        if problem:
            raise AuditBroken(number=count + 1, problem=problem)
        head, count = entry.hash, count + 1
        found = found or head == expect
    if not found:
        raise AuditBroken(number=count + 1, problem=f"no entry has the hash {expect}: the log was cut off or rewritten")
    return Chain(entries=count, head=head)


def _problem(entry: Entry, number: int, head: str) -> str:
    if entry.number != number:
        return f"entry {entry.number} stands there"
    if entry.previous != head:
        return "it does not follow the entry before it"
    if seal(entry).hash != entry.hash:
        return "its content is not what was sealed"
    return ""
