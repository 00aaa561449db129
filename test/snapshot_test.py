#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Snapshots by the real service: one asked for and followed, what it leaves on the disk, files that were altered, and what
the service says of all that."""
import random, sqlite3

from house import *


def folder_of(owner):
    return house.home / "snapshots" / owner.get("/v1/session")["tenant"]["id"]


def reported(owner, name="zq-one"):
    device = house.enrol(owner, name=name)
    device.report(1, [item(7, random.randbytes(16), device.id, [program("zq-program", "1.0")])])
    return device


def a_snapshot_is_taken_verified_and_told_of():
    owner = house.claim("example")
    reported(owner)
    assert promise(owner, "backup.daily")["state"] == "not yet due"
    snapshot = taken(owner)
    assert snapshot["why"] == "asked" and snapshot["state"] == "kept" and snapshot["rows"] > 3, snapshot
    assert snapshot["verified"] and snapshot["wrong"] == 0 and snapshot["same_device"], snapshot
    daily = promise(owner, "backup.daily")
    assert daily["state"] == "kept" and "same device" in daily["evidence"], daily
    acts = [entry["act"] for entry in owner.get("/v1/log?act=snapshot.")["items"]]
    assert {"snapshot.asked", "snapshot.taken", "snapshot.verified"} <= set(acts), acts


def the_second_adds_what_changed_and_nothing_in_clear_is_in_either():
    owner = house.claim("second")
    for number in range(20):
        reported(owner, f"zq-{number}")
    first = taken(owner)
    reported(owner, "zq-more")
    second = taken(owner)
    assert second["new_bytes"] < first["new_bytes"], (first, second)
    files = list(folder_of(owner).iterdir())
    assert sum(file.name.endswith(".manifest") for file in files) == 2
    for file in files:
        assert b"zq-" not in file.read_bytes(), file


def an_altered_file_is_named_and_the_next_snapshot_is_whole():
    owner = house.claim("third")
    reported(owner)
    taken(owner)
    segment = max(folder_of(owner).glob("seg_*"), key=lambda file: file.stat().st_size)
    bytes_ = bytearray(segment.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    segment.write_bytes(bytes_)
    ended = work(owner, owner.post("/v1/snapshots/verify", {})["work"])
    assert ended["state"] == "done" and segment.name in ended["note"], ended
    snapshot = owner.get("/v1/snapshots")["items"][0]
    assert snapshot["wrong"] == 1 and segment.name in snapshot["trouble"], snapshot
    assert promise(owner, "backup.daily")["state"] == "broken"
    whole = taken(owner)
    assert whole["wrong"] == 0
    assert promise(owner, "backup.daily")["state"] == "kept"
    work(owner, owner.post("/v1/snapshots/verify", {})["work"])
    wrong = {item["id"]: item["wrong"] for item in owner.get("/v1/snapshots")["items"]}
    assert wrong == {whole["id"]: 0, snapshot["id"]: 1}, wrong


def the_services_own_state_is_taken_by_the_clock_and_its_logs_are_mirrored():
    owner = house.claim("fourth")
    for _ in range(900):
        if owner.get("/v1/snapshots")["service"]["verified"]:
            break
        time.sleep(0.1)
    assert owner.get("/v1/snapshots")["service"]["wrong"] == 0
    assert list((house.home / "snapshots/service").glob("*.manifest"))
    for _ in range(100):
        if list((house.home / "snapshots/log").glob("*/checkpoint")):
            return
        time.sleep(0.1)
    raise AssertionError("no log was mirrored")


def without_a_snapshot_of_the_services_own_state_the_promise_is_broken():
    owner = house.claim("sixth")
    reported(owner)
    taken(owner)
    for _ in range(900):
        if owner.get("/v1/snapshots")["service"]["verified"]:
            break
        time.sleep(0.1)
    assert promise(owner, "backup.daily")["state"] == "kept"
    for change, said in ("made = made - 90000000", "is too old"), ("wrong = 1", "does not verify"):
        with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db", timeout=10)) as keyring, keyring:
            assert keyring.execute(f"update snapshots set {change} where tenant = zeroblob(16)").rowcount
        daily = promise(owner, "backup.daily")
        assert daily["state"] == "broken" and "the service's own state " + said in daily["evidence"], daily
        with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db", timeout=10)) as keyring, keyring:
            keyring.execute("update snapshots set made = made + 90000000 where made < (select max(made) from snapshots) - 80000000")
            keyring.execute("update snapshots set wrong = 0 where tenant = zeroblob(16)")
    assert promise(owner, "backup.daily")["state"] == "kept"


def without_a_verification_in_full_for_eight_days_the_promise_is_broken():
    owner = house.claim("seventh")
    reported(owner)
    taken(owner)
    with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db", timeout=10)) as keyring, keyring:
        made = keyring.execute("update tenants set made = made - 20 * 86400000 where name = 'seventh' returning id").fetchall()
        keyring.execute("update snapshots set why = 'daily' where tenant = ?", made[0])
    keep = promise(owner, "backup.keep")
    assert keep["state"] == "broken" and "verification in full is overdue" in keep["evidence"], keep
    work(owner, owner.post("/v1/snapshots/verify", {})["work"])
    keep = promise(owner, "backup.keep")
    assert keep["state"] == "kept" and "last verified in full 2" in keep["evidence"], keep


def killed_while_it_takes_one_it_takes_it_after_all():
    owner = house.claim("fifth")
    for number in range(10):
        reported(owner, f"zq-{number}")
    for _ in range(4):
        asked = owner.post("/v1/snapshots", {})["work"]
        time.sleep(random.uniform(0, 0.6))
        house.kill("custody-jobs")
        assert work(owner, asked)["state"] == "done"
    ended = work(owner, owner.post("/v1/snapshots/verify", {})["work"])
    assert "; 0 do not hold" in ended["note"], ended


with House() as house:
    main([a_snapshot_is_taken_verified_and_told_of, the_second_adds_what_changed_and_nothing_in_clear_is_in_either,
          an_altered_file_is_named_and_the_next_snapshot_is_whole,
          the_services_own_state_is_taken_by_the_clock_and_its_logs_are_mirrored,
          without_a_snapshot_of_the_services_own_state_the_promise_is_broken,
          without_a_verification_in_full_for_eight_days_the_promise_is_broken,
          killed_while_it_takes_one_it_takes_it_after_all])
