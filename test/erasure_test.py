#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client is erased by the real service: asked for by its owner or entered by staff, marked once the cooling-off is over, its
keys destroyed, its files removed; what is left is the certificate, its log, and its id and name."""
import hashlib

from house import *

VERIFY = BIN / "custody-verify"
MARKERS = ["zq-name-erased", "zq-alice", "zq-program", "zq.owner@example.com", "zqownerperson", "Zq Owner Person",
           "zq-notice@example.com"]


def given_a_client(house, name="one"):
    """With an owner, a device that has reported, and an address for notices."""
    owner = house.claim(name, username="zqownerperson", full_name="Zq Owner Person", email="zq.owner@example.com")
    owner.put("/v1/notices", {"addresses": "zq-notice@example.com"})
    endpoint, person = house.enrol(owner), secrets.token_bytes(16)
    endpoint.accounts([person])
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name-erased")]),
                        item(ACCOUNT, person, person, [account(person, "zq-alice", True)]),
                        item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("zq-program", "5.2")])])
    return owner, endpoint


def asked(owner, name="one"):
    return owner.post("/v1/erasure", {"typed": name, "password": PASSWORD})


def reached(house, erasure, state, seconds=60):
    """What the page that needs nobody to be signed in says, once it has come so far."""
    until = time.time() + seconds
    while True:
        now = house.nobody().get(f"/v1/certificates/{erasure['id']}")
        if now["state"] == state:
            return now
        assert time.time() < until, now
        time.sleep(0.1)


def files_of(house, tenant):
    """All but the log's, which hold commitments."""
    return [str(file) for file in house.home.rglob("*") if tenant in str(file) and "log" not in file.relative_to(house.home).parts]


def found_in(folder, texts):
    return [(str(file), text) for file in folder.rglob("*") if file.is_file() for text in texts if text.encode() in file.read_bytes()]


def verified(folder, certificate, key, *more):
    note = folder / "certificate"
    note.write_bytes(certificate)
    return subprocess.run([VERIFY, "certificate", note, "--key", key, *more], capture_output=True, text=True)


def a_client_that_is_erased_leaves_its_certificate_and_nothing_else():
    with House(None, "--erasure-cooling", "0") as house:
        owner, endpoint = given_a_client(house)
        other, neighbour = given_a_client(house, "other")
        tenant = owner.get("/v1/session")["tenant"]["id"]
        about, before = owner.get("/v1/log/about"), owner.get("/v1/erasure")
        assert before["state"] == "none" and before["key"].startswith("custody/svc_"), before
        assert {count["what"]: count["items"] for count in before["counts"]}["keyring devices"] == 1
        assert files_of(house, tenant)
        refused(400, lambda: asked(owner, "two"))
        refused(403, lambda: owner.post("/v1/erasure", {"typed": "one", "password": "another pass phrase"}))
        erasure = asked(owner)
        assert (owner.status, erasure["asked"], erasure["link"]) == (201, "owner", f"/certificates/{erasure['id']}")
        assert hashlib.sha256(erasure["request"].encode()).hexdigest() == erasure["document"]

        done = reached(house, erasure, "closed")
        assert done["by"] is None and done["name"] is None and done["log_key"] == about["key"]
        assert all(store["at"] for store in done["stores"]), done["stores"]
        assert files_of(house, tenant) == []
        refused(401, lambda: owner.get("/v1/session"))
        refused(401, lambda: house.sign_in("one", "zqownerperson"))
        for act in (lambda: endpoint.report(2, []), lambda: endpoint.get("/agent/v1/settings")):
            try:
                act()
            except (Refused, ssl.SSLError):
                continue
            raise AssertionError("an endpoint of an erased client was answered")
        assert other.get("/v1/devices")["items"][0]["name"] == "zq-name-erased"
        neighbour.report(2, [])

        rows = {row["id"]: row for row in other.get("/v1/prove")["promises"]}
        for id in "erase.request", "erase.hours", "erase.backups", "erase.record":
            assert rows[id]["state"] == "kept" and "of 1 " in rows[id]["evidence"], rows[id]
        base = f"/v1/certificates/{erasure['id']}"
        nobody = house.nobody()
        certificate, proof = nobody.get(base + "/note"), nobody.get(base + "/proof")
        assert certificate.decode() == done["certificate"]
        (house.folder / "proof").write_bytes(proof)
        in_log = ["--proof", house.folder / "proof", "--log-key", about["key"]]
        good = verified(house.folder, certificate, before["key"], *in_log)
        assert good.returncode == 0 and "asked      owner" in good.stdout, good
        for at in random.sample(range(len(certificate)), 40):
            changed = bytearray(certificate)
            changed[at] ^= 1
            assert verified(house.folder, bytes(changed), before["key"], *in_log).returncode != 0, at
        assert "last-notice 1" in done["certificate"] and "keyring devices 1" in done["commitment"]
        pdf = nobody.get(base + "/pdf")
        assert pdf.startswith(b"%PDF-1.4") and pdf.rstrip().endswith(b"%%EOF") and tenant.encode() in pdf
        assert found_in(house.folder / "home", [tenant]), "the search itself does not find what is there"
        refused(404, lambda: nobody.get("/v1/certificates/era_" + "a" * 26))

        other.post("/v1/erasure", {"typed": "other", "password": PASSWORD})
        reached(house, newest(house), "closed")
        house.stop()
        assert found_in(house.home, MARKERS) == []


