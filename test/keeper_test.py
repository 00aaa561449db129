#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A keeper in a client's network, beside the real service: set up, approved, at work, killed, robbed and revoked."""
import re, threading, zipfile

from keeping import *
from provider import *


class Listener:
    """What a client watches its machines with: syslog over UDP."""

    def __init__(self):
        self.socket, self.heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), []
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.3)
        self.port = self.socket.getsockname()[1]

    def hear(self):
        with contextlib.suppress(TimeoutError):
            while True:
                self.heard.append(self.socket.recv(65536).decode())
        return self.heard

    def entries(self):
        return [json.loads(message[message.index(" - {") + 3:]) for message in self.hear()]


class Narrow:
    """A way to the service that lets so many bytes of its answers through, and then holds them."""

    def __init__(self, port, most):
        self.to, self.most, self.passed, self.held = port, most, 0, threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            near = self.door.accept()[0]
            far = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.carry, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, True), daemon=True).start()

    def carry(self, source, sink, counted):
        with contextlib.suppress(OSError):
            while piece := source.recv(16384):
                self.passed += len(piece) * counted
                if counted and self.passed > self.most:
                    self.held.set()
                    return
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)


def it_is_set_up_and_opens_nothing_before_an_owner_compared_its_fingerprint(house, owner, identity):
    keeper = Keeper(house, owner, "first", settings="export daily 03:30\nexport-to WORK\n")
    said = keeper.once()
    shown = kept(owner, keeper)
    assert shown["fingerprint"] in said and shown["state"] == "waiting" and not list(keeper.work.iterdir())
    assert keeper.folder.stat().st_mode & 0o77 == 0 and (keeper.folder / "keeper.key").stat().st_mode & 0o77 == 0
    refused(400, lambda: owner.post(f"/v1/keepers/{keeper.id}/approve", {"fingerprint": "0" * 32, "releases": False}))
    assert approve(owner, keeper)["state"] == "approved"
    keeper.once()
    whole = next(keeper.work.glob("exp_*.zip.age"))
    opened = subprocess.run(["age", "-d", "-i", identity, whole], check=True, capture_output=True).stdout
    (keeper.work / "opened.zip").write_bytes(opened)
    assert "manifest.json" in " ".join(zipfile.ZipFile(keeper.work / "opened.zip").namelist())
    receipt = whole.with_name(whole.name.replace(".zip.age", ".receipt")).read_text()
    assert f"handed {keeper.id} " in receipt and "accepted usr_" in receipt
    assert kept(owner, keeper)["exports"] == 1 and kept(owner, keeper)["opened"] and not kept(owner, keeper)["trouble"]
    keeper.once() # nothing is due any more
    assert len(list(keeper.work.glob("*.age"))) == 1 and not list(keeper.work.glob("*.part"))


def it_is_killed_in_the_middle_of_a_download_and_goes_on_where_it_was(house, owner, identity):
    keeper = Keeper(house, owner, "second", settings="export daily 03:30\nexport-to WORK\n")
    keeper.once()
    approve(owner, keeper)
    narrow = Narrow(house.port, 500000)
    running = keeper.start(port=narrow.port)
    assert narrow.held.wait(30)
    part = eventually(lambda: next(keeper.work.glob("*.part"), None))
    eventually(lambda: part.stat().st_size > 200000)
    running.kill()
    running.communicate()
    had = part.stat().st_size
    export = next(one for one in owner.get("/v1/exports")["items"] if one["id"] == keeper.state()["export"])
    assert 0 < had < export["size"]
    wide = Narrow(house.port, 1 << 40)
    keeper.once(port=wide.port)
    whole = keeper.work / (export["id"] + ".zip.age")
    assert whole.stat().st_size == export["size"] and wide.passed < export["size"] - had + 200000, (wide.passed, had)
    subprocess.run(["age", "-d", "-i", identity, whole], check=True, capture_output=True)


