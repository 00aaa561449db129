#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The console in a real Chromium, on the demonstration: console/test/console.mjs does the clicking."""
import pty

from demonstration import *


def at_a_terminal():
    """Somebody who is logged in while this runs, where the machine's own terminals say who is: root, at one that is made here.
    The name; "" where logind or utmp say it, of which nothing is made up."""
    utmp = pathlib.Path("/run/utmp")
    if os.geteuid() != 0 or pathlib.Path("/run/systemd/seats/seat0").exists() or (utmp.exists() and utmp.stat().st_size):
        return ""
    pid, _ = pty.fork()
    if pid == 0:
        os.execlp("sleep", "sleep", "300")
    atexit.register(os.kill, pid, signal.SIGKILL)
    login = pathlib.Path(f"/proc/{pid}/loginuid")
    return "root" if not login.exists() or login.read_text().strip() in ("0", "4294967295") else ""


terminal = at_a_terminal()
with Demonstration() as demo:
    console = (BUILD / "work/console").resolve()
    env = {**os.environ, "CUSTODY_VERIFY": str((BIN / "custody-verify").resolve()), "CUSTODY_TERMINAL": terminal}
    done = subprocess.run(["node", console / "test/console.mjs", demo.home / "demo.json"], cwd=console, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
