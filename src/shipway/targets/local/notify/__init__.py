"""Notices to people: written once for each event, kept in the home's inbox, and delivered by mail and webhooks."""

from shipway.domain.notice import Notice
from shipway.targets.local.notify.inbox import Inbox
from shipway.targets.local.notify.outbox import Outbox

__all__ = ["Inbox", "Notice", "Outbox"]
