"""Checksums against their published check values, and against themselves in pieces."""

import os

import pytest

from shipway.domain.store.checksum import ALGORITHMS, digest_of, running
from shipway.domain.store.errors import ChecksumRefused


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [("CRC32", "cbf43926"), ("CRC32C", "e3069283"), ("CRC64NVME", "ae8b14860a799888")],
)
def test_the_published_check_value(algorithm, expected):
    assert digest_of(algorithm, b"123456789").hex() == expected


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pieces_add_up(algorithm):
    data = os.urandom(10_000)
    checksum = running(algorithm)
    for start, end in ((0, 1), (1, 8), (8, 15), (15, 15), (15, 4096), (4096, 10_000)):
        checksum.update(data[start:end])
    assert checksum.digest() == digest_of(algorithm, data)


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(ChecksumRefused, match="ROT13"):
        running("ROT13")
