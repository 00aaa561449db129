#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Restores by the real service: everything, one device, by staff under an approval; what is forgotten stays so; the drill."""
import random, sqlite3

from house import *

ASKED = {"case": "case-4711", "reason": "restore", "words": "zq-words it was changed by mistake", "acts": "restore", "minutes": 30}


def reported(owner, name="zq-one"):
    device = house.enrol(owner, name=name)
    device.report(1, [item(DEVICE, device.id, device.id, [field(4, name)]),
                      item(PROGRAM, random.randbytes(16), device.id, [program("zq-program", "1.0")])])
    return device


def restored(owner, snapshot, **wish):
    return work(owner, owner.post(f"/v1/snapshots/{snapshot['id']}/restore", wish)["work"])


def names(owner):
    return sorted(device["name"] for device in owner.get("/v1/devices")["items"] if device["name"])


def programs(owner, device):
    return sorted(each["name"] for each in owner.get("/v1/devices/" + device.name)["programs"])


def more(device, sequence, name):
    device.report(sequence, [item(PROGRAM, random.randbytes(16), device.id, [program(name, "2.0")])])


def entries(owner, prefix):
    """Of its log, newest first; those of the last second are signed a moment later."""
    for _ in range(100):
        about = owner.get("/v1/log/about")
        if about["size"] == about["entries"]:
            break
        time.sleep(0.1)
    return owner.get("/v1/log?act=" + prefix)["items"]


def acts(owner, prefix):
    return [entry["act"] for entry in entries(owner, prefix)]


def everything_goes_back_and_the_undo_brings_it_again():
    owner = house.claim("example")
    first = reported(owner, "zq-one")
    snapshot = taken(owner)
    reported(owner, "zq-two")
    more(first, 2, "zq-later")
    would = restored(owner, snapshot)
    assert would["state"] == "done" and "would be put back" in would["note"], would
    assert names(owner) == ["zq-one", "zq-two"] and "zq-later" in programs(owner, first)
    done = restored(owner, snapshot, typed="example")
    assert done["state"] == "done", done
    assert names(owner) == ["zq-one"], names(owner)
    assert programs(owner, first) == ["zq-program"], programs(owner, first)
    assert acts(owner, "restore.") == ["restore.done", "restore.begun"], acts(owner, "restore.")
    safety = next(each for each in owner.get("/v1/snapshots")["items"] if each["why"] == "safety")
    assert safety["id"] in done["note"], done
    assert restored(owner, safety, typed="example")["state"] == "done"
    assert names(owner) == ["zq-one", "zq-two"] and "zq-later" in programs(owner, first)
    more(first, 3, "zq-after")  # it is open again, and the endpoint's sequence has not gone back
    assert "zq-after" in programs(owner, first)


def who_may_not_and_what_is_not_theirs_is_refused():
    owner, other = house.claim("refuse"), house.claim("other")
    reported(owner)
    reported(other)
    snapshot, theirs = taken(owner), taken(other)
    path = f"/v1/snapshots/{snapshot['id']}/restore"
    refused(400, lambda: owner.post(path, {"typed": "Refuse"}))
    viewer = Client(house, {"Authorization": "Bearer " + owner.post("/v1/tokens", {"name": "v", "role": "viewer", "days": 1})["token"]})
    refused(403, lambda: viewer.post(path, {"typed": "refuse"}))
    refused(403, lambda: viewer.post(path, {}))
    refused(404, lambda: owner.post(f"/v1/snapshots/{theirs['id']}/restore", {"typed": "refuse"}))
    assert restored(owner, snapshot, typed="refuse")["state"] == "done"  # it was not left frozen


def one_device_goes_back_and_nothing_else():
    owner = house.claim("single")
    one, two = reported(owner, "zq-one"), reported(owner, "zq-two")
    snapshot = taken(owner)
    more(one, 2, "zq-later")
    more(two, 2, "zq-later")
    assert restored(owner, snapshot, typed="single", device=one.name)["state"] == "done"
    assert programs(owner, one) == ["zq-program"] and "zq-later" in programs(owner, two)


def what_was_removed_stays_removed_whatever_is_restored():
    owner = house.claim("gone")
    one, two = reported(owner, "zq-one"), reported(owner, "zq-two")
    snapshot = taken(owner)
    owner.delete("/v1/devices/" + one.name)
    refused(404, lambda: owner.post(f"/v1/snapshots/{snapshot['id']}/restore", {"typed": "gone", "device": one.name}))
    done = restored(owner, snapshot, typed="gone")
    assert done["state"] == "done" and " 0 left out" not in done["note"], done
    assert names(owner) == ["zq-two"], names(owner)
    refused(404, lambda: owner.get("/v1/devices/" + one.name))


def staff_restore_a_device_under_the_clients_approval():
    owner = house.claim("helped")
    device = reported(owner, "zq-one")
    snapshot = taken(owner)
    more(device, 2, "zq-later")
    staff, tenant = house.staff(), owner.get("/v1/session")["tenant"]["id"]
    request = staff.post("/operator/v1/requests", ASKED | {"client": tenant, "devices": [device.name]})
    path = f"/operator/v1/requests/{request['id']}/devices/{device.name}/restore"
    refused(423, lambda: staff.post(path, {"snapshot": snapshot["id"]}))
    owner.post(f"/v1/requests/{request['id']}/approve", {})
    assert [each["id"] for each in staff.get(f"/operator/v1/requests/{request['id']}/snapshots")["items"]] == [snapshot["id"]]
    would = work(owner, staff.post(path, {"snapshot": snapshot["id"]})["work"])
    assert would["state"] == "done" and programs(owner, device) == ["zq-later", "zq-program"], would
    refused(400, lambda: staff.post(path, {"snapshot": snapshot["id"], "typed": "another"}))
    done = work(owner, staff.post(path, {"snapshot": snapshot["id"], "typed": "helped"})["work"])
    assert done["state"] == "done", done
    assert programs(owner, device) == ["zq-program"]
    looked = entries(owner, "restore.looked")[0]
    assert (looked["under"], looked["on"]) == (request["id"], [snapshot["id"], device.name]), looked
    begun = entries(owner, "restore.begun")[0]
    assert begun["by"].startswith("stf_") and begun["under"] == request["id"], begun
    assert entries(owner, "restore.done")[0]["under"] == request["id"]
    row = promise(owner, "access.support")
    assert row["state"] == "kept" and row["evidence"].endswith("4 acts under grants, 0 without"), row