def what_happens_is_told_once_and_reports_come_by_themselves(house, owner, identity):
    listener, keeper = Listener(), None
    keeper = Keeper(house, owner, "third", settings=f"# where to\nalerts-to udp://127.0.0.1:{listener.port}\nalerts-to file:WORK/alerts.log\n"
                    "report devices daily 06:00\nreport storage every 6h\nreport-to WORK/reports\n")
    keeper.once()
    approve(owner, keeper)
    running = keeper.start()
    eventually(lambda: any(entry["act"] == "keeper.opened" for entry in listener.entries()))
    owner.post("/v1/tokens", {"name": "another", "role": "viewer", "days": 1})
    eventually(lambda: any(entry["act"] == "token.made" for entry in listener.entries()))
    running.terminate()
    assert running.communicate(timeout=20) and running.returncode == 0
    seen = [entry["seq"] for entry in listener.entries()]
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert re.match(r"<10[89]>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S+ custody-keeper - [a-z.-]+ - \{", listener.heard[0])
    owner.post("/v1/tokens", {"name": "while it was off", "role": "viewer", "days": 1})
    eventually(lambda: owner.get("/v1/log")["items"][0]["act"] == "token.made")
    keeper.once()
    seen = [entry["seq"] for entry in listener.entries()]
    assert len(seen) == len(set(seen)) and sorted(seen) == seen and listener.entries()[-1]["act"] == "token.made"
    assert [json.loads(line[line.index(" - {") + 3:])["seq"] for line in (keeper.work / "alerts.log").read_text().splitlines()] == seen
    reports = sorted(path.name for path in (keeper.work / "reports").iterdir())
    assert [name.split("-")[0] for name in reports] == ["devices", "storage"] and reports[0].endswith(".csv")
    assert "zq-name" in (keeper.work / "reports" / reports[0]).read_text() and kept(owner, keeper)["reports"] == 2
    assert kept(owner, keeper)["alerts"] == len(seen)


def whoever_waits_is_given_the_key_where_both_sides_say_so(house, owner, identity):
    keeper = Keeper(house, owner, "fourth", scope="keeper", settings="give-keys yes\n")
    keeper.once()
    approve(owner, keeper, gives="viewer")
    viewer, administrator = (house.member(owner, role, role, keyed=False) for role in ("viewer", "administrator"))
    keeper.once()
    states = {one["id"]: one["state"] for one in owner.get("/v1/members")["items"]}
    assert states[viewer.id] == "active" and states[administrator.id] == "waiting" and kept(owner, keeper)["given"] == 1
    assert house.sign_in("one", "viewer").get("/v1/devices")["items"][0]["name"] == "zq-name"
    refused(400, lambda: approve(owner, keeper, gives="owner"))


def a_stolen_token_or_a_stolen_key_is_nothing_alone_and_a_revoked_keeper_gets_nothing(house, owner, identity):
    keeper = Keeper(house, owner, "fifth", settings="report devices daily 06:00\nreport-to WORK\n")
    keeper.once()
    approve(owner, keeper)
    thief = Client(house, {"Authorization": "Bearer " + keeper.token.read_text().strip()})
    refused(423, lambda: thief.get("/v1/devices"))
    told = thief.post("/v1/keeper/poll", {"key": True, "exports": 0, "reports": 0, "alerts": 0})
    assert len(told["sealed"]) == 107 # a sealed box of 32 bytes
    refused(423, lambda: thief.post("/v1/keeper/session", {"sealed": told["sealed"]}))
    (keeper.folder / "keeper.key").rename(keeper.folder / "moved")
    keeper.once(expect=5) # another pair with the same token
    other = Keeper(house, owner, "sixth")
    (keeper.folder / "moved").rename(other.folder / "keeper.key")
    other.once() # the pair with another token: it waits as any new one
    assert kept(owner, other)["state"] == "waiting" and not list(other.work.iterdir())
    (other.folder / "keeper.key").rename(keeper.folder / "keeper.key")
    running = keeper.start()
    eventually(lambda: list(keeper.work.glob("devices-*.csv")))
    owner.delete(f"/v1/keepers/{keeper.id}")
    assert running.communicate(timeout=20) and running.returncode == 3
    refused(401, lambda: thief.post("/v1/keeper/poll", {"key": True, "exports": 0, "reports": 0, "alerts": 0}))
    assert keeper.id not in [one["id"] for one in owner.get("/v1/keepers")["items"] + owner.get("/v1/tokens")["items"]]
    eventually(lambda: {"keeper.revoked", "token.ended"} <= {entry["act"] for entry in owner.get("/v1/log")["items"][:5]})


