#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client's licence in a real Chromium, on a real service: console/test/life.mjs does the clicking, and asks here for what the
provider's side does."""
import datetime

from house import *


def day(offset):
    return (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=offset)).isoformat()


def confirm():
    """What hastens takes two; then the clock has its turn."""
    order = next(one["id"] for one in second.get("/operator/v1/orders")["items"] if one["act"] == "contract.hasten")
    second.post(f"/operator/v1/orders/{order}/confirm", None)
    while not second.get(path)["facts"].get("deactivated"):
        time.sleep(0.2)


with House() as house:
    owner = house.claim("life", full_name="Olga Owner")
    endpoint = house.enrol(owner)
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "lab-01")])])
    staff, second = house.staff(), house.staff("second")
    path = f"/operator/v1/clients/{owner.get('/v1/session')['tenant']['id']}/contract"
    staff.put(path, {"licence_end": day(-3), "capacity_gib": 100})
    facts = {"over": day(-30), "renewed": day(365), "client": path.split("/")[4], "url": f"https://localhost:{house.port}", "tenant": "life", "login": "owner", "password": PASSWORD, "device": endpoint.name}
    (house.folder / "life.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    run = subprocess.Popen(["node", console / "test/life.mjs", house.folder / "life.json"], cwd=console, text=True,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in run.stdout:
        if line.startswith("asks "):
            {"confirm": confirm}[line.split()[1]]()
            run.stdin.write("done\n")
            run.stdin.flush()
        else:
            print(line, end="", flush=True)
sys.exit(run.wait())
