#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The storage page and that of the snapshots in a real Chromium, on a real service: console/test/storage.mjs does the clicking."""
from house import *


def launches(endpoint, back):
    at = int(time.time()) // 86400 * 86400 + 43200 - back * 86400
    one = field(1, at * 1000) + field(6, b"\0" * 16) + field(7, "/usr/bin/tool")
    body = field(1, endpoint.epoch) + field(2, back) + field(3, field(1, endpoint.id) + field(2, zstd(field(1, one))))
    endpoint.post("/agent/v1/launches", body)


with House() as house:
    owner = house.claim("stored", full_name="Olga Owner")
    endpoint = house.enrol(owner)
    house.claim("second", full_name="Sven Second")
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "lab-01")]),
                        item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2")] * 40)])
    for back in range(1, 10):
        launches(endpoint, back)
    snapshot = taken(owner)["id"]
    endpoint.report(2, [item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("later", "1.0")])])
    facts = {"url": f"https://localhost:{house.port}", "tenant": "stored", "login": "owner", "password": PASSWORD, "device": endpoint.name,
             "snapshot": snapshot, "other": "second"}
    (house.folder / "storage.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/storage.mjs", house.folder / "storage.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
