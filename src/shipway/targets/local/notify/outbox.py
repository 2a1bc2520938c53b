"""The outbox: notices become messages, and a message is tried until somebody takes it, but not again.

What a message holds is written down before the first try, so that each try has the same id and the same words. Only a
crash between the server's yes and its record makes a message come twice, and then with the same id.
"""

import json
import logging
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from shipway.domain.errors import ShipwayError
from shipway.domain.notice import Kind, Notice, due, message, next_try
from shipway.domain.project import Project
from shipway.ports.notice import Delivery
from shipway.targets.local import db
from shipway.targets.local.home import Home
from shipway.targets.local.notify.channel import Channel, Parcel
from shipway.targets.local.notify.inbox import Inbox

MIGRATIONS = (
    """
    CREATE TABLE outbox_channels (
        name TEXT PRIMARY KEY,
        label TEXT NOT NULL,
        cursor INTEGER NOT NULL,
        used INTEGER NOT NULL DEFAULT 1
    );
    CREATE TABLE outbox_messages (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        channel TEXT NOT NULL REFERENCES outbox_channels (name),
        notices TEXT NOT NULL,
        created TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        next TEXT,
        sent TEXT,
        error TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX outbox_of_channel ON outbox_messages (channel, state);
    """,
)
WAITING, SENDING, SENT, GIVEN_UP = "waiting", "sending", "sent", "given up"

log = logging.getLogger("shipway.notify")


