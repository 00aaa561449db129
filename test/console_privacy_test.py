#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A person is found, looked at and forgotten in a real Chromium, on a real service: console/test/privacy.mjs does the
clicking."""
from house import *

with House() as house:
    owner = house.claim("privacy", full_name="Olga Owner")
    house.member(owner, "viewer", "alice"), house.member(owner, "auditor", "ari")
    key = owner.post("/v1/deployment-keys", {"name": "k", "uses": 2, "days": 1})["key"]
    for number, name in enumerate(("ALICE-LAPTOP", "lab-02")):
        endpoint, people = house.enrol(owner, key), [secrets.token_bytes(16) for _ in range(2)]
        endpoint.accounts(people)
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, name)])] +
                        [item(ACCOUNT, id, id, [account(id, who, who == "alice")]) for id, who in zip(people, ("alice", "bob"))])
        launches = [field(1, int(time.time() * 1000)) + field(6, people[0]) + field(7, "/usr/bin/vim")] * 3
        body = field(1, endpoint.epoch) + field(2, 1) + field(3, field(1, people[0]) + field(2, zstd(b"".join(field(1, one) for one in launches))))
        endpoint.post("/agent/v1/launches", body)
    owner.post("/v1/tokens", {"name": "alice's script", "role": "viewer", "days": 1})
    facts = {"url": f"https://localhost:{house.port}", "tenant": "privacy", "login": "owner", "password": PASSWORD}
    (house.folder / "privacy.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/privacy.mjs", house.folder / "privacy.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
