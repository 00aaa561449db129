#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that are copied back underneath the real service: the store's, the keyring's, both; and the ways through."""
import random
import shutil

from house import *

RETRY = "high-water mark"


def reported(owner, name="zq-one"):
    device = house.enrol(owner, name=name)
    device.report(1, [item(DEVICE, device.id, device.id, [field(4, name)])])
    return device


def names(owner):
    return sorted(device["name"] for device in owner.get("/v1/devices")["items"] if device["name"])


def tenant_of(owner):
    return owner.get("/v1/session")["tenant"]["id"]


def files_of(folder, begins):
    return [path for path in folder.iterdir() if path.name.startswith(begins)]


def copied(folder, begins):
    """What stands there now; the service is stopped."""
    kept = pathlib.Path(tempfile.mkdtemp(dir=house.folder))
    for path in files_of(folder, begins):
        shutil.copy2(path, kept)
    return kept


def put_back(kept, folder, begins):
    for path in files_of(folder, begins):
        path.unlink()
    for path in kept.iterdir():
        shutil.copy2(path, folder)
        owner = os.stat(folder)
        os.chown(folder / path.name, owner.st_uid, owner.st_gid)


def marked():
    """Marks lag by a second for whoever tells of them, and one for whoever writes them."""
    time.sleep(2.2)


def eventually(act, seconds=15):
    for _ in range(seconds * 10):
        with contextlib.suppress(Refused, AssertionError):
            return act()
        time.sleep(0.1)
    return act()


def shut(owner):
    try:
        names(owner)
    except Refused as refusal:
        assert refusal.status == 503 and RETRY in str(refusal.problem), refusal.problem
    else:
        raise AssertionError("it opens")


def acts(owner, prefix):
    return [entry["act"] for entry in owner.get("/v1/log?act=" + prefix)["items"]]


def a_store_that_is_put_back_is_shut_and_opens_with_its_own_file_or_by_a_snapshot():
    owner, other = house.claim("example"), house.claim("other")
    tenant, store = tenant_of(owner), house.home / "store/tenants"
    first = reported(owner, "zq-one")
    reported(other, "zq-other")
    snapshot = taken(owner)
    house.stop()
    old = copied(store, tenant)
    house.start()
    reported(owner, "zq-two")
    marked()
    house.stop()
    new = copied(store, tenant)
    put_back(old, store, tenant)
    house.start()
    shut(owner)
    refused(503, lambda: first.report(2, []))
    assert names(other) == ["zq-other"]
    eventually(lambda: acts(owner, "store.") == ["store.behind"] or refused(0, lambda: None))
    proof = {each["id"]: each for each in owner.get("/v1/prove")["promises"]}
    assert proof["backup.restore"]["state"] == "broken" and RETRY in proof["backup.restore"]["evidence"], proof
    listed = house.operator("GET", "/operator/v1/marks/behind")["items"]
    assert [each["id"] for each in listed] == [tenant] and listed[0]["seen"] < listed[0]["mark"], listed
    house.stop()
    put_back(new, store, tenant)
    house.start()
    assert names(owner) == ["zq-one", "zq-two"]
    house.stop()
    put_back(old, store, tenant)
    house.start()
    shut(owner)
    done = work(owner, owner.post(f"/v1/snapshots/{snapshot['id']}/restore", {"typed": "example"})["work"])
    assert done["state"] == "done", done
    assert eventually(lambda: names(owner)) == ["zq-one"]
    first.report(2, [])
    house.kill_all()
    assert names(owner) == ["zq-one"]  # its counter is past the mark, and stays there
    assert not house.operator("GET", "/operator/v1/marks/behind")["items"]


