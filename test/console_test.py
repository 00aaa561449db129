#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The console in a real Chromium, on the demonstration: console/test/console.mjs does the clicking."""
from demonstration import *

with Demonstration() as demo:
    console = (BUILD / "work/console").resolve()
    env = {**os.environ, "CUSTODY_VERIFY": str((BIN / "custody-verify").resolve())}
    done = subprocess.run(["node", console / "test/console.mjs", demo.home / "demo.json"], cwd=console, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
