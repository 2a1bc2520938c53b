"""Make the site of docs/: pages, search, no network. `./dev docs` runs it; a warning is an error."""

import subprocess
import sys

from places import ROOT, TOOLS, say

from shipway.targets.local.images.environment import ensure_environment

SITE = ROOT / "build" / "docs"


def main() -> int:
    """Return Sphinx's exit code; the site's first page is named when it is there."""
    environment = ensure_environment("docs", TOOLS / "envs", [ROOT / "docs" / "requirements.lock"], say)
    command = [str(environment / "bin" / "python"), "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    cache = ROOT / "build" / "docs-cache"
    code = subprocess.run([*command, "-d", str(cache), "docs", str(SITE)], cwd=ROOT, check=False).returncode
    if code == 0:
        say(f"the site: {SITE / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