class Outbox:
    """The messages of one home. One process delivers, any may read."""

    def __init__(self, home: Home, inbox: Inbox) -> None:
        self._home = home
        self._inbox = inbox
        db.migrate(home.connection, "outbox", MIGRATIONS)

    def deliver(self, project: Project, channels: Iterable[Channel], now: datetime) -> None:
        """Make messages of the notices that are due, and try those that are; safe to call at any time."""
        ways = list(channels)
        self.know(ways)
        for channel in ways:
            self._pack(project, channel, now)
            for row in self._due(channel, now):
                if not self._try(project, channel, row, now):
                    break  # the others of this way wait too: one try tells enough

    def waiting(self) -> int:
        """Return how many messages nobody has taken yet."""
        row = self._home.connection.execute(
            "SELECT count(*) AS waiting FROM outbox_messages JOIN outbox_channels ON name=channel"
            " WHERE state IN (?,?) AND used=1",
            (WAITING, SENDING),
        ).fetchone()
        return int(row["waiting"])

    def deliveries(self, notice: int) -> Sequence[Delivery]:
        """Return what has become of a notice on each way; one that has not begun yet waits for company."""
        rows = self._home.connection.execute(
            "SELECT outbox_messages.*, outbox_channels.label FROM outbox_messages"
            " JOIN outbox_channels ON outbox_channels.name=outbox_messages.channel"
            " WHERE EXISTS (SELECT 1 FROM json_each(notices) WHERE value=?) ORDER BY number",
            (notice,),
        ).fetchall()
        begun = [
            Delivery(
                channel=row["label"],
                state=row["state"],
                attempts=row["attempts"],
                sent=_moment(row["sent"]),
                next=_moment(row["next"]),
                error=row["error"],
            )
            for row in rows
        ]
        unread = self._home.connection.execute(
            "SELECT label FROM outbox_channels WHERE used=1 AND cursor<? ORDER BY name", (notice,)
        ).fetchall()
        return [
            *begun,
            *(
                Delivery(channel=row["label"], state=WAITING, attempts=0, sent=None, next=None, error="")
                for row in unread
            ),
        ]

    def know(self, channels: Sequence[Channel]) -> None:
        """Take in which ways there are now. A new one gets what comes from now on, one that is gone gets nothing."""
        wanted = {each.name: each.label for each in channels}
        rows = self._home.connection.execute("SELECT name FROM outbox_channels WHERE used=1").fetchall()
        used = {row["name"] for row in rows}
        if used == set(wanted):
            return
        with self._home.transaction() as connection:
            for name in used - set(wanted):
                connection.execute("UPDATE outbox_channels SET used=0 WHERE name=?", (name,))
            for name in set(wanted) - used:
                connection.execute(
                    "INSERT INTO outbox_channels (name, label, cursor)"
                    " SELECT ?, ?, coalesce(max(number), 0) FROM notices WHERE true"
                    " ON CONFLICT (name) DO UPDATE SET used=1, cursor=excluded.cursor",
                    (name, wanted[name]),
                )

    def _pack(self, project: Project, channel: Channel, now: datetime) -> None:
        """Make one message of all notices that this way has not had, when their time has come."""
        cursor = self._cursor(channel)
        unread = self._inbox.list(cursor)
        if not unread:
            return
        kinds = project.notifications.kinds
        wanted = [each for each in unread if not kinds or each.kind in kinds or each.kind == Kind.TEST]
        hurry = any(each.kind == Kind.TEST for each in wanted)
        if wanted and not hurry and due(wanted[0].at, self._last(channel), project.notifications.group) > now:
            return
        with self._home.transaction() as connection:
            connection.execute("UPDATE outbox_channels SET cursor=? WHERE name=?", (unread[-1].number, channel.name))
            if wanted:
                numbers = json.dumps([each.number for each in wanted])
                connection.execute(
                    "INSERT INTO outbox_messages (id, channel, notices, created, state, next) VALUES (?,?,?,?,?,?)",
                    (secrets.token_hex(16), channel.name, numbers, now.isoformat(), WAITING, now.isoformat()),
                )

    def _try(self, project: Project, channel: Channel, row: sqlite3.Row, now: datetime) -> bool:
        """Try one message, on record before and after; return whether it was taken."""
        with self._home.transaction() as connection:
            connection.execute(
                "UPDATE outbox_messages SET state=?, attempts=attempts+1 WHERE number=?", (SENDING, row["number"])
            )
        notices = [self._inbox.get(number) for number in json.loads(row["notices"])]
        try:
            channel.send(_parcel(project, row, notices))
        except ShipwayError as error:
            self._failed(row, str(error), now)
            return False
        with self._home.transaction() as connection:
            connection.execute(
                "UPDATE outbox_messages SET state=?, sent=?, next=NULL, error='' WHERE number=?",
                (SENT, now.isoformat(), row["number"]),
            )
        return True

    def _failed(self, row: sqlite3.Row, error: str, now: datetime) -> None:
        again = next_try(datetime.fromisoformat(row["created"]), row["attempts"] + 1, now)
        log.warning("%s; %s", error, f"tried again at {again:%H:%M:%S}Z" if again else "given up after a week")
        with self._home.transaction() as connection:
            connection.execute(
                "UPDATE outbox_messages SET state=?, next=?, error=? WHERE number=?",
                (WAITING if again else GIVEN_UP, again.isoformat() if again else None, error, row["number"]),
            )

    def _cursor(self, channel: Channel) -> int:
        """Return the number of the last notice that became a message on this way."""
        row = self._home.connection.execute(
            "SELECT cursor FROM outbox_channels WHERE name=?", (channel.name,)
        ).fetchone()
        return int(row["cursor"])

    def _last(self, channel: Channel) -> datetime | None:
        row = self._home.connection.execute(
            "SELECT max(created) AS last FROM outbox_messages WHERE channel=?", (channel.name,)
        ).fetchone()
        return _moment(row["last"])

    def _due(self, channel: Channel, now: datetime) -> Sequence[sqlite3.Row]:
        rows: Sequence[sqlite3.Row] = self._home.connection.execute(
            "SELECT * FROM outbox_messages WHERE channel=? AND state IN (?,?) AND next<=? ORDER BY number",
            (channel.name, WAITING, SENDING, now.isoformat()),
        ).fetchall()
        return rows


def _parcel(project: Project, row: sqlite3.Row, notices: Sequence[Notice]) -> Parcel:
    return Parcel(
        id=row["id"],
        project=project.name,
        message=message(project.name, notices),
        notices=notices,
        created=datetime.fromisoformat(row["created"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
