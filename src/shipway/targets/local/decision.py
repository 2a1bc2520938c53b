"""A person's answer on this machine: by the command line, or by a one-time link."""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from shipway.domain.approval import (
    Approval,
    ApprovalClosed,
    ApprovalNotFound,
    ApprovalStale,
    ApprovalStatus,
    Decision,
    count,
    decide,
)
from shipway.domain.approval_link import Link, LinkRefused, open_link, question_of, sign
from shipway.domain.workflow_execution import TokenUnknown, TokenUsed
from shipway.targets.local.approval import Approvals, Question, answer
from shipway.targets.local.engine import Engine
from shipway.targets.local.home import Home
from shipway.targets.local.release import Ledger

PAGE = "/-/approve"  # on the control plane; no bucket can be called "-"


class Decisions:
    """Answers to the questions of one home. settle: returns a question with what the engine knows of it."""

    def __init__(
        self, home: Home, approvals: Approvals, engine: Engine, ledger: Ledger, settle: Callable[[Question], Question]
    ) -> None:
        self._home = home
        self._approvals = approvals
        self._engine = engine
        self._ledger = ledger
        self._settle = settle

    def question(self, execution: str) -> Approval:
        """Return what an execution asked; "latest" names the newest question. Raises ApprovalNotFound."""
        return self._settle(self._found(execution)).approval

    def decide(self, execution: str, decision: Decision) -> Approval:
        """Take a person's decision; see `ports.target.Target.decide`."""
        return self._answer(self._settle(self._found(execution)), decision)

    def linked(self, link: str) -> Approval:
        """Return the question that a link is for. Raises LinkRefused, LinkExpired."""
        return self._settle(self._behind(open_link(link, link_key(self._home), datetime.now(UTC)))).approval

    def decide_by_link(self, link: str, decision: Decision) -> Approval:
        """Take a decision by a link, which is used up by it.

        Raises what `decide` raises, LinkRefused, LinkExpired and LinkUsed; after no decision the link stays good.
        """
        opened = open_link(link, link_key(self._home), datetime.now(UTC))
        question = self._settle(self._behind(opened))
        self._approvals.take_link(opened.nonce)
        try:
            return self._answer(question, decision)
        except BaseException:
            self._approvals.return_link(opened.nonce)
            raise

    def _answer(self, question: Question, decision: Decision) -> Approval:
        decided = decide(question.approval, decision, datetime.now(UTC))
        if decision.approve:
            new = next((vote for vote in decided.votes if vote not in question.approval.votes), None)
            if new is not None:
                voted = self._approvals.vote(question.token, new).approval
                self._home.record(new.by, "approve", f"release {voted.release} of {voted.execution}", new.comment)
                decided = count(voted)  # with whoever said yes at the same moment
            if decided.status is ApprovalStatus.PENDING:
                return decided
        self._signal(question, decided)
        self._approvals.close(question.token, decided)
        subject = f"release {decided.release} of {decided.execution}"
        if decided.status is ApprovalStatus.APPROVED:
            self._ledger.approved(decided.release, decided.by)
        else:
            self._home.record(decided.by, "reject", subject, decided.comment)
        return decided

    def _signal(self, question: Question, decided: Approval) -> None:
        try:
            self._engine.signal(question.token, answer(decided))
        except (TokenUsed, TokenUnknown) as error:  # somebody, or time, was faster
            late = self._settle(question).approval
            if late.status is decided.status and len(decided.votes) > 1:
                return  # the last two yes came at one moment, and the other one has told the engine
            raise ApprovalClosed(release=late.release, status=late.status, detail=f" ({error})") from error

    def _found(self, execution: str) -> Question:
        return self._approvals.latest() if execution == "latest" else self._approvals.newest(execution)

    def _behind(self, link: Link) -> Question:
        try:
            found = self._approvals.newest(link.execution)
        except ApprovalNotFound as error:
            raise LinkRefused(problem="its question is not in this home") from error
        if question_of(found.token) != link.question:
            raise LinkRefused(problem="the execution has asked again since")
        if found.approval.digest != link.digest:
            raise ApprovalStale(shown=link.digest, waiting=found.approval.digest)
        return found


def link_key(home: Home) -> bytes:
    """Return the secret that signs this home's links, made at its first use."""
    return home.secret(home.root / "keys" / "approval-links", lambda: secrets.token_hex(32)).encode()


def invite(home: Home, approvals: Approvals, question: Question, address: str) -> Sequence[str]:
    """Return a one-time link for each person who must say yes. Safe to repeat: the same question has the same links.

    address: of the control plane.
    """
    approval, name = question.approval, question_of(question.token)
    links = []
    for number in range(1, approval.needed + 1):
        link = Link(
            execution=approval.execution,
            question=name,
            digest=approval.digest,
            expires=approval.expires,
            nonce=f"{name[:32]}-{number}",
        )
        approvals.add_link(link.nonce, question.token)
        links.append(f"{address}{PAGE}?link={sign(link, link_key(home))}")
    return links
