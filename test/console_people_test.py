#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Members, approval, support access and the provider's side in a real Chromium, on a real service: console/test/people.mjs
does the clicking."""
from house import *

with House() as house:
    owner = house.claim("people", full_name="Olga Owner")
    house.member(owner, "administrator", "adam")
    directory = owner.post("/v1/tokens", {"name": "directory", "scope": "scim", "days": 1})["token"]
    Client(house, {"Authorization": "Bearer " + directory}).post("/scim/v2/Users", {
        "userName": "petra@example.com", "displayName": "Petra Provisioned", "emails": [{"value": "petra@example.com"}]})
    house.member(owner, "viewer", "willy", keyed=False)
    key = owner.post("/v1/deployment-keys", {"name": "k", "uses": 2, "days": 1})["key"]
    for number in (1, 2):
        endpoint = house.enrol(owner, key)
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, f"lab-0{number}")]),
                            item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2")])])
        upload(endpoint, 2, [(endpoint.id, [launch(time.time() - 60, "/usr/sbin/cron")])])
    taken(owner)
    house.operator("POST", "/operator/v1/tenants", {"name": "nobodys"})
    house.staff("second")
    facts = {"url": f"https://localhost:{house.port}", "tenant": "people", "login": "owner", "password": PASSWORD,
             "socket": str((house.home / "run/operator.sock").resolve())}
    (house.folder / "people.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/people.mjs", house.folder / "people.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
