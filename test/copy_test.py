#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client's snapshot in another client, by the real service: its owner reads it with its own key; whom the original forgets is
forgotten there, what the copy does stays there; killed half way it is not begun or whole; erased with its original."""
import sqlite3

from archives import *
from house import *
from video import video

NAME, PATH = "zqalice", "/opt/zqpath/tool"


def text_of(prefix, id):
    return prefix + "_" + base64.b32encode(id).decode().lower().rstrip("=")


class Original:
    """A client with two devices, whom one person uses, with launches and a recording; and a snapshot of it."""

    def __init__(self, name, programs=1):
        self.name, self.owner = name, house.claim(name)
        self.one, self.two = (house.enrol(self.owner, name=f"zq-{name}-{each}") for each in ("one", "two"))
        self.alice = secrets.token_bytes(16)
        self.account = text_of("acc", self.alice)
        self.one.accounts([self.alice])
        self.report(self.one, 1, [item(ACCOUNT, self.alice, self.alice, [account(self.alice, NAME, True)])], programs)
        self.report(self.two, 1, [], programs)
        upload(self.one, 1, [(self.alice, [launch(time.time(), PATH, self.alice)] * 3)])
        self.recording = self.one.recorded(self.account, video(2))
        self.snapshot = taken(self.owner)["id"]

    def report(self, device, sequence, more, programs=1):
        device.report(sequence, [item(DEVICE, device.id, device.id, [field(4, f"zq-{self.name}-" + ("one" if device is self.one else "two"))]),
                                 item(PROGRAM, secrets.token_bytes(16), device.id,
                                      [program(f"zq-program-{number}", "1.0") for number in range(programs)]), *more])

    def forget(self, person=None):
        return (person or self.owner).post("/v1/people/forget", {"accounts": [self.account], "typed": NAME, "password": PASSWORD, "mentions": 0})


def copy_of(owner, id):
    return next(one for one in owner.get("/v1/copies")["items"] if one["id"] == id)


def until(owner, id, *states):
    for _ in range(600):
        copy = copy_of(owner, id)
        if copy["state"] in states:
            return copy
        assert not copy["trouble"], copy
        time.sleep(0.05)
    raise AssertionError(copy)


def counted(original, into, code=None):
    code = code or into.post("/v1/copies", None)["code"]
    asked = original.owner.post(f"/v1/snapshots/{original.snapshot}/copy", {"code": code})
    return until(original.owner, asked["id"], "counted")


def given(original, copy, name, password=PASSWORD):
    return original.owner.post(f"/v1/copies/{copy['id']}/give", {"typed": name, "password": password})


def sealed(original, copy):
    while (now := original.owner.post(f"/v1/copies/{copy['id']}/go-on", None))["state"] == "sealing":
        pass
    return now


def copied(original, name):
    """The other client's owner, once it has all of it."""
    into = house.claim(name)
    copy = counted(original, into)
    given(original, copy, name)
    sealed(original, copy)
    until(into, copy["id"], "done")
    return into


def names(owner):
    return sorted(device["name"] for device in owner.get("/v1/devices")["items"] if device["name"])


def shown(owner, device):
    whole = owner.get("/v1/devices/" + device.name)
    return {one["name"] for one in whole["accounts"]}, len(whole["programs"])


def launched(owner):
    return {one["path"] for one in owner.get("/v1/launches")["items"]}


def acts(owner, prefix):
    for _ in range(100):
        about = owner.get("/v1/log/about")
        if about["size"] == about["entries"]:
            break
        time.sleep(0.1)
    return [entry["act"] for entry in owner.get("/v1/log?act=" + prefix)["items"]]


def rows_of(owner):
    """What stands in its file, by table."""
    tenant = owner.get("/v1/session")["tenant"]["id"]
    with contextlib.closing(sqlite3.connect(f"file:{house.home}/store/tenants/{tenant}.db?mode=ro", uri=True)) as db:
        return {table: db.execute(f"select count(*) from {table}").fetchone()[0]
                for table in ("devices", "accounts", "programs", "launch_chains", "followings", "policies")}


