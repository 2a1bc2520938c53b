"""Compare the console's scripts of others with what npm has: the same version, the same integrity, the same bytes.

Usage: python tools/vendor.py           (--write fetches them anew, for another version in vendor.json)
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from places import ROOT, say

FOLDER = ROOT / "src" / "shipway" / "console" / "static" / "vendor"


def main() -> int:
    """Return 0 when every file is what the package has, 1 with what differs."""
    manifest = json.loads((FOLDER / "vendor.json").read_text())
    write, problems = "--write" in sys.argv[1:], list[str]()
    for name, told in manifest.items():
        with tempfile.TemporaryDirectory() as folder:
            found = fetch(name, told["version"], Path(folder))
            if write:
                told["integrity"] = found
            elif found != told["integrity"]:
                problems.append(f"{name}: npm's integrity is {found}, not {told['integrity']}")
            for inside, here in told["files"].items():
                source, target = Path(folder, "node_modules", name, inside), FOLDER / here
                if write:
                    shutil.copy(source, target)
                elif source.read_bytes() != target.read_bytes():
                    problems.append(f"{here}: differs from {name}'s {inside}")
    if write:
        (FOLDER / "vendor.json").write_text(json.dumps(manifest, indent=2) + "\n")
    for problem in problems:
        say(problem)
    say(f"{len(manifest)} packages, {'as npm has them' if not problems else 'NOT as npm has them'}")
    return 1 if problems else 0


def fetch(name: str, version: str, folder: Path) -> str:
    """Install one package into a folder and return the integrity that npm checked its archive against."""
    (folder / "package.json").write_text("{}")
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", f"{name}@{version}"]
    subprocess.run(command, cwd=folder, check=True)
    lock = json.loads((folder / "package-lock.json").read_text())
    return str(lock["packages"][f"node_modules/{name}"]["integrity"])


if __name__ == "__main__":
    sys.exit(main())
