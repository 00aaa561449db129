#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passkeys in a real Chromium, on a real service: console/test/passkeys.mjs does the clicking."""
from house import *

with House() as house:
    house.claim("passkeys", full_name="Olga Owner")
    house.claim("another")
    house.staff("sam")
    facts = {"url": f"https://localhost:{house.port}", "tenant": "passkeys", "other": "another", "login": "owner", "password": PASSWORD, "staff": "sam"}
    (house.folder / "passkeys.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/passkeys.mjs", house.folder / "passkeys.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
