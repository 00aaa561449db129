#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""custody prove over the real service: what is kept is shown with its evidence, what is broken is called so."""
import os, secrets, sqlite3

from outside import *


def proven(owner, id="access.client-only"):
    return promise(owner, id)


def given(house):
    owner = house.claim("one")
    endpoint = house.enrol(owner)
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")]),
                        item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2"), program("zsh", "5")])])
    owner.get("/v1/devices")
    return owner


def each_promise_has_a_row_and_none_is_kept_without_evidence():
    with House() as house:
        owner = given(house)
        rows = owner.get("/v1/prove")["promises"]
        assert len(rows) == 23 and all({"id", "promise", "state", "evidence", "checked_at"} <= set(row) for row in rows)
        assert [row["id"] for row in rows if "exceptions" in row] == ["access.client-only", "access.support"]
        kept = {row["id"]: row["evidence"] for row in rows if row["state"] == "kept"}
        assert {row["state"] for row in rows} == {"kept", "no evidence", "not yet due"}
        assert set(kept) - {"retain.capacity"} == {"access.client-only", "access.support", "collect.device", "collect.user"}, kept  # once it was counted
        assert kept["access.client-only"].startswith("1 openings by the client, 0 under its grants, 0 by anybody else; ")
        assert kept["access.support"].startswith("of 0 requests 0 granted, "), kept["access.support"]
        assert {row["id"]: row["evidence"] for row in rows}["staff.bound"] == "the provider has no member of staff"
        assert kept["access.client-only"].endswith("; sealed share of personal fields 100 %: of 3 stored records with them, 0 not sealed")
        assert kept["collect.device"] == ("kept of 1 devices: 1 addresses, 0 accounts, 0 groups, 2 installed programs, 0 launches;"
                                          " 0 of 8 items are switched off"), kept["collect.device"]
        refused(401, lambda: house.nobody().get("/v1/prove"))


def an_altered_entry_breaks_the_promise():
    with House() as house:
        owner = given(house)
        assert proven(owner)["state"] == "kept"
        size = owner.get("/v1/log/about")["size"]
        tile = house.home / "log" / owner.get("/v1/session")["tenant"]["id"] / f"tile/entries/000.p/{size}"
        entries = tile.read_bytes()
        tile.write_bytes(entries.replace(b"records.opened", b"records.closed"))
        row = proven(owner)
        assert row["state"] == "broken" and "do not lead to its signed root" in row["evidence"], row
        tile.write_bytes(entries)
        assert proven(owner)["state"] == "kept"


def journal_line(house, tenant, seq, line):
    """An entry as a service that is altered would write it: `seq` numbers further on than the last."""
    with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db", timeout=10)) as keyring, keyring:
        log, entries = keyring.execute("select id, entries from logs where origin like ?", ("%" + tenant,)).fetchone()
        text = json.dumps({"seq": entries + seq, "at": "2026-11-24T18:30:00Z"} | line, separators=(",", ":"))
        keyring.execute("insert into journal (log, seq, entry) values (?, ?, ?)", (log, entries, text.encode()))
        keyring.execute("update logs set entries = entries + 1, behind = 1 where id = ?", (log,))


def a_number_that_is_missing_breaks_the_promise_and_is_named_to_whoever_has_a_copy():
    with House() as house:
        owner = given(house)
        tenant = owner.get("/v1/session")["tenant"]["id"]
        assert proven(owner)["state"] == "kept"
        journal_line(house, tenant, 1, {"act": "token.made", "by": "operator"})
        row = proven(owner)
        assert row["state"] == "broken" and "the log's numbers have a gap" in row["evidence"], row
        assert promise(owner, "access.support")["state"] == "broken"
        about = owner.get("/v1/log/about")
        done = subprocess.run([BIN / "custody-verify", "log", house.home / "log" / tenant, "--key", about["key"]],
                              capture_output=True, text=True)
        assert done.returncode == 25 and f"gap" in done.stdout and f"number {about['size']}" in done.stdout, done


