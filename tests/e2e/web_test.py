#!/usr/bin/env python3
"""The dashboard (web/): its types and pure parts, its weight, and its pages in a browser.

Usage: web_test.py parts|size|page WORK PROGRAM

WORK is the folder in which the build has built the page, with the packages that it needs. Answers
77, which ctest takes for "skipped", where what it needs is not there.
"""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77
DEADLINE = 570  # of all; the build's own is above it, so that nothing is left behind
PR_SET_CHILD_SUBREAPER = 36


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def end_all_children():
    """Also those whose parent is gone: a subreaper gets them."""
    while True:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        if not listed:
            return
        for pid in map(int, listed):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def run(script, work, environment):
    """A script of web/package.json; kills whatever it leaves behind."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    scratch = tempfile.mkdtemp(prefix="mp-web-")  # of the program and the browser
    try:
        return subprocess.run(["npm", "run", "--silent", *script], cwd=work, timeout=DEADLINE,
                              env={**os.environ, **environment, "TMPDIR": scratch},
                              check=False).returncode
    except subprocess.TimeoutExpired:
        print(f"npm run {' '.join(script)} was not done within {DEADLINE} s")
        return 1
    finally:
        end_all_children()
        shutil.rmtree(scratch, True)


def main(part, work, program):
    if not (work / "installed.json").exists() or not shutil.which("npm"):
        skip("the page was left out of this build (scripts/build-web.sh says why)")
    # The build looks at src alone.
    shutil.copytree(ROOT / "web/tests", work / "tests", dirs_exist_ok=True)
    for name in ("package.json", "tsconfig.json"):
        shutil.copy(ROOT / "web" / name, work / name)
    if part == "size":
        return run(["size"], work, {})
    if part == "parts":
        return run(["check"], work, {}) or run(["test"], work, {})
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        skip("there is no chromium to show the page in; `make test` installs it, or name a browser "
             "with CHROMIUM=PATH")
    return run(["test:page"], work, {"MP_PROGRAM": str(program), "CHROMIUM": chromium})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *(Path(name).resolve() for name in sys.argv[2:])))
