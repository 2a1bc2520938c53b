"""Questions to people, in the home's database. The engine's token is the truth; the row remembers what was shown."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shipway.domain.approval import Approval, ApprovalNotFound, ApprovalStatus, Vote
from shipway.domain.approval_link import LinkRefused, LinkUsed
from shipway.domain.pipeline import APPROVAL
from shipway.domain.values import JsonObject, canonical
from shipway.domain.workflow_execution import Visit, VisitStatus, WorkflowStatus
from shipway.targets.local.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An approval with the token that answers it and the moment of its reminder."""

    token: str
    approval: Approval
    warn_at: datetime


class Approvals:
    """The questions of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def ask(self, question: Question) -> None:
        """Keep a question; asking it again (after a crash) changes nothing."""
        approval = question.approval
        with self._home.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO approvals"
                " (token, execution, release, digest, evidence, requested, expires, warn_at, status, needed)"
                " VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    question.token,
                    approval.execution,
                    approval.release,
                    approval.digest,
                    canonical(approval.evidence),
                    approval.requested.isoformat(),
                    approval.expires.isoformat(),
                    question.warn_at.isoformat(),
                    approval.status,
                    approval.needed,
                ),
            )

    def newest(self, execution: str) -> Question:
        """Return what an execution asked last; raises ApprovalNotFound."""
        row = self._home.connection.execute(
            "SELECT * FROM approvals WHERE execution=? ORDER BY requested DESC LIMIT 1", (execution,)
        ).fetchone()
        if row is None:
            raise ApprovalNotFound(approval=execution)
        return self._question(row)

    def latest(self) -> Question:
        """Return what was asked last of all; raises ApprovalNotFound."""
        row = self._home.connection.execute("SELECT * FROM approvals ORDER BY requested DESC LIMIT 1").fetchone()
        if row is None:
            raise ApprovalNotFound(approval="latest")
        return self._question(row)

    def pending(self) -> Sequence[Question]:
        """Return the questions without an answer, oldest first."""
        rows = self._home.connection.execute(
            "SELECT * FROM approvals WHERE status=? ORDER BY requested", (ApprovalStatus.PENDING,)
        ).fetchall()
        return [self._question(row) for row in rows]

    def close(self, token: str, approval: Approval) -> None:
        """Write down the answer, unless one is there already."""
        decided = (approval.decided or datetime.now(UTC)).isoformat()
        with self._home.transaction() as connection:
            connection.execute(
                "UPDATE approvals SET status=?, decided_by=?, comment=?, decided=? WHERE token=? AND status=?",
                (approval.status, approval.by, approval.comment, decided, token, ApprovalStatus.PENDING),
            )

    def due_warnings(self, now: datetime) -> Sequence[Question]:
        """Return the pending questions whose reminder is due and was not given yet."""
        return [question for question in self.pending() if question.warn_at <= now and not self._warned(question.token)]

    def warned(self, token: str) -> None:
        """Record that people were reminded."""
        with self._home.transaction() as connection:
            connection.execute("UPDATE approvals SET warned=1 WHERE token=?", (token,))

    def vote(self, token: str, vote: Vote) -> Question:
        """Keep a person's yes and return the question with all of them; a second one changes nothing."""
        with self._home.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO approval_votes VALUES (?,?,?,?,?)",
                (token, vote.name, vote.by, vote.comment, vote.at.isoformat()),
            )
        return self.get(token)

    def get(self, token: str) -> Question:
        """Return the question with this token. Raises ApprovalNotFound."""
        row = self._home.connection.execute("SELECT * FROM approvals WHERE token=?", (token,)).fetchone()
        if row is None:
            raise ApprovalNotFound(approval=token)
        return self._question(row)

    def add_link(self, nonce: str, token: str) -> None:
        """Keep a link that may answer this question once; safe to repeat."""
        with self._home.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO approval_links (nonce, token) VALUES (?,?)", (nonce, token))

    def take_link(self, nonce: str) -> None:
        """Use a link up. Raises LinkRefused for one that was never given out, LinkUsed."""
        with self._home.transaction() as connection:
            row = connection.execute("SELECT used FROM approval_links WHERE nonce=?", (nonce,)).fetchone()
            if row is None:
                raise LinkRefused(problem="it was never given out")
            if row["used"]:
                raise LinkUsed(used=row["used"])
            now = datetime.now(UTC).isoformat()
            connection.execute("UPDATE approval_links SET used=? WHERE nonce=?", (now, nonce))

    def return_link(self, nonce: str) -> None:
        """Let a link be used after all: what it said was no decision."""
        with self._home.transaction() as connection:
            connection.execute("UPDATE approval_links SET used=NULL WHERE nonce=?", (nonce,))

    def _question(self, row: sqlite3.Row) -> Question:
        votes = self._home.connection.execute(
            "SELECT * FROM approval_votes WHERE token=? ORDER BY at, name", (row["token"],)
        ).fetchall()
        said = [Vote(by=each["by"], comment=each["comment"], at=datetime.fromisoformat(each["at"])) for each in votes]
        return _question(row, tuple(said))

    def _warned(self, token: str) -> bool:
        row = self._home.connection.execute("SELECT warned FROM approvals WHERE token=?", (token,)).fetchone()
        return bool(row["warned"])


def answer(approval: Approval) -> JsonObject:
    """Return what the pipeline's Approval state gets as its result."""
    verb = "approved" if approval.status is ApprovalStatus.APPROVED else "rejected"
    comment = f": {approval.comment}" if approval.comment else ""
    return {
        "Approved": approval.status is ApprovalStatus.APPROVED,
        "By": approval.by,
        "Comment": approval.comment,
        "At": (approval.decided or approval.requested).isoformat(),
        "Digest": approval.digest,
        "Sentence": f"release {approval.release} was {verb} by {approval.by}{comment}",
    }


def settled(approval: Approval, execution: WorkflowStatus, visit: Visit | None, ended: datetime | None) -> Approval:
    """Return a pending approval as the engine left it.

    execution: status of the one that asked. visit: of the state that asked, once it is over. ended: when it was.
    """
    if visit is not None and visit.status is VisitStatus.SUCCEEDED and isinstance(visit.output, dict):
        said = visit.output.get(APPROVAL)
        if isinstance(said, dict):
            return replace(
                approval,
                status=ApprovalStatus.APPROVED if said["Approved"] else ApprovalStatus.REJECTED,
                by=str(said["By"]),
                comment=str(said["Comment"]),
                decided=datetime.fromisoformat(str(said["At"])),
            )
    closed = {WorkflowStatus.SUPERSEDED: ApprovalStatus.SUPERSEDED, WorkflowStatus.ABORTED: ApprovalStatus.STOPPED}
    if execution in closed:
        return replace(approval, status=closed[execution], decided=ended)
    if visit is not None and visit.error == "States.Timeout":
        return replace(approval, status=ApprovalStatus.EXPIRED, decided=visit.ended)
    return approval


def _question(row: sqlite3.Row, votes: tuple[Vote, ...]) -> Question:
    approval = Approval(
        execution=row["execution"],
        release=row["release"],
        digest=row["digest"],
        requested=datetime.fromisoformat(row["requested"]),
        expires=datetime.fromisoformat(row["expires"]),
        evidence=json.loads(row["evidence"]),
        status=ApprovalStatus(row["status"]),
        by=row["decided_by"],
        comment=row["comment"],
        decided=datetime.fromisoformat(row["decided"]) if row["decided"] else None,
        needed=row["needed"],
        votes=votes,
    )
    return Question(token=row["token"], approval=approval, warn_at=datetime.fromisoformat(row["warn_at"]))