def files_that_are_older_than_what_was_signed_break_the_promise():
    with House() as house:
        owner = given(house)
        assert proven(owner)["state"] == "kept" # and so all of it is signed
        about = owner.get("/v1/log/about")
        checkpoint = house.home / "log" / owner.get("/v1/session")["tenant"]["id"] / "checkpoint"
        old = checkpoint.read_bytes()
        owner.get("/v1/devices")
        assert proven(owner)["state"] == "kept" and owner.get("/v1/log/about")["size"] > about["size"]
        checkpoint.write_bytes(old)
        row = proven(owner)
        assert row["state"] == "broken" and "older than what was signed" in row["evidence"], row


def an_entry_that_is_not_signed_within_a_second_breaks_the_promise():
    with House() as house:
        owner = given(house)
        assert proven(owner)["state"] == "kept"
        jobs = house.children()["custody-jobs"]
        os.kill(jobs, signal.SIGSTOP)
        owner.get("/v1/devices")
        row = proven(owner)
        os.kill(jobs, signal.SIGCONT)
        assert row["state"] == "broken" and "wait for their signature" in row["evidence"], row
        until = time.monotonic() + 5 # it has slept, and wakes behind others
        while proven(owner)["state"] != "kept":
            assert time.monotonic() < until
            time.sleep(0.1)


def a_record_that_is_not_sealed_breaks_the_promise():
    with House() as house:
        owner = given(house)
        file = house.home / "store/tenants" / (owner.get("/v1/session")["tenant"]["id"] + ".db")
        with contextlib.closing(sqlite3.connect(file)) as store:
            store.execute("update programs set sealed = ?", (b"bash 5.2, in clear" * 20,))
            store.commit()
        row = proven(owner)
        assert row["state"] == "broken" and row["evidence"].endswith("fields 66 %: of 3 stored records with them, 1 not sealed"), row
        assert row["exceptions"]


def a_name_of_a_member_that_stands_in_clear_breaks_the_promise():
    with House() as house:
        owner = given(house)
        assert proven(owner, "collect.user")["state"] == "kept"
        house.stop()
        with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db")) as keyring:
            keyring.execute("update members set name = 'First Owner'")
            keyring.commit()
        house.start()
        row = proven(house.sign_in("one"), "collect.user")
        assert row["state"] == "broken" and row["evidence"].endswith("fields outside the list: 0, and 1 of what stands in the keyring"), row