def given_two_devices(house):
    """The first is held; of the second nothing may be left."""
    owner, held = given_a_client(house)
    free, person = house.enrol(owner), secrets.token_bytes(16)
    free.accounts([person])
    free.report(1, [item(DEVICE, free.id, free.id, [field(4, "zq-free-device")]),
                    item(ACCOUNT, person, person, [account(person, "zq-bob", True)])])
    hold = owner.post("/v1/holds", {"target": held.name, "case": "2026/17", "reason": "a claim"})
    return owner, held, free, hold


def by_kit(house, device, kit, name="one"):
    return house.nobody().post(f"/v1/held/{device}/kit", {"tenant": name, "kit": kit})


def what_a_legal_hold_names_stays_to_the_recovery_kit_alone_until_two_of_staff_release_it():
    with House(None, "--erasure-cooling", "0") as house:
        owner, held, free, hold = given_two_devices(house)
        other, neighbour = given_a_client(house, "other")
        tenant, key = owner.get("/v1/session")["tenant"]["id"], owner.get("/v1/erasure")["key"]
        erasure = asked(owner)
        for name in ("custody-jobs", "custody-keys", "custody-web"):
            time.sleep(random.uniform(0, 0.7))
            house.kill(name)
        done = reached(house, erasure, "certified")
        assert [(kept["hold"], kept["items"] >= 3, kept["bytes"] > 0) for kept in done["kept"]] == [(hold["id"], True, True)], done
        good = verified(house.folder, done["certificate"].encode(), key)
        assert good.returncode == 0 and f"kept       {hold['id']}" in good.stdout, good
        refused(401, lambda: house.sign_in("one", "zqownerperson"))
        opened = by_kit(house, held.name, owner.kit)
        assert opened["name"] == "zq-name-erased", opened
        refused(404, lambda: by_kit(house, free.name, owner.kit))
        refused(401, lambda: by_kit(house, held.name, other.kit))
        assert found_in(house.home, ["zq-free-device", "zq-bob"]) == []
        other.get("/v1/devices")
        neighbour.report(2, [])

        first, second = house.staff("first"), house.staff("second")
        order = {"act": "hold.release", "target": hold["id"], "typed": "one", "document": hashlib.sha256(b"the case is over").hexdigest()}
        made = first.post("/operator/v1/orders", order)
        refused(403, lambda: first.post(f"/operator/v1/orders/{made['id']}/confirm", None))
        second.post(f"/operator/v1/orders/{made['id']}/confirm", None)
        house.kill("custody-jobs")
        rest = next(one for one in first.get("/operator/v1/erasures")["items"] if one["asked"] == "release")
        last = reached(house, rest, "closed")
        assert last["after"] == erasure["id"] and last["kept"] == [], last
        assert reached(house, erasure, "closed")["certificate"] == done["certificate"]
        good = verified(house.folder, last["certificate"].encode(), key)
        assert good.returncode == 0 and f"after      {erasure['id']}" in good.stdout, good
        refused(401, lambda: by_kit(house, held.name, owner.kit))
        assert files_of(house, tenant) == []
        assert other.get("/v1/devices")["items"][0]["name"] == "zq-name-erased"


