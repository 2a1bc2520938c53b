"""Fixtures of the tests that build real images."""

from pathlib import Path

import pytest

from workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A home and the means to fill it with images."""
    return Workshop(tmp_path)
