"""The command line of a proof by killing: a folder of its own, kept when the proof fails, and one sentence."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def main(prove: Callable[[Path, int, int], str], prefix: str, kills: int, doc: str | None) -> None:
    """Prove it in a temporary folder. prove: takes the folder, the kills and the seed, and returns what it proved."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    start = time.monotonic()
    try:
        sentence = prove(folder, options.kills, options.seed)
    except BaseException:
        sys.stderr.write(f"seed {options.seed}; everything is kept in {folder}\n")
        raise
    shutil.rmtree(folder)
    sys.stdout.write(f"{sentence}; {time.monotonic() - start:.0f} s, seed {options.seed}\n")
