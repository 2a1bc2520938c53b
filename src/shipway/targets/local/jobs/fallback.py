"""Jobs on a machine without namespaces: one at a time, with links where the container's paths would be."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from shipway.targets.local.images.environment import exclusive
from shipway.targets.local.sandbox import Mount


@contextmanager
def alone(mounts: Sequence[Mount]) -> Iterator[list[str]]:
    """Hold this user's turn for the block, and yield which paths could not be linked.

    /opt/ml and /opt/program become links where /opt can be written and nothing is there; programs that look at
    SAGEMAKER_BASE_DIR, their arguments or their variables work without.
    """
    turn = Path(tempfile.gettempdir()) / f"shipway-jobs-{os.getuid()}.lock"
    with exclusive(turn), ExitStack() as links:
        yield [mount.target for mount in mounts if mount.target.startswith("/opt/") and not _link(mount, links)]


def _link(mount: Mount, links: ExitStack) -> bool:
    target = Path(mount.target)
    try:
        if target.is_symlink():
            target.unlink()  # left by a job that was killed: this turn is ours
        target.symlink_to(mount.source)
    except OSError:
        return False
    links.callback(target.unlink, missing_ok=True)
    return True
