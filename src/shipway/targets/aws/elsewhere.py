"""Parts of the port that an account has under another name, or not at all: what to use instead."""

from shipway.ports.notice import Notices
from shipway.ports.people import People
from shipway.targets.aws.errors import NotOnAws


class Elsewhere:
    """What AWS's own services and consoles do. Each raises NotOnAws with what to do."""

    @property
    def people(self) -> People:
        raise NotOnAws(what="keep people and their roles", why="IAM does", instead="ask the account's administrator")

    @property
    def notices(self) -> Notices:
        instead = "look at the subscriptions of the project's topic"
        raise NotOnAws(what="list notices", why="SNS tells people there and keeps nothing", instead=instead)
