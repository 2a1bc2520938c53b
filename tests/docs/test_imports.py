"""Every module can be the first one that is imported: no import cycle hides behind the order of another import."""

import json
import subprocess
import sys

import map as maps

# Each module is imported in a copy of a process that has imported all else that is used, and nothing of the product.
PROGRAM = """
import contextlib, importlib, json, os, sys, traceback

def apart(action):
    reading, writing = os.pipe()
    if os.fork() == 0:
        with os.fdopen(writing, "w") as say:
            say.write(action())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        answer = said.read()
    os.wait()
    return answer

def used():
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    return " ".join(name for name in sys.modules if not name.startswith("shipway"))

def problem(name):
    try:
        importlib.import_module(name)
    except Exception:
        return traceback.format_exc(limit=-1)
    return ""

names = json.load(sys.stdin)
for name in apart(used).split():
    with contextlib.suppress(Exception):
        importlib.import_module(name)
found = {name: apart(lambda: problem(name)) for name in names}
json.dump({name: why for name, why in found.items() if why}, sys.stdout)
"""


def test_every_module_can_be_imported_first() -> None:
    source = maps.SOURCE.parent
    paths = [path.relative_to(source).with_suffix("") for _, _, path in maps.modules()]
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths if path.name != "__main__"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(names), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {}