def its_owner_reads_it_with_its_own_key_and_nothing_else_of_the_original_has_come():
    original = Original("first")
    policy = {"files": [{"name": "90-default.rules", "text": "default observe\n"}], "days": 1, "password": PASSWORD}
    original.owner.post("/v1/policies", policy)
    house.member(original.owner, "viewer", "seen")
    before = (names(original.owner), launched(original.owner))
    into = house.claim("second")
    copy = counted(original, into)
    assert copy["name"] == "second" and copy["records"] >= 7 and copy["subjects"] >= 4 and copy["left"] == copy["subjects"], copy
    assert names(into) == [] and rows_of(into)["devices"] == 0
    given(original, copy, "second")
    assert sealed(original, copy)["state"] in ("filling", "done")
    done = until(into, copy["id"], "done")
    assert done["whence"] == original.owner.get("/v1/session")["tenant"]["id"] and done["left"] == 0, done
    assert names(into) == ["zq-first-one", "zq-first-two"] and launched(into) == {PATH}
    assert shown(into, original.one) == ({NAME}, 1), shown(into, original.one)
    assert len(into.get("/v1/members")["items"]) == 1 and len(into.get("/v1/devices")["items"]) == 2
    assert not into.get("/v1/policies")["items"] and rows_of(into)["followings"] == rows_of(into)["policies"] == 0
    assert (names(original.owner), launched(original.owner)) == before
    assert acts(into, "copy.") == ["copy.done", "copy.begun", "copy.offered"], acts(into, "copy.")
    assert acts(original.owner, "copy.") == ["copy.done", "copy.begun"]
    identity, recipient = key_pair(house)
    into.put("/v1/break-glass", {"recipient": recipient})
    archive = opened(identity, fetch(into, exported(into, "second"))[2])
    assert archive.read(f"recordings/{original.recording}.mp4") == b"".join(video(2)) and manifest_checked(archive) == []
    # it goes on as any other: an endpoint of its own, a snapshot, a drill, and its accounts of what it keeps
    device = house.enrol(into, name="zq-second-own")
    device.report(1, [item(DEVICE, device.id, device.id, [field(4, "zq-second-own")])])
    assert names(into) == ["zq-first-one", "zq-first-two", "zq-second-own"]
    snapshot = taken(into)
    assert work(into, into.post("/v1/snapshots/verify", {})["work"])["state"] == "done"
    drill = work(into, into.post("/v1/drills", {})["work"])
    assert drill["state"] == "done", drill
    into.delete("/v1/devices/" + device.name)
    back = work(into, into.post(f"/v1/snapshots/{snapshot['id']}/restore", {"typed": "second"})["work"])
    assert back["state"] == "done" and names(into) == ["zq-first-one", "zq-first-two"], back
    found = [one["id"] for one in into.get("/v1/prove")["promises"] if one["state"] == "broken"]
    assert not found, [one for one in into.get("/v1/prove")["promises"] if one["state"] == "broken"]


def a_code_is_for_owners_of_an_empty_organisation_once():
    original, into = Original("coded"), house.claim("empty")
    admin = house.member(into, "administrator")
    refused(403, lambda: admin.post("/v1/copies", None))
    refused(409, lambda: original.owner.post("/v1/copies", None))
    code = into.post("/v1/copies", None)["code"]
    path = f"/v1/snapshots/{original.snapshot}/copy"
    refused(403, lambda: house.member(original.owner, "administrator").post(path, {"code": code}))
    refused(404, lambda: into.post(path, {"code": code}))  # of another's snapshot
    refused(400, lambda: original.owner.post(path, {"code": "ccp_nothing"}))
    copy = counted(original, into, code)
    third = house.claim("third")
    refused(403, lambda: third.post(f"/v1/snapshots/{taken(third)['id']}/copy", {"code": code}))
    refused(400, lambda: given(original, copy, "Empty"))
    refused(403, lambda: given(original, copy, "empty", PASSWORD + "!"))
    given(original, copy, "empty")
    refused(403, lambda: given(original, copy, "empty"))
    refused(403, lambda: original.owner.post(path, {"code": code}))
    key = into.post("/v1/deployment-keys", {"name": "k", "uses": 1, "days": 1})["key"]
    refused(503, lambda: house.enrol(into, key))
    sealed(original, copy)
    until(into, copy["id"], "done")
    house.enrol(into, key)


