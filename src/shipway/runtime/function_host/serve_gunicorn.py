"""The host on gunicorn's threads: a master that holds the socket, one worker that may be replaced."""

import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from gunicorn.app.base import BaseApplication

from shipway.runtime.function_host.app import App
from shipway.runtime.function_host.limits import STOP_SECONDS
from shipway.runtime.function_host.settings import Settings
from shipway.runtime.function_host.wsgi import application


def serve(settings: Settings, make: Callable[[Callable[[], None]], App]) -> int:
    """Serve until SIGTERM; return 0."""
    _Application(settings, make).run()
    return 0


class _Application(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """The application, which the master and its worker share.

    A worker that is told to end before it has handlers of its own would not hear of it, and the master would wait for
    it in vain. So SIGTERM waits from before the fork until the worker listens.
    """

    def __init__(self, settings: Settings, make: Callable[[Callable[[], None]], App]) -> None:
        self._settings = settings
        self._make = make
        self._master = os.getpid()
        super().__init__()
        os.register_at_fork(
            before=partial(self._mask, signal.SIG_BLOCK), after_in_parent=partial(self._mask, signal.SIG_UNBLOCK)
        )

    def _mask(self, how: int) -> None:
        """Let SIGTERM wait, or come; only around the master's own forks, not those of a handler."""
        if os.getpid() == self._master:
            signal.pthread_sigmask(how, {signal.SIGTERM})

    def load_config(self) -> None:
        """Tell gunicorn all it has to know; the application itself keeps the time limit."""
        options = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "workers": 1,
            "threads": self._settings.threads * 2,
            "worker_class": "gthread",
            "keepalive": 75,
            "timeout": 0,
            "graceful_timeout": int(STOP_SECONDS),
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application, made in the worker, which hears signals by now."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        return application(self._make(self._replace_worker))

    def _replace_worker(self) -> None:
        """Let the worker finish what it does and end; the master starts another."""
        os.kill(os.getpid(), signal.SIGTERM)
        end = threading.Timer(self._settings.seconds, os._exit, (0,))
        end.daemon = True
        end.start()
