#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tokens with scopes, and keepers, in a real Chromium, on a real service: console/test/keepers.mjs does the clicking."""
from outside import *

with folder() as at, House(at / "service") as house:
    house.claim("keepers", full_name="Olga Owner")
    facts = {"url": f"https://localhost:{house.port}", "tenant": "keepers", "login": "owner", "password": PASSWORD}
    (at / "keepers.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/keepers.mjs", at / "keepers.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
