"""Gunicorn's settings; `serve` sets the variables."""

import os

bind = os.environ["SHIPWAY_SERVE_BIND"]
workers = int(os.environ["SHIPWAY_SERVE_WORKERS"])
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
