"""What the doctor finds on a machine that lacks something."""

import os
from pathlib import Path

import pytest

import tiny
from shipway.ports.target import Fault
from shipway.targets.local import doctor
from shipway.targets.local.capture import memory


def of_capture(folder: Path) -> list[Fault]:
    return [each for each in doctor.faults(folder) if "captured records" in each.what]


@pytest.mark.parametrize("lack", ["absent", "small", "refused"])
def test_a_place_in_memory_that_captured_records_cannot_have_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lack: str
) -> None:
    tiny.write(tmp_path)
    assert of_capture(tmp_path) == []
    told = {"absent": "there is no", "small": "are needed", "refused": "may not be written"}[lack]
    if lack == "absent":
        monkeypatch.setattr(memory, "MEMORY", tmp_path / "nothing")
    elif lack == "small":
        monkeypatch.setattr(memory, "MEMORY_NEEDED", 1 << 60)
    else:
        real = os.access
        monkeypatch.setattr(os, "access", lambda path, *more: path != memory.MEMORY and real(path, *more))
    [fault] = of_capture(tmp_path)
    assert told in fault.what
    assert not fault.fatal
    assert "--shm-size" in fault.remedy
    assert memory.memory_of(tmp_path) == tmp_path / "capture" / "memory"
    tiny.configure(tmp_path, capture={"enabled": False})
    assert of_capture(tmp_path) == []