def the_key_is_released_to_a_sign_in_that_the_keeper_has_checked_by_itself(house, owner, identity):
    vera = house.member(owner, "viewer", "vera")
    provider.named(owner, opens="keeper")
    asks = provider.asks(vera.post("/v1/sso/link", {"username": "vera", "password": PASSWORD})["location"])
    assert provider.comes(vera, asks, provider.code(asks, sub="vera-1"))["state"] == "linked"
    keeper = Keeper(house, owner, "seventh", scope="keeper", settings=f"release {provider.issuer} custody\n")
    keeper.once()
    approve(owner, keeper, releases=True)
    browser, outcome = provider.enters(house, "one", sub="vera-1")
    assert outcome["session"]["locked"] and browser.post("/v1/session/release", None)["locked"]
    refused(423, lambda: browser.get("/v1/devices"))
    keeper.once()
    assert not browser.post("/v1/session/release", None)["locked"] and browser.get("/v1/devices")["items"]
    keeper.settle(f"release {provider.issuer} another-client\n") # what the service believes, the keeper does not
    browser, outcome = provider.enters(house, "one", sub="vera-1")
    said = keeper.once()
    assert "audience" in said and kept(owner, keeper)["trouble"] == "release-denied", said
    assert browser.post("/v1/session/release", None)["locked"]
    keeper.settle(f"release {provider.issuer} custody\n")
    keeper.once()
    assert browser.post("/v1/session/release", None)["keyed"]
    eventually(lambda: "keeper.released" in {entry["act"] for entry in owner.get("/v1/log")["items"]})


def in_one_house(promises):
    """The service once for all of them."""
    house = House(None, *provider.settings())
    house.__enter__()
    atexit.register(lambda: house.__exit__(None, None, None))
    owner = house.claim("one")
    endpoint, identity = house.enrol(owner), house.folder / "identity"
    programs = [program(secrets.token_hex(24), "1") for _ in range(40000)]
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")]),
                        *(item(PROGRAM, secrets.token_bytes(16), endpoint.id, programs[at:at + 10000]) for at in range(0, 1, 10000))])
    for n in range(1, 4):
        endpoint.report(n + 1, [item(PROGRAM, secrets.token_bytes(16), endpoint.id, programs[n * 10000:(n + 1) * 10000])])
    trusted(house)
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    owner.put("/v1/break-glass", {"recipient": subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()})

    def told(promise):
        def test():
            promise(house, owner, identity)
        test.__name__ = promise.__name__
        return test
    return [told(promise) for promise in promises]


with Provider() as provider:
    main(in_one_house([it_is_set_up_and_opens_nothing_before_an_owner_compared_its_fingerprint,
                       it_is_killed_in_the_middle_of_a_download_and_goes_on_where_it_was,
                       what_happens_is_told_once_and_reports_come_by_themselves,
                       whoever_waits_is_given_the_key_where_both_sides_say_so,
                       the_key_is_released_to_a_sign_in_that_the_keeper_has_checked_by_itself,
                       a_stolen_token_or_a_stolen_key_is_nothing_alone_and_a_revoked_keeper_gets_nothing]))