def an_approval_that_is_altered_or_ended_before_the_work_restores_nothing():
    owner = house.claim("altered")
    device = reported(owner, "zq-one")
    snapshot = taken(owner)
    more(device, 2, "zq-later")
    staff, tenant = house.staff("second"), owner.get("/v1/session")["tenant"]["id"]

    def meanwhile(act):
        """A restore that is ordered while the jobs process stands still, for so long."""
        request = staff.post("/operator/v1/requests", ASKED | {"client": tenant, "devices": [device.name]})
        owner.post(f"/v1/requests/{request['id']}/approve", {})
        jobs = house.children()["custody-jobs"]
        os.kill(jobs, signal.SIGSTOP)
        path = f"/operator/v1/requests/{request['id']}/devices/{device.name}/restore"
        asked = staff.post(path, {"snapshot": snapshot["id"], "typed": "altered"})["work"]
        act(request)
        os.kill(jobs, signal.SIGCONT)
        return work(owner, asked)

    def altered(request):
        with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db", timeout=10)) as keyring, keyring:
            changed = keyring.execute("update grants set approval = replace(approval, 'case case-4711', 'case case-4712') where request = ?",
                                      (read_id(request["id"]),)).rowcount
            assert changed == 1

    done = meanwhile(lambda request: owner.post(f"/v1/requests/{request['id']}/end", None))
    assert done["state"] == "failed" and "ended meanwhile" in done["note"], done
    done = meanwhile(altered)
    assert done["state"] == "failed" and "not signed in a session of this client" in done["note"], done
    assert "zq-later" in programs(owner, device) and acts(owner, "restore.") == ["restore.begun", "restore.begun"]


def a_drill_rebuilds_an_empty_store_and_a_snapshot_that_does_not_hold_breaks_the_promise():
    owner = house.claim("drilled")
    reported(owner)
    assert promise(owner, "backup.restore")["state"] == "not yet due"
    taken(owner)
    done = work(owner, owner.post("/v1/drills", {})["work"])
    assert done["state"] == "done" and "are the same" in done["note"], done
    kept = promise(owner, "backup.restore")
    assert kept["state"] == "kept" and "the same" in kept["evidence"], kept
    drill = owner.get("/v1/drills")["items"][0]
    assert drill["rows"] > 3 and drill["bytes"] > 100 and drill["trouble"] is None, drill
    assert not list((house.home / "snapshots" / "drill").iterdir())
    folder = house.home / "snapshots" / owner.get("/v1/session")["tenant"]["id"]
    segment = next(each for each in folder.iterdir() if each.name.startswith("seg_"))
    whole = bytearray(segment.read_bytes())
    whole[len(whole) // 2] ^= 1
    segment.write_bytes(whole)
    assert work(owner, owner.post("/v1/drills", {})["work"])["state"] == "failed"
    assert not list((house.home / "snapshots" / "drill").iterdir())
    broken = promise(owner, "backup.restore")
    assert broken["state"] == "broken" and segment.name in broken["evidence"], broken


def the_jobs_process_killed_half_way_leaves_a_restore_that_is_finished_at_the_next_start():
    owner = house.claim("killed")
    device = reported(owner)
    snapshot = taken(owner)
    more(device, 2, "zq-later")
    asked = owner.post(f"/v1/snapshots/{snapshot['id']}/restore", {"typed": "killed"})["work"]
    house.kill("custody-jobs")
    assert work(owner, asked)["state"] == "done"
    assert programs(owner, device) == ["zq-program"]
    more(device, 3, "zq-after")


def more_rows_than_the_disk_is_given_at_once_go_back_by_the_process_as_it_is_caged():
    owner = house.claim("many")
    device = reported(owner)
    lists = [random.randbytes(16) for _ in range(6000)]

    def told(sequence, version):
        for part in (0, 1):
            device.report(sequence + part, [item(PROGRAM, id, device.id, [program("zq-program", version)]) for id in lists[part::2]])
    told(2, "1.0")
    snapshot = taken(owner)
    told(4, "2.0")
    jobs = house.children()["custody-jobs"]
    done = restored(owner, snapshot, typed="many")
    assert done["state"] == "done" and int(done["note"].split()[0]) >= 6000 and house.children()["custody-jobs"] == jobs, done


with House() as house:
    main([everything_goes_back_and_the_undo_brings_it_again, who_may_not_and_what_is_not_theirs_is_refused,
        one_device_goes_back_and_nothing_else, what_was_removed_stays_removed_whatever_is_restored,
        staff_restore_a_device_under_the_clients_approval, an_approval_that_is_altered_or_ended_before_the_work_restores_nothing,
        a_drill_rebuilds_an_empty_store_and_a_snapshot_that_does_not_hold_breaks_the_promise,
        the_jobs_process_killed_half_way_leaves_a_restore_that_is_finished_at_the_next_start,
        more_rows_than_the_disk_is_given_at_once_go_back_by_the_process_as_it_is_caged])
