"""Run in the function's environment: each line of the input is a module's name and an event; each answer is a line."""

import importlib
import json
import sys

out = sys.stdout
sys.stdout = sys.stderr  # what a handler prints is its log
for line in sys.stdin:
    module, event = json.loads(line)
    answer = importlib.import_module(module).handler(event, None)
    out.write(json.dumps(answer) + "\n")
    out.flush()
