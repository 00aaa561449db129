#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Guardians, the rotation of the key, and the banner of an owner who is the one way in, in a real Chromium on a real service:
console/test/recovery.mjs does the clicking."""
from house import *

with House() as house:
    owner = house.claim("kept", full_name="Olga Owner")
    house.member(owner, "owner", "second")
    house.member(owner, "viewer", "vera")
    alone = house.claim("alone")
    alone.post("/v1/recover", {"tenant": "alone", "kit": alone.kit, "username": "owner", "password": PASSWORD})
    facts = {"url": f"https://localhost:{house.port}", "password": PASSWORD, "kit": owner.kit}
    (house.folder / "recovery.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/recovery.mjs", house.folder / "recovery.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
