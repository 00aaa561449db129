#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The deletion of everything in a real Chromium, on a real service: console/test/erasure.mjs does the clicking."""
from house import *

with House(None, "--erasure-cooling", "1") as house:
    owner = house.claim("leaving", full_name="Olga Owner")
    house.member(owner, "auditor", "audrey")
    endpoint = house.enrol(owner)
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "lab-01")]),
                        item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2")])])
    facts = {"url": f"https://localhost:{house.port}", "tenant": "leaving", "login": "owner", "password": PASSWORD}
    (house.folder / "erasure.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/erasure.mjs", house.folder / "erasure.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
