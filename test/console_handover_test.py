#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What leaves the service, in a real Chromium on a real service: console/test/handover.mjs does the clicking."""
from house import *
from video import video

with House() as house:
    owner = house.claim("handover")
    adam = house.member(owner, "administrator", "adam")
    endpoint = house.enrol(owner, name="zq-laptop")
    person = secrets.token_bytes(16)
    endpoint.accounts([person])
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-laptop")]), item(ACCOUNT, person, person, [account(person, "zq-alice")]),
                        item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2"), program("=zq<script>", "1")])])
    for number in range(3):
        upload(endpoint, number + 1, [(person, [launch(time.time() - 60 * number, f"/usr/bin/zq{number}", person)])])
    endpoint.recorded("acc_" + base64.b32encode(person).decode().lower().rstrip("="), video(2))
    identity = house.folder.resolve() / "identity"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    facts = {"url": f"https://localhost:{house.port}", "tenant": "handover", "login": "owner", "password": PASSWORD,
             "identity": str(identity), "folder": str(house.folder.resolve()),
             "recipient": subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip(),
             "member": adam.id, "account": "acc_" + base64.b32encode(person).decode().lower().rstrip("=")}
    (house.folder / "handover.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/handover.mjs", house.folder / "handover.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
