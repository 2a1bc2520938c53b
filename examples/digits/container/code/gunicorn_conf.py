"""Gunicorn's settings; `serve` sets the variables.

Each worker listens on an address of its own. Connections are kept, so a worker that is quick to accept could get all
of them from a shared one, and the other cores would have nothing to do.
"""

import itertools
import os
from typing import Any

bind = os.environ["SHIPWAY_SERVE_BIND"].split(",")
workers = int(os.environ["SHIPWAY_SERVE_WORKERS"])
reuse_port = workers > 1 and not bind[0].startswith("unix:")  # each worker then listens on the one port by itself
worker_class = "gthread"  # keep-alive to nginx, where the sync worker would close after each answer
threads = 4
keepalive = 75  # seconds; longer than nginx keeps its side open, so no request meets a closing connection
timeout = 65
graceful_timeout = 20
backlog = 2048
preload_app = True  # the model is loaded once and shared
worker_tmp_dir = os.environ["SHIPWAY_SERVE_FOLDER"]
accesslog = None
errorlog = "-"
loglevel = "warning"


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker the place of one that has ended, or the next."""
    taken = {other.place for other in server.WORKERS.values()}
    worker.place = next(place for place in itertools.count() if place not in taken)


def post_fork(_server: Any, worker: Any) -> None:
    """Let it listen there alone; the master keeps all open, so what waits for one that has ended is not lost."""
    worker.sockets = [worker.sockets[worker.place % len(worker.sockets)]]