def newest(house):
    """The newest erasure, as staff see it."""
    return house.staff("lister").get("/operator/v1/erasures")["items"][0]


def a_request_is_taken_back_while_it_cools_off():
    with House() as house:
        owner, endpoint = given_a_client(house)
        erasure = asked(owner)
        assert erasure["state"] == "cooling"
        refused(409, lambda: asked(owner))
        time.sleep(3)
        assert reached(house, erasure, "cooling", 1)["marked"] is None
        assert owner.post(f"/v1/erasure/{erasure['id']}/withdraw", None)["state"] == "withdrawn"
        refused(409, lambda: owner.post(f"/v1/erasure/{erasure['id']}/withdraw", None))
        endpoint.report(2, [])
        assert owner.get("/v1/devices")["items"][0]["name"] == "zq-name-erased"
        assert owner.get("/v1/erasure")["state"] == "none"


def what_staff_enter_takes_the_documents_digest_and_a_second_person():
    with House(None, "--erasure-cooling", "0") as house:
        owner, _ = given_a_client(house)
        first, second = house.staff("first"), house.staff("second")
        tenant = owner.get("/v1/session")["tenant"]["id"]
        order = {"act": "tenant.erase", "target": tenant}
        dry = first.post("/operator/v1/orders", order)
        assert dry["id"] is None and dry["name"] == "one", dry
        refused(400, lambda: first.post("/operator/v1/orders", order | {"typed": "one"}))
        digest = hashlib.sha256(b"please erase all of it").hexdigest()
        made = first.post("/operator/v1/orders", order | {"typed": "one", "document": digest})
        refused(403, lambda: first.post(f"/operator/v1/orders/{made['id']}/confirm", None))
        second.post(f"/operator/v1/orders/{made['id']}/confirm", None)
        listed = first.get("/operator/v1/erasures")["items"][0]
        assert (listed["asked"], listed["document"], listed["by"], listed["second"]) == ("written", digest, first.id, second.id)
        done = reached(house, listed, "closed")
        assert verified(house.folder, done["certificate"].encode(), done["key"]).returncode == 0
        assert files_of(house, tenant) == []


def processes_that_are_killed_on_the_way_go_on_with_it():
    with House(None, "--erasure-cooling", "0") as house:
        owner, _ = given_a_client(house)
        tenant = owner.get("/v1/session")["tenant"]["id"]
        erasure = asked(owner)
        for name in ("custody-jobs", "custody-keys", "custody-web", "custody-jobs"):
            time.sleep(random.uniform(0, 1))
            house.kill(name)
        house.kill_all()
        done = reached(house, erasure, "closed")
        assert files_of(house, tenant) == []
        assert verified(house.folder, done["certificate"].encode(), done["key"]).returncode == 0


main([what_a_legal_hold_names_stays_to_the_recovery_kit_alone_until_two_of_staff_release_it, a_client_that_is_erased_leaves_its_certificate_and_nothing_else, a_request_is_taken_back_while_it_cools_off,
      what_staff_enter_takes_the_documents_digest_and_a_second_person, processes_that_are_killed_on_the_way_go_on_with_it])
