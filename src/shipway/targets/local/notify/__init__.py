"""Notices to people: written once for each event, kept in the home's inbox, and delivered by mail and webhooks."""

from shipway.domain.notice import Notice
from shipway.targets.local.notify.inbox import Inbox
from shipway.targets.local.notify.outbox import Outbox
from shipway.targets.local.notify.port import LocalNotices

__all__ = ["Inbox", "LocalNotices", "Notice", "Outbox"]