def whom_the_original_forgets_nobody_opens_in_the_copy_any_more():
    original = Original("forgets")
    into = copied(original, "copied")
    assert shown(into, original.one)[0] == {NAME} and launched(into) == {PATH}
    assert rows_of(into)["accounts"] == 1
    original.forget()
    assert shown(into, original.one)[0] == set() and launched(into) == set()
    for _ in range(100):
        if rows_of(into)["accounts"] == 0:
            break
        time.sleep(0.1)
    assert rows_of(into)["accounts"] == 0 and rows_of(into)["launch_chains"] == 0, rows_of(into)
    assert "copy.reached" in acts(into, "copy.") and "copy.reached" in acts(original.owner, "copy.")
    assert into.get("/v1/people/forgotten")["items"][0]["by"] is None
    assert promise(into, "person.forget")["state"] == promise(original.owner, "person.forget")["state"] == "kept"
    original.owner.delete("/v1/devices/" + original.two.name)
    assert names(into) == ["zq-forgets-one"], names(into)


def what_the_copy_forgets_or_removes_stays_in_the_original():
    original = Original("keeps")
    into = copied(original, "lets-go")
    original.forget(into)
    assert shown(into, original.one)[0] == set() and shown(original.owner, original.one)[0] == {NAME}
    into.delete("/v1/devices/" + original.two.name)
    assert names(into) == ["zq-keeps-one"] and names(original.owner) == ["zq-keeps-one", "zq-keeps-two"]
    original.report(original.two, 2, [])  # its endpoint is the original's as before
    assert launched(original.owner) == {PATH}
    acted = acts(original.owner, "copy.")
    assert "copy.reached" not in acted, acted


def killed_half_way_it_is_not_begun_or_whole():
    original = Original("killed", 400)
    into = house.claim("survives")
    copy = counted(original, into)
    given(original, copy, "survives")
    house.kill("custody-keys")
    assert copy_of(original.owner, copy["id"])["state"] == "sealing" and names(into) == []
    sealed(original, copy)
    house.kill("custody-jobs")
    house.kill_all()
    until(into, copy["id"], "done")
    assert names(into) == ["zq-killed-one", "zq-killed-two"] and shown(into, original.one) == ({NAME}, 400)
    assert work(into, into.post("/v1/snapshots", {})["work"])["state"] == "done"


def given_up_nothing_of_it_is_left():
    original, into = Original("regrets"), house.claim("left-out")
    copy = counted(original, into)
    given(original, copy, "left-out")
    assert into.post(f"/v1/copies/{copy['id']}/end", None)["state"] == "ended"
    assert names(into) == [] and acts(original.owner, "copy.")[0] == "copy.ended"
    refused(409, lambda: into.post(f"/v1/copies/{copy['id']}/end", None))
    into.post("/v1/copies", None)
    house.enrol(into)


def with_its_original_erased_the_copy_is_dead():
    original = Original("erased")
    into = copied(original, "outlives")
    assert names(into)
    original.owner.post("/v1/erasure", {"typed": "erased", "password": PASSWORD})
    for _ in range(300):
        if "copy.ended" in acts(into, "copy."):
            break
        time.sleep(0.1)
    assert names(into) == [] and launched(into) == set()
    assert acts(into, "copy.")[0] == "copy.ended"
    again = work(into, into.post("/v1/snapshots", {})["work"])
    assert again["state"] == "done", again


with House(None, "--erasure-cooling", "0") as house:
    main([its_owner_reads_it_with_its_own_key_and_nothing_else_of_the_original_has_come,
          a_code_is_for_owners_of_an_empty_organisation_once, whom_the_original_forgets_nobody_opens_in_the_copy_any_more,
          what_the_copy_forgets_or_removes_stays_in_the_original, killed_half_way_it_is_not_begun_or_whole,
          given_up_nothing_of_it_is_left, with_its_original_erased_the_copy_is_dead])