def a_store_that_is_rolled_back_under_the_running_service_is_shut_and_two_of_staff_accept_it():
    owner = house.claim("live")
    tenant, store = tenant_of(owner), house.home / "store/tenants"
    device = reported(owner, "zq-one")
    house.stop()
    old = copied(store, tenant)
    house.start()
    reported(owner, "zq-two")
    marked()
    put_back(old, store, tenant)
    eventually(lambda: shut(owner))
    sam, tom = house.staff("sam"), house.staff("tom")
    order = sam.post("/operator/v1/orders", {"act": "marks.accept", "target": tenant})
    assert "taken as it stands" in order["does"], order
    order = sam.post("/operator/v1/orders", {"act": "marks.accept", "target": tenant, "typed": "live"})
    refused(403, lambda: sam.post(f"/operator/v1/orders/{order['id']}/confirm", {}))
    shut(owner)
    tom.post(f"/operator/v1/orders/{order['id']}/confirm", {})
    assert eventually(lambda: names(owner)) == ["zq-one"]
    device.report(2, [])
    eventually(lambda: acts(owner, "store.")[0] == "store.abreast" or refused(0, lambda: None))
    assert acts(owner, "marks.") == ["marks.accepted"]
    row = promise(owner, "access.support")
    assert row["state"] == "kept" and {"marks.accepted": 1}.items() <= {one["what"]: one["count"] for one in row["exceptions"]}.items(), row


def a_keyring_that_is_put_back_opens_nothing_until_it_is_accepted_at_the_machine():
    owner = house.claim("keyed")
    keyring, store, tenant = house.home / "keyring", house.home / "store/tenants", tenant_of(owner)
    device = reported(owner, "zq-one")
    house.stop()
    old, old_store = copied(keyring, "keyring.db"), copied(store, tenant)
    house.start()
    member = house.member(owner, "viewer", "vic")
    reported(owner, "zq-two")
    marked()
    house.stop()
    put_back(old, keyring, "keyring.db")
    put_back(old_store, store, tenant)  # both
    house.start()
    for act in (lambda: owner.get("/v1/session"), lambda: house.sign_in("keyed"), lambda: device.report(2, [])):
        refused(503, act)
    about = house.operator("GET", "/operator/v1/marks")
    assert "behind its high-water marks" in about["keyring"] and not about["accepted"], about
    refused(400, lambda: house.operator("POST", "/operator/v1/marks/accept", {"typed": "yes"}))
    house.operator("POST", "/operator/v1/marks/accept", {"typed": "the keyring is older"})
    owner = eventually(lambda: house.sign_in("keyed"))
    shut(owner)  # the store is judged by itself, and is behind too
    refused(401, lambda: member.get("/v1/session"))
    sizes = owner.get("/v1/log/about")
    eventually(lambda: acts(owner, "marks.") == ["marks.accepted"] or refused(0, lambda: None))
    sam, tom = house.staff("kim"), house.staff("lee")
    order = sam.post("/operator/v1/orders", {"act": "marks.accept", "target": tenant, "typed": "keyed"})
    tom.post(f"/operator/v1/orders/{order['id']}/confirm", {})
    assert eventually(lambda: names(owner)) == ["zq-one"]
    proof = promise(owner, "access.client-only")
    assert proof["state"] == "kept", (proof, sizes)  # the log leads on from what its files had
    house.kill_all()
    assert names(owner) == ["zq-one"]
    assert house.operator("GET", "/operator/v1/marks")["keyring"] is None


def marks_with_a_flipped_bit_are_named_and_nothing_starts():
    house.stop()
    path = house.home / "keyring/marks"
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    try:
        house.start()
    except RuntimeError as error:
        assert "line 2 of" in str(error) and "marks does not hold" in str(error), error
    else:
        raise AssertionError("it starts")
    path.write_bytes(whole)
    house.start()


with House() as house:
    main([a_store_that_is_put_back_is_shut_and_opens_with_its_own_file_or_by_a_snapshot,
        a_store_that_is_rolled_back_under_the_running_service_is_shut_and_two_of_staff_accept_it,
        a_keyring_that_is_put_back_opens_nothing_until_it_is_accepted_at_the_machine,
        marks_with_a_flipped_bit_are_named_and_nothing_starts])
