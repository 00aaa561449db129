#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client is erased by the real service: asked for by its owner or entered by staff, marked once the cooling-off is over, its
keys destroyed, its files removed; what is left is the certificate, its log, and its id and name."""
import hashlib, sqlite3, threading

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
        assert before["untold"] is False
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
        (house.folder / "certificate.pdf").write_bytes(pdf)
        text = subprocess.run(["pdftotext", "-layout", house.folder / "certificate.pdf", "-"], check=True, capture_output=True, text=True).stdout
        assert "".join(done["certificate"].split()) in "".join(text.split()), text
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


def who_has_no_address_is_warned_that_nobody_would_be_told():
    with House() as house:
        owner = house.claim("unheard")
        assert owner.get("/v1/erasure")["untold"] is True
        assert "nobody of the latter" in promise(owner, "erase.tell")["evidence"]
        owner.put("/v1/notices", {"addresses": "zq-notice@example.com"})
        assert owner.get("/v1/erasure")["untold"] is False
        tell = promise(owner, "erase.tell")
        assert tell["state"] == "not yet due" and "1 addresses" in tell["evidence"], tell


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


def without_end(*acts):
    """Each act again and again on a thread of its own, until it is refused as somebody who is not known any more."""
    def go_on(act):
        while True:
            try:
                act()
            except Refused as refusal:
                if refusal.status in (401, 403, 404):
                    return
                time.sleep(0.02)  # busy, or under way
            except (OSError, http.client.HTTPException):
                return  # its certificate is not taken any more
    threads = [threading.Thread(target=go_on, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    return threads


def nothing_came_after(house, owner, key, erasure, threads):
    done = reached(house, erasure, "closed")
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert verified(house.folder, done["certificate"].encode(), key).returncode == 0
    time.sleep(1.5)  # a turn of everything
    assert files_of(house, owner.tenant) == [], files_of(house, owner.tenant)
    with contextlib.closing(sqlite3.connect(f"file:{house.home}/keyring/keyring.db?mode=ro", uri=True)) as db:
        id = read_id(owner.tenant)
        for table in ("shards", "snapshot_keys", "snapshots", "drills", "works", "exports", "devices", "entries", "storage_told"):
            assert not db.execute(f"select count(*) from {table} where tenant = ?", (id,)).fetchone()[0], table
        assert not db.execute("select count(*) from cells where id = ? and cell in (9, 15, 16)", (id,)).fetchone()[0]
        assert not db.execute("select count(*) from logs where id = ?", (id,)).fetchone()[0]


def working_client(house, name):
    owner, endpoint = given_a_client(house, name)
    owner.tenant = owner.get("/v1/session")["tenant"]["id"]
    for number in range(2, 12):
        endpoint.report(number, [item(PROGRAM, secrets.token_bytes(16), endpoint.id,
                                      [program(f"zq-program-{number}-{one}", "1") for one in range(60)])])
    return owner, endpoint, owner.get("/v1/erasure")["key"]


def an_erasure_ends_restores_drills_and_snapshots_that_run():
    with House(None, "--erasure-cooling", "0") as house:
        owner, _, key = working_client(house, "one")
        snapshot = taken(owner)
        segment = next(file for file in (house.home / "snapshots" / owner.tenant).iterdir() if file.name.startswith("seg_"))
        whole = segment.read_bytes()
        segment.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert work(owner, owner.post("/v1/drills", {})["work"])["state"] == "failed"
        assert not any(owner.tenant in str(file) for file in (house.home / "snapshots/drill").rglob("*"))
        segment.write_bytes(whole)
        threads = without_end(lambda: Client(house, dict(owner.headers)).post(f"/v1/snapshots/{snapshot['id']}/restore", {"typed": "one"}),
                              lambda: Client(house, dict(owner.headers)).post("/v1/drills", {}),
                              lambda: Client(house, dict(owner.headers)).post("/v1/snapshots", {}))
        time.sleep(0.5)
        nothing_came_after(house, owner, key, asked(owner), threads)
        house.stop()
        assert found_in(house.home, MARKERS) == []


def an_erasure_ends_uploads_that_run():
    with House(None, "--erasure-cooling", "0") as house:
        owner, endpoint, key = working_client(house, "one")
        numbers, at = iter(range(100, 100000)), time.time()
        threads = without_end(lambda: endpoint.report(next(numbers), [item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("zq-program", "1")])]),
                              lambda: upload(endpoint, next(numbers), [(endpoint.id, [launch(at, "/usr/bin/zq-program")])]))
        time.sleep(0.5)
        nothing_came_after(house, owner, key, asked(owner), threads)
        house.stop()
        assert found_in(house.home, MARKERS) == []


def an_erasure_ends_exports_that_run():
    with House(None, "--erasure-cooling", "0") as house:
        owner, endpoint, key = working_client(house, "one")
        identity = house.folder / "identity"
        subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
        recipient = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
        owner.put("/v1/break-glass", {"recipient": recipient})

        def export():
            client = Client(house, dict(owner.headers))
            made = client.post("/v1/exports", {"typed": "one"})
            client.post(f"/v1/exports/{made['id']}/archive", {"ticket": made["ticket"]})

        threads = without_end(export, export)
        time.sleep(1)
        assert list((house.home / "store/exports").iterdir())
        nothing_came_after(house, owner, key, asked(owner), threads)
        assert not list((house.home / "store/exports").iterdir())
        house.stop()
        assert found_in(house.home, MARKERS) == []


main([what_a_legal_hold_names_stays_to_the_recovery_kit_alone_until_two_of_staff_release_it, a_client_that_is_erased_leaves_its_certificate_and_nothing_else, a_request_is_taken_back_while_it_cools_off,
      who_has_no_address_is_warned_that_nobody_would_be_told,
      what_staff_enter_takes_the_documents_digest_and_a_second_person, processes_that_are_killed_on_the_way_go_on_with_it,
      an_erasure_ends_restores_drills_and_snapshots_that_run, an_erasure_ends_uploads_that_run, an_erasure_ends_exports_that_run])
