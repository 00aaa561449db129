#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk that is really full, under the store, the keyring, the snapshots and the archives in turn: one clear error, nothing half, and
with room it goes on."""
import ctypes

from house import *

SPACES = 0x20000
NAME = "zqalice"


def own_mounts():
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(SPACES) != 0:
        raise Skipped("small disks need the right to mount them")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def small_disk(path, mebibytes, owner=0):
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=755,uid={owner}", "none", path], check=True)


@contextlib.contextmanager
def full(disk, but=0):
    """Not a byte is left while this lasts, or a part of all."""
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while shutil.disk_usage(disk).free > shutil.disk_usage(disk).total * but:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()


def given(house):
    owner = house.claim("one")
    endpoint, alice = house.enrol(owner), secrets.token_bytes(16)
    endpoint.accounts([alice])
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-before")]), item(ACCOUNT, alice, alice, [account(alice, NAME)])])
    for number in range(2, 8):
        endpoint.report(number, [item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program(f"zq{number}-{one}", "1") for one in range(200)])])
    return owner, endpoint


def names(owner):
    return [one["name"] for one in owner.get("/v1/devices")["items"]]


def failed(owner, asked, word):
    ended = work(owner, asked["work"])
    assert ended["state"] == "failed" and word in ended["note"], ended


def a_full_disk_under_each_store_is_one_clear_error_and_with_room_it_goes_on():
    own_mounts()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-full-"))
    house = House(folder, "--erasure-cooling", "0")
    disks = {name: house.home / name for name in ("store", "snapshots", "keyring")}
    for name, disk in disks.items():
        small_disk(disk, 24)
    small_disk(disks["store"] / "exports", 4, 61801)  # the web process's
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for disk in [*disks.values(), disks["store"] / "exports"]:
            stack.callback(subprocess.run, ["umount", "-l", disk])
        with house:
            owner, endpoint = given(house)
            snapshot = taken(owner)
            assert work(owner, owner.post("/v1/drills", {})["work"])["state"] == "done", owner.get("/v1/works")

            with full(disks["snapshots"]):  # a snapshot, a drill
                failed(owner, owner.post("/v1/snapshots", {}), "full")
                failed(owner, owner.post("/v1/drills", {}), "room")
            assert not list((disks["snapshots"] / "drill").glob("*"))
            assert work(owner, owner.post("/v1/drills", {})["work"])["state"] == "done", owner.get("/v1/works")

            endpoint.report(20, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-after")])])
            with full(disks["store"], 0.018):  # what is left is not for endpoints
                time.sleep(1.1)
                refused(503, lambda: endpoint.report(21, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-late")])]))
                refused(503, lambda: endpoint.post("/agent/v1/launches", field(1, endpoint.epoch) + field(2, 1)))
                owner.put("/v1/settings", {**ALL_ON, "mac_address": False})
            time.sleep(1.1)
            with full(disks["store"]):  # a restore in place
                failed(owner, owner.post(f"/v1/snapshots/{snapshot['id']}/restore", {"typed": "one"}), "full")
                assert names(owner) == ["zq-after"]
            done = work(owner, owner.post(f"/v1/snapshots/{snapshot['id']}/restore", {"typed": "one"})["work"])
            assert done["state"] == "done" and names(owner) == ["zq-before"], done
            endpoint.report(21, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-again")])])

            identity = folder / "identity"
            subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
            owner.put("/v1/break-glass", {"recipient": subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()})
            export = owner.post("/v1/exports", {"typed": "one"})
            run = lambda: Client(house, dict(owner.headers)).post(f"/v1/exports/{export['id']}/archive", {"ticket": export["ticket"]}).decode()
            with full(disks["store"] / "exports"):  # an export
                said = run()
                assert "no room on the service's disk for this archive" in said, said
                assert [one.name for one in (disks["store"] / "exports").iterdir()] == ["filler"]
            assert "event: end" in run()

            found = owner.post("/v1/people/search", {"name": NAME})["items"][0]["id"]
            forget = lambda: owner.post("/v1/people/forget", {"accounts": [found], "typed": NAME, "password": PASSWORD, "mentions": 0})
            with full(disks["keyring"]):  # a person
                refused(503, forget)
                assert owner.get("/v1/people/forgotten")["items"] == []
            assert forget()["keys"] == 0

            tenant = owner.get("/v1/session")["tenant"]["id"]
            hold = owner.post("/v1/holds", {"target": endpoint.name, "case": "2026/17", "reason": "a claim"})
            erasure = owner.post("/v1/erasure", {"typed": "one", "password": PASSWORD})
            with full(disks["store"]), full(disks["keyring"]):  # a client, around a hold
                time.sleep(3)
                assert house.nobody().get(f"/v1/certificates/{erasure['id']}")["state"] in ("cooling", "marked", "destroyed")
            until = time.time() + 60
            while (now := house.nobody().get(f"/v1/certificates/{erasure['id']}"))["state"] != "certified":
                assert time.time() < until, now
                time.sleep(0.2)
            assert [kept["hold"] for kept in now["kept"]] == [hold["id"]], now
            assert not [one for one in disks["snapshots"].rglob(tenant + "*") if "log" not in one.parts]


main([a_full_disk_under_each_store_is_one_clear_error_and_with_room_it_goes_on])
