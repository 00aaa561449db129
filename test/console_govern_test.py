#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Launches, policies and elevations in the console, in a real Chromium: console/test/govern.mjs does the clicking. What
endpoints say comes over their own wire, with their own certificates: from here, and from the browser's side while it looks."""
import hashlib

from house import *

BEFORE = """# What every machine does
allow    record=path,package  any          : package=any
deny     record=path,package,args  user=people  : path=/tmp/** trust=none
default  observe record=path,args
"""
NOW = [{"name": "20-people.rules", "text": """# People
allow    user=people  : path=/tmp/build/** args="--safe"
deny     record=path,package,args  user=people  : path=/tmp/**
deny     user=%s  : path=/usr/bin/nc
elevate  needs=reason minutes=15  group=sudo  : path=/usr/bin/apt-get args="update"
"""}, {"name": "90-rest.rules", "text": """# Everything else
allow    record=path,package  any  : package=any
default  observe record=all
"""}]


def launch(at, path, account, decision, **more):
    """One packed launch; `at` in seconds."""
    out = field(1, int(at * 1000)) + field(2, decision) if decision else field(1, int(at * 1000))
    for tag, name in ((3, "count"), (4, "policy"), (5, "rule")):
        out += field(tag, more[name]) if name in more else b""
    out += field(6, account) + field(7, path)
    for tag, name in ((8, "sha256"), (9, "package"), (10, "parent"), (11, "args"), (13, "reason")):
        out += field(tag, more[name]) if name in more else b""
    return out


def upload(endpoint, sequence, subject, launches):
    batch = field(1, subject) + field(2, zstd(b"".join(field(1, one) for one in launches)))
    return field(1, endpoint.epoch) + field(2, sequence) + field(3, batch)


def asks(id, account, path, args, **more):
    """One packed elevation that waits for an approval; `args` each with a NUL behind it."""
    out = field(1, id) + field(2, account) + field(3, 2) + field(4, int(time.time() * 1000))
    out += field(5, more["minutes"]) if "minutes" in more else b""
    return out + field(6, "open") + field(8, path) + field(9, args) + (field(10, more["reason"]) if "reason" in more else b"")


def spelt(endpoint, account, path, args):
    """What the terminal of a machine without the service shows: docs/formats/policy.md, in Crockford's base 32."""
    command = hashlib.sha256(b"0\0" + path.encode() + b"\0" + args).digest()
    whole = endpoint.id + secrets.token_bytes(16) + account + (2).to_bytes(4, "big") + command[:5]
    whole += hashlib.sha256(whole).digest()[:2]
    bits = "".join(f"{byte:08b}" for byte in whole)
    bits += "0" * (-len(bits) % 5)
    text = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(bits[at:at + 5], 2)] for at in range(0, len(bits), 5))
    return " ".join(text[at:at + 5] for at in range(0, len(text), 5))


def machine(house, owner, name, people):
    """An enrolled device that has reported these people, and keeps their ids."""
    endpoint = house.enrol(owner, name=name)
    endpoint.people = {person: secrets.token_bytes(16) for person in [*people, "root"]}
    endpoint.accounts(list(endpoint.people.values()))
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, name)])] +
                    [item(ACCOUNT, id, endpoint.id if person == "root" else id, [account(id, person)]) for person, id in endpoint.people.items()])
    return endpoint


def launched(endpoint):
    """A day of it, decided by policy 2."""
    anna, now = endpoint.people["anna"], time.time()
    told = {"policy": 2, "rule": 2}
    mine = [launch(now - 1800 * back, f"/usr/bin/tool-{back % 9}", anna, 0, package="coreutils", policy=2, rule=5, count=1 + back % 3) for back in range(14)]
    mine += [launch(now - 300, "/tmp/build/run", anna, 1, args="--all", parent="/usr/bin/bash", sha256=secrets.token_bytes(32), **told),
             launch(now - 4000, "/usr/bin/apt-get", anna, 2, args="update", reason="the mirror moved", policy=2, rule=4),
             launch(now - 9000, "/opt/odd/tool", anna, 3, policy=2)]
    endpoint.post("/agent/v1/launches", upload(endpoint, 1, anna, mine))
    own = [launch(now - 100 - 900 * back, "/usr/sbin/cron", b"\0" * 16, 0, package="cron", policy=2, rule=5) for back in range(6)]
    endpoint.post("/agent/v1/launches", upload(endpoint, 2, endpoint.id, own))


def signed_elsewhere(house, owner):
    """A client whose signing key the service never has: its first policy, signed where the key is."""
    key, rules, note = house.folder / "signing-key", house.folder / "10-first.rules", house.folder / "policy.note"
    made = subprocess.run([BIN / "custody", "policy", "key", owner.get("/v1/session")["tenant"]["id"], "--output", key],
                          check=True, capture_output=True, text=True)
    owner.post("/v1/signers", {"password": PASSWORD, "key": made.stdout.strip()})
    rules.write_text("default observe\n")
    subprocess.run([BIN / "custody", "policy", "sign", rules, "--key", key, "--number", "1", "--days", "90", "--output", note], check=True)
    return str(note)


with House() as house:
    note = signed_elsewhere(house, house.claim("empty"))
    owner = house.claim("govern", full_name="Olga Owner")
    web, lab = machine(house, owner, "web-01", ["anna", "ben"]), machine(house, owner, "lab-02", ["carla"])
    machine(house, owner, "old-03", [])
    anna = base64.b32encode(web.people["anna"]).decode().lower().rstrip("=")
    owner.post("/v1/policies", {"files": [{"name": "10-first.rules", "text": BEFORE}], "days": 30, "password": PASSWORD})
    owner.post("/v1/policies", {"files": [{**one, "text": one["text"].replace("%s", f"acc_{anna}")} for one in NOW], "days": 90, "password": PASSWORD})
    web.get("/agent/v1/settings?policy=2&enforcing=yes&trouble=none&restarts=1&lost=40")
    lab.get("/agent/v1/settings?policy=1&enforcing=yes&trouble=names")
    launched(web)
    for path, args, more in (("/usr/bin/apt-get", b"install\0nmap\0", {"reason": "to look at the network", "minutes": 15}),
                             ("/usr/bin/systemctl", b"restart\0my service\0", {})):
        web.post("/agent/v1/elevations", field(1, asks(secrets.token_bytes(16), web.people["anna"], path, args, **more)))
    (house.folder / "live.bin").write_bytes(upload(web, 3, web.people["ben"], [launch(time.time(), "/usr/bin/just-now", web.people["ben"], 1, policy=2, rule=2)]))
    facts = {"url": f"https://localhost:{house.port}", "agents": f"https://localhost:{house.port + 1}", "tenant": "govern",
             "login": "owner", "password": PASSWORD, "device": web.name, "anna": f"acc_{anna}", "note": note, "live": str(house.folder / "live.bin"),
             "spelt": spelt(web, web.people["anna"], "/usr/bin/id", b"-u\0"),
             "certificate": str(web.folder / "certificate.pem"), "key": str(web.folder / "key.pem")}
    (house.folder / "govern.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/govern.mjs", house.folder / "govern.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
