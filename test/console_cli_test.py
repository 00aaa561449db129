#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line signs in by a real Chromium, on a real service: console/test/cli.mjs does the clicking."""
from keeping import *

with House() as house:
    house.claim("terminals", full_name="Olga Owner")
    trusted(house)
    facts = {"url": f"https://localhost:{house.port}", "tenant": "terminals", "login": "owner", "password": PASSWORD, "other": free_port(),
             "custody": {"program": str((BIN / "custody").resolve()), "authority": str(house.folder / "authority.pem"), "folder": str(house.folder)}}
    (house.folder / "cli.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/cli.mjs", house.folder / "cli.json"], cwd=console)
sys.exit(done.returncode)
