"""What stands between this machine and the project on AWS."""

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from shipway.domain import names
from shipway.ports.target import Fault
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import told
from shipway.targets.aws.notice import Topic
from shipway.targets.aws.stack import Stacks, Standing


def faults(account: Account, stacks: Stacks, topic: Topic) -> list[Fault]:
    """Return what is missing or wrong, the first of it first; empty when all is well. Changes nothing."""
    try:
        return [*_identity(account), *_standing(account, stacks), *_readers(stacks, topic)]
    except (BotoCoreError, ClientError) as error:
        meant = told(error)
        return [Fault(what=str(meant), remedy=meant.remedy)]


def _identity(account: Account) -> Iterator[Fault]:
    found = str(account.client("sts").get_caller_identity()["Account"])
    wanted = account.project.aws.account
    if wanted and wanted != found:
        what = f"the credentials are of account {found}, shipway.toml says {wanted}"
        yield Fault(what=what, remedy="use another profile (AWS_PROFILE), or correct aws.account")


def _standing(account: Account, stacks: Stacks) -> Iterator[Fault]:
    for concern in names.STACKS:
        found = stacks.find(concern)
        if found is not None:
            yield from _stack(found)
        elif concern not in names.BY_PIPELINE:
            what = f"stack {names.stack(account.project.name, concern)} is not there"
            yield Fault(what=what, remedy="make it: shipway apply --target aws")


def _readers(stacks: Stacks, topic: Topic) -> Iterator[Fault]:
    made = stacks.find("foundation")
    for address in topic.unconfirmed() if made is not None and made.ready else ():
        remedy = "follow the link in SNS's first mail, or have another sent in SNS's console: Request confirmation"
        yield Fault(what=f"{address} hears of nothing: it has not confirmed", remedy=remedy, fatal=False)


def _stack(found: Standing) -> Iterator[Fault]:
    if found.moving:
        yield Fault(what=f"stack {found.name} is {found.status}", remedy="wait until it has settled", fatal=False)
    elif not found.ready:
        what = f"stack {found.name} is {found.status}{': ' if found.reason else ''}{found.reason}"
        yield Fault(what=what, remedy="look at what it wants: shipway apply --target aws tells the cause")
