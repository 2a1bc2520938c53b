"""A question to people, as they read it."""

from shipway.cli import words
from shipway.domain.approval import Approval
from shipway.domain.evidence import sentences


def question(approval: Approval) -> str:
    """Return what is asked, what speaks for it, who has said yes, and until when: lines of text."""
    lines = [f"release {approval.release} waits for approval until {words.moment(approval.expires)}"]
    lines += [f"  {line}" for line in sentences(approval.evidence)]
    if approval.needed > 1:
        yes = ", ".join(vote.by for vote in approval.votes) or "nobody yet"
        lines.append(f"  {len(approval.votes)} of {approval.needed} people have said yes: {yes}")
    return "\n".join([*lines, f"  digest: {approval.digest}", ""])
