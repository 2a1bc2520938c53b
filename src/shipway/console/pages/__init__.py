"""The pages of the console, in one table."""

from shipway.console.pages import production, watch, workshop
from shipway.console.pages.page import Page

PAGES: tuple[Page, ...] = (*production.PAGES, *watch.PAGES, *workshop.PAGES)

__all__ = ["PAGES", "Page"]
