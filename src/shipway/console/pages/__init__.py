"""The pages of the console, in one table."""

from shipway.console.pages import production, workshop
from shipway.console.pages.page import Page

PAGES: tuple[Page, ...] = (*production.PAGES, *workshop.PAGES)

__all__ = ["PAGES", "Page"]