def what_is_excepted_is_counted_where_it_stands():
    with House(None, "--webhook-ports", "443") as house:
        owner = house.claim("one")
        counts = lambda: {each["what"]: each["count"] for each in proven(owner)["exceptions"]}
        keys = "data keys in the memory of intake"
        addresses, patterns = "notice addresses: notice's address, webhook's url", "patterns of deployment keys"
        empty = {"contract facts: tenant's name": 1, "texts of signed policies: policy's note": 0, addresses: 0, keys: 0, patterns: 0}
        assert counts() == empty, counts()
        owner.put("/v1/notices", {"addresses": "ops@example.com it@example.com"})
        owner.post("/v1/webhooks", {"url": "https://localhost/"})
        owner.post("/v1/deployment-keys", {"name": "lab", "uses": 1, "days": 1, "pattern": "lab-*"})
        endpoint = house.enrol(owner)
        empty |= {addresses: 3, patterns: 1}
        endpoint.report(1, [item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2")])])
        assert counts() == empty | {keys: 1}, counts()
        assert all(each["why"] for each in proven(owner)["exceptions"])
        owner.post(f"/v1/devices/{endpoint.name}/revoke", None)
        assert counts() == empty, counts()
        other = house.claim("two")
        assert other.get("/v1/prove")["promises"][1]["exceptions"][0]["count"] == 1


def a_deactivation_that_somebody_was_told_of_keeps_the_promise_and_one_that_nobody_was_breaks_it():
    with folder() as at, Relay(at) as relay:
        (at / "house").mkdir()
        house = House(at / "house", "--smtp", f"smtp://localhost:{relay.port}", "--mail-from", "custody@service.example")
        with house:
            owner = house.claim("one")
            assert proven(owner, "erase.tell")["state"] == "not yet due"
            with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db")) as keyring, keyring:
                tenant, now = keyring.execute("select id from tenants").fetchone()[0], int(time.time() * 1000)
                insert = lambda address, state, made: keyring.execute(
                    "insert into notices values (?, ?, 'licence.deactivated', 0, '', ?, ?, ?, 0, ?, 0, '')",
                    (secrets.token_bytes(16), tenant, address, state, made, now))
                insert("ops@example.com", "waiting", now), insert("it@example.com", "failed", now)
            relay.mails(1)
            row = proven(owner, "erase.tell")
            assert row["state"] == "kept" and "of 2 addresses 1 accepted, 1 in the log, 0 still tried: ntc_" in row["evidence"], row
            with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db")) as keyring, keyring:
                insert("", "nobody", now + 1)
            row = proven(owner, "erase.tell")
            assert row["state"] == "broken" and "of 1 addresses 0 accepted" in row["evidence"], row


def what_staff_did_under_a_grant_is_counted_and_without_one_it_breaks_the_promise():
    with House() as house:
        owner, staff = given(house), house.staff()
        device = owner.get("/v1/devices")["items"][0]["id"]
        tenant = owner.get("/v1/session")["tenant"]["id"]
        ask = {"client": tenant, "case": "1", "reason": "question", "words": "why", "acts": "open", "minutes": 5, "devices": [device]}
        first = staff.post("/operator/v1/requests", ask)["id"]
        owner.post(f"/v1/requests/{first}/refuse", None)
        second = staff.post("/operator/v1/requests", ask)["id"]
        owner.post(f"/v1/requests/{second}/approve", None)
        staff.get(f"/operator/v1/requests/{second}/devices")
        row = proven(owner, "access.support")
        assert row["state"] == "kept", row
        assert row["evidence"].startswith("of 2 requests 1 granted, 1 refused, 0 unanswered and void; 1 grants are on, 0 ended; 2 acts under"), row
        assert "1 under its grants, 0 by anybody else" in proven(owner)["evidence"]
        owner.post(f"/v1/requests/{second}/end", None)
        assert proven(owner, "access.support")["evidence"].endswith("0 grants are on, 1 ended; 2 acts under grants, 0 without")
        bound = proven(owner, "staff.bound")
        assert bound["state"] == "kept" and bound["evidence"].startswith("1 members of staff, 1 current, 0 lapsed"), bound
        with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db")) as keyring: # as if trained only afterwards
            keyring.execute("update trainings set at = at + 86400000 where topic = 'privacy'")
            keyring.commit()
        late = proven(owner, "staff.bound")
        assert late["state"] == "broken" and "; 2 times access was asked for without" in late["evidence"], late
        duties_that_open_nothing_keep_it(house, owner, staff, tenant)
        journal_line(house, tenant, 0, {"act": "device.revoked", "by": staff.id, "under": second, "on": [device]}) # as if the service had done so
        row = proven(owner, "access.support")
        assert row["state"] == "broken" and row["evidence"].endswith("2 acts under grants, 1 without"), row
        journal_line(house, tenant, 0, {"act": "records.opened", "by": staff.id, "on": [device]}) # and under none at all
        row = promise(owner, "access.support")
        assert row["state"] == "broken" and row["evidence"].endswith("2 acts under grants, 2 without"), row


def duties_that_open_nothing_keep_it(house, owner, staff, tenant):
    """An ordinary contract edit, and an erasure that two of staff enter, which an owner takes back."""
    counts = lambda: {one["what"]: one["count"] for one in promise(owner, "access.support")["exceptions"] if one["count"]}
    assert counts() == {}, counts()
    staff.put(f"/operator/v1/clients/{tenant}/contract", {"licence_end": "2099-01-01", "capacity_gib": 10})
    order = staff.post("/operator/v1/orders", {"act": "tenant.erase", "target": tenant, "typed": "one", "document": "00" * 32})
    house.staff("second").post(f"/operator/v1/orders/{order['id']}/confirm", None)
    owner.post(f"/v1/erasure/{owner.get('/v1/erasure')['id']}/withdraw", None)
    row = promise(owner, "access.support")
    assert row["state"] == "kept" and row["evidence"].endswith("2 acts under grants, 0 without"), row
    assert counts() == {"contract.changed": 1, "erasure.asked": 1} and all(one["why"] for one in row["exceptions"]), row


def the_certificate_on_file_is_judged_by_its_day():
    with House() as house:
        owner = house.claim("one")
        assert proven(owner, "ops.procedures")["evidence"] == "no certificate is on file"
        paper = {"body": "A Body", "number": "IS 1", "scope": "all of it", "until": "2099-01-01T00:00:00Z"}
        house.operator("PUT", "/operator/v1/certificate", paper)
        row = proven(owner, "ops.procedures")
        assert row["state"] == "kept" and "IS 1 of A Body, valid until 2099-01-01" in row["evidence"], row
        house.operator("PUT", "/operator/v1/certificate", paper | {"until": "2020-01-01T00:00:00Z"})
        assert proven(owner, "ops.procedures")["state"] == "broken"


def the_command_shows_it_and_fails_where_a_promise_is_broken():
    with House() as house:
        owner = given(house)
        token = owner.post("/v1/tokens", {"name": "auditor", "role": "auditor", "days": 1})["token"]
        environment = dict(os.environ, CUSTODY_URL=f"https://localhost:{house.port}", CUSTODY_TOKEN=token,
                           CUSTODY_CONFIG=str(house.folder / "login.json"))
        command = [BIN / "custody", "prove", "--insecure"]
        shown = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert shown.returncode == 0 and "access.client-only" in shown.stdout and "no evidence" in shown.stdout
        under, support = shown.stdout.split("\nExceptions of access.client-only\n")[1].split("\nExceptions of access.support\n")
        assert [line.split()[:2] for line in support.splitlines()[1:3]] == [["contract.changed", "0"], ["licence.renewed", "0"]], support
        under = under.splitlines()
        assert under[0].split() == ["Exception", "Count", "Why"] and len(under) == 6
        assert [line.split("  ")[0] for line in under[1:3]] == ["contract facts: tenant's name", "texts of signed policies: policy's note"], under
        as_json = subprocess.run(command + ["--json"], env=environment, capture_output=True, text=True)
        assert [row["id"] for row in json.loads(as_json.stdout)["promises"]][:2] == ["detect.monitor", "access.client-only"]
        shutil.rmtree(house.home / "log" / owner.get("/v1/session")["tenant"]["id"])
        broken = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert broken.returncode and "broken" in broken.stdout and "3 of 23 promises" in broken.stderr, broken


main([each_promise_has_a_row_and_none_is_kept_without_evidence, an_altered_entry_breaks_the_promise,
      a_number_that_is_missing_breaks_the_promise_and_is_named_to_whoever_has_a_copy,
      files_that_are_older_than_what_was_signed_break_the_promise,
      an_entry_that_is_not_signed_within_a_second_breaks_the_promise, a_record_that_is_not_sealed_breaks_the_promise,
      a_name_of_a_member_that_stands_in_clear_breaks_the_promise,
      what_is_excepted_is_counted_where_it_stands,
      a_deactivation_that_somebody_was_told_of_keeps_the_promise_and_one_that_nobody_was_breaks_it,
      what_staff_did_under_a_grant_is_counted_and_without_one_it_breaks_the_promise,
      the_certificate_on_file_is_judged_by_its_day, the_command_shows_it_and_fails_where_a_promise_is_broken])
