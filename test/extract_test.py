#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What leaves the service: the archive that standard tools open, the receipt, people's requests, and what ends an export."""
import csv, threading

from archives import *
from house import *
from video import box, beginning, video

WARNED = "one"  # the client's name, typed under the warning


def given(house, launches=40):
    """An owner with a break-glass key; a device with two people on it, one of whom is in a group; what they launched."""
    owner = house.claim("one")
    owner.identity, recipient = key_pair(house)
    owner.put("/v1/break-glass", {"recipient": recipient})
    endpoint = house.enrol(owner, name="zq-laptop")
    endpoint.person, endpoint.other = secrets.token_bytes(16), secrets.token_bytes(16)
    endpoint.accounts([endpoint.person, endpoint.other])
    items = [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-laptop")]),
             item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2"), program("=zq<script>", "1")]),
             item(GROUP, secrets.token_bytes(16), endpoint.id,
                  [field(1, "zq-staff") + field(2, endpoint.person) + field(2, endpoint.other), field(1, "zq-rest") + field(2, endpoint.other)])]
    for id, name in ((endpoint.person, "zq-alice"), (endpoint.other, "zq-bob")):
        items.append(item(ACCOUNT, id, id, [account(id, name, True)]))
    endpoint.report(1, items)
    hour = int(time.time()) // 3600 * 3600
    for number in range(launches):
        subject = (endpoint.person, endpoint.other)[number % 2]
        path = ("/usr/bin/zqalice", "/usr/bin/zqbob")[number % 2] + str(number)
        upload(endpoint, number + 1, [(subject, [launch(hour - number * 500 + 0.25, path, subject)])])
    return owner, endpoint


def name_of(prefix, id):
    return prefix + "_" + base64.b32encode(id).decode().lower().rstrip("=")


def altered(house, recording):
    """A bit of it, in the middle of the file."""
    path = next((house.home / "store/blobs").glob("*/" + recording.replace("rec_", "blob_")))
    bytes = bytearray(path.read_bytes())
    bytes[len(bytes) // 2] ^= 4
    path.write_bytes(bytes)


def acts(owner, act):
    time.sleep(1)
    return owner.get("/v1/log?act=" + act)["items"]


def everything_that_is_kept_opens_with_age_and_every_hash_of_the_manifest_fits():
    with House() as house:
        owner, endpoint = given(house)
        export = exported(owner)
        status, headers, sealed = fetch(owner, export)
        assert status == 200 and headers["Accept-Ranges"] == "bytes"
        assert headers["ETag"] == '"' + hashlib.sha256(sealed).hexdigest() + '"'
        archive = opened(owner.identity, sealed)
        assert manifest_checked(archive) == ["No videos are in it: none are kept."] and rows(archive, "recordings") == []
        assert [one["name"] for one in rows(archive, "devices")] == ["zq-laptop"]
        assert sorted(one["name"] for one in rows(archive, "accounts")) == ["zq-alice", "zq-bob"]
        assert {one["name"]: one["version"] for one in rows(archive, "programs")} == {"bash": "5.2", "=zq<script>": "1"}
        assert len(rows(archive, "launches")) == 40 and [one["username"] for one in rows(archive, "users")] == ["owner"]
        cells = list(csv.DictReader(io.StringIO(archive.read("data/programs.csv").decode())))
        assert {one["name"] for one in cells} == {"bash", "'=zq<script>"} and len(cells) == 2
        shown = next(one for one in owner.get("/v1/exports")["items"] if one["id"] == export["id"])
        assert shown["sha256"] == hashlib.sha256(sealed).hexdigest() and shown["size"] == len(sealed)
        assert shown["manifest_sha256"] == hashlib.sha256(archive.read("manifest.json")).hexdigest()
        assert len(acts(owner, "export.opened")) > 0 and len(acts(owner, "extract.handed-over")) == 1
        assert not any(b"zq-laptop" in path.read_bytes() or b"data/" in path.read_bytes() for path in (house.home / "store/exports").iterdir())


def recordings_leave_byte_by_byte_and_what_of_them_does_not_is_said():
    with House() as house:
        owner, endpoint = given(house, 2)
        person, other = name_of("acc", endpoint.person), name_of("acc", endpoint.other)
        whole, long = video(3), [beginning(), *[box(b"free", os.urandom(8 * 1024 * 1024 - 8))] * 9]  # more than any other file may have
        made = 1795000000000
        ids = [endpoint.recorded(person, whole, made=made), endpoint.recorded(other, video(4, grey=90), whole=False),
               endpoint.recorded(endpoint.name, long), endpoint.recorded(person, video(3, grey=200))]
        altered(house, ids[3])
        hold = owner.post("/v1/holds", {"target": other, "case": "2026/18", "reason": "kept for a case"})
        archive = opened(owner.identity, fetch(owner, exported(owner))[2])
        listed = recordings(archive)
        assert hold["kind"] == "person" and listed.keys() == set(ids)
        assert manifest_checked(archive) == ["1 recordings are cut: their recorder was stopped, and they are in it as far as it came",
                                             "1 recordings were altered after they were made, and are in it as far as they are as they were"]
        for id, state, bytes in zip(ids, ("whole", "cut", "whole", "altered"), (whole, video(4, grey=90), long, video(3, grey=200)[:1])):
            assert listed[id]["state"] == state and listed[id]["file"] == f"recordings/{id}.mp4", listed[id]
            assert archive.read(listed[id]["file"]) == b"".join(bytes) and listed[id]["bytes"] == len(b"".join(bytes)), listed[id]
        assert [listed[id]["person"] for id in ids] == [person, other, None, person]
        assert listed[ids[0]]["made"] == "2026-11-18T11:06:40Z" and listed[ids[0]]["device"] == endpoint.name
        assert {one["id"]: one["state"] for one in csv.DictReader(io.StringIO(archive.read("data/recordings.csv").decode()))} == {
            id: one["state"] for id, one in listed.items()}
        owner.delete("/v1/exports/" + owner.get("/v1/exports")["items"][0]["id"])
        # Forgotten, and held: the file stays, and its key does not.
        owner.post("/v1/people/forget", {"accounts": [other], "typed": "zq-bob", "password": PASSWORD, "mentions": 0})
        archive = opened(owner.identity, fetch(owner, exported(owner))[2])
        assert recordings(archive).keys() == set(ids) - {ids[1]} and f"recordings/{ids[1]}.mp4" not in archive.namelist()
        assert "1 recordings are not in it: their keys were destroyed, or made after the export" in manifest_checked(archive)


def an_archive_of_recordings_that_was_cut_is_begun_anew_and_is_whole():
    with House() as house:
        owner, endpoint = given(house, 2)
        long = [beginning(), *[box(b"free", os.urandom(8 * 1024 * 1024 - 8)) for _ in range(5)]]
        ids = [endpoint.recorded(name_of("acc", endpoint.person), long) for _ in range(2)]
        export = owner.post("/v1/exports", {"typed": WARNED})
        kept = house.home / f"store/exports/{export['id']}.zip.age"

        def kill_half_way():
            while not kept.exists() or kept.stat().st_size < 10 * 1024 * 1024:
                time.sleep(0.005)
            os.kill(house.children()["custody-web"], signal.SIGKILL)
        killing = threading.Thread(target=kill_half_way)
        killing.start()
        try:
            assert run(owner, export)[-1][0] != "end"
        except (http.client.HTTPException, OSError):
            pass
        killing.join()
        house.monitor.stdout.readline()
        events = run(house.nobody(), export)
        assert events[-1][0] == "end", events
        archive = opened(owner.identity, fetch(owner, export)[2])
        assert manifest_checked(archive) == [] and recordings(archive).keys() == set(ids)
        assert all(archive.read(one["file"]) == b"".join(long) for one in recordings(archive).values())


def the_log_in_the_archive_verifies_without_the_service_and_so_does_the_receipt():
    with House() as house:
        owner, _ = given(house, 2)
        export = exported(owner)
        _, _, sealed = fetch(owner, export)
        folder = house.folder / "unpacked"
        opened(owner.identity, sealed).extractall(folder)
        key = (folder / "log/key").read_text()
        subprocess.run([BIN / "custody-verify", "log", folder / "log", "--key", key], check=True, capture_output=True)
        receipt = owner.get(f"/v1/exports/{export['id']}/receipt")
        (house.folder / "receipt").write_bytes(receipt)
        command = [BIN / "custody-verify", "receipt", house.folder / "receipt", "--key", key]
        subprocess.run(command, check=True, capture_output=True)
        (house.folder / "archive").write_bytes(sealed)
        subprocess.run(command + ["--archive", house.folder / "archive"], check=True, capture_output=True)
        (house.folder / "archive").write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        assert subprocess.run(command + ["--archive", house.folder / "archive"], capture_output=True).returncode
        (house.folder / "receipt").write_bytes(receipt.replace(b"handover", b"handOver"))
        assert subprocess.run(command, capture_output=True).returncode


def a_download_that_was_cut_goes_on_where_it_was_and_gives_the_same_bytes():
    with House() as house:
        owner, _ = given(house, 4)
        export = exported(owner)
        _, headers, whole = fetch(owner, export)
        house.kill("custody-web")
        status, part, rest = fetch(owner, export, Range="bytes=1000-", **{"If-Range": headers["ETag"]})
        assert status == 206 and part["Content-Range"] == f"bytes 1000-{len(whole) - 1}/{len(whole)}" and rest == whole[1000:]
        status, _, some = fetch(owner, export, Range="bytes=0-999")
        assert status == 206 and some + rest == whole
        assert fetch(owner, export, Range="bytes=5-", **{"If-Range": '"another"'})[::2] == (200, whole)
        assert fetch(owner, export, Range=f"bytes={len(whole)}-")[0] == 416
        assert len(acts(owner, "extract.handed-over")) == 1


def an_export_survives_the_session_and_the_web_process():
    with House() as house:
        owner, _ = given(house, 400)
        export = owner.post("/v1/exports", {"typed": WARNED})
        assert export["ticket"].startswith("cex_") and export["state"] == "sealing"
        assert refused(423, lambda: run_or_refuse(house.nobody(), export))
        killed = threading.Thread(target=lambda: (time.sleep(0.15), os.kill(house.children()["custody-web"], signal.SIGKILL)))
        killed.start()
        try:
            events = run(owner, export)
        except (http.client.HTTPException, OSError, ConnectionError):
            events = [("cut", {})]
        killed.join()
        house.monitor.stdout.readline()
        owner.delete("/v1/session")
        while events[-1][0] != "end":
            events = run(house.nobody(), export)
            assert events[-1][0] in ("end", "problem"), events
            assert events[-1][0] == "end" or events[-1][1]["status"] in (423, 503), events
            if events[-1][0] == "problem" and events[-1][1]["status"] == 423:  # it was cut before all keys were sealed
                events = run(house.sign_in("one"), export)
        owner.headers = house.sign_in("one").headers
        archive = opened(owner.identity, fetch(owner, export)[2])
        assert len(rows(archive, "launches")) == 400


def run_or_refuse(client, export):
    events = run(client, export)
    if events[-1][0] == "problem":
        raise Refused(events[-1][1]["status"], events[-1][1])


def whoever_ends_an_export_and_whoever_removes_a_device_takes_the_archive_off_the_disk():
    with House() as house:
        owner, endpoint = given(house, 2)
        kept = house.home / "store/exports"
        first = exported(owner)
        assert len(list(kept.iterdir())) == 1
        refused(409, lambda: owner.post("/v1/exports", {"typed": WARNED}))
        owner.delete("/v1/exports/" + first["id"])
        assert not list(kept.iterdir()) and refused(404, lambda: owner.get(f"/v1/exports/{first['id']}/archive"))
        second = exported(owner)
        owner.delete("/v1/devices/" + endpoint.name)
        assert owner.get("/v1/exports")["items"][0]["state"] == "ended"
        assert fetch(owner, second)[0] in (404, 423)
        for _ in range(100):
            time.sleep(0.1)
            if not list(kept.iterdir()):
                break
        assert not list(kept.iterdir())
        refused(409, lambda: owner.get(f"/v1/exports/{second['id']}/receipt"))


def nothing_is_extracted_without_the_key_the_name_and_the_right():
    with House() as house:
        owner, other = house.claim("one"), house.claim("two")
        refused(409, lambda: owner.post("/v1/exports", {"typed": WARNED}))
        identity, recipient = key_pair(house)
        refused(400, lambda: owner.put("/v1/break-glass", {"recipient": recipient[:-1] + "x"}))
        owner.put("/v1/break-glass", {"recipient": recipient})
        administrator, auditor = house.member(owner, "administrator"), house.member(owner, "auditor")
        refused(403, lambda: administrator.put("/v1/break-glass", {"recipient": recipient}))
        refused(400, lambda: owner.post("/v1/exports", {"typed": "One"}))
        refused(403, lambda: administrator.post("/v1/exports", {"typed": WARNED}))
        export = exported(owner)
        for person in (administrator, auditor):
            assert fetch(person, export)[0] == 403 and refused(403, lambda: person.delete("/v1/exports/" + export["id"]))
        assert fetch(other, export)[0] == 404 and other.get("/v1/exports")["items"] == []
        assert refused(404, lambda: run_or_refuse(house.nobody(), {**export, "ticket": "cex_" + "A" * 64}))
        assert "responsibility" in auditor.get("/v1/exports/warning")["warning"]
        assert refused(409, lambda: auditor.get(f"/v1/exports/{export['id']}/receipt"))
        assert fetch(owner, export)[0] == 200 and b"custody receipt" in auditor.get(f"/v1/exports/{export['id']}/receipt")


def a_person_gets_everything_about_them_and_nothing_about_others():
    with House() as house:
        owner, endpoint = given(house)
        administrator = house.member(owner, "administrator")
        administrator.get("/v1/devices/" + endpoint.name)
        time.sleep(1)
        person = name_of("acc", endpoint.person)
        theirs = endpoint.recorded(person, video(2))
        for subject in (name_of("acc", endpoint.other), endpoint.name):
            endpoint.recorded(subject, video(2, grey=90))
        request = administrator.post("/v1/subject-access", {"regime": "gdpr", "received": moment(-86400), "account": [person]})
        assert request["state"] == "open" and request["subjects"] == [person]
        lgpd = administrator.post("/v1/subject-access", {"regime": "lgpd", "received": moment(), "account": [person]})
        assert lgpd["due"] < moment(17 * 86400) and lgpd["due"] > moment(14 * 86400)
        refused(409, lambda: administrator.post(f"/v1/subject-access/{request['id']}/close", {}))
        identity, recipient = key_pair(house)
        export = administrator.post("/v1/exports", {"typed": WARNED, "request": request["id"], "recipient": recipient})
        assert run(administrator, export)[-1][0] == "end"
        archive = opened(identity, fetch(administrator, export)[2])
        assert [one["name"] for one in rows(archive, "accounts")] == ["zq-alice"]
        assert [(one["name"], one["account"]) for one in rows(archive, "groups")] == [("zq-staff", [person])]
        assert [one["name"] for one in rows(archive, "devices")] == ["zq-laptop"]
        assert len(rows(archive, "launches")) == 20 and all("zqalice" in one["path"] for one in rows(archive, "launches"))
        assert rows(archive, "log") and rows(archive, "users") == []
        assert recordings(archive).keys() == {theirs} and manifest_checked(archive) == []
        assert archive.read(f"recordings/{theirs}.mp4") == b"".join(video(2))
        assert [name for name in archive.namelist() if name.startswith("recordings/")] == [f"recordings/{theirs}.mp4"]
        for name in archive.namelist():
            text = archive.read(name)
            assert b"zq-bob" not in text and b"zqbob" not in text and name_of("acc", endpoint.other).encode() not in text, name
        administrator.post(f"/v1/subject-access/{request['id']}/close", {})
        assert {one["state"] for one in owner.get("/v1/subject-access")["items"]} == {"answered", "open"}
        refused(409, lambda: administrator.post("/v1/exports", {"typed": WARNED, "request": request["id"]}))


def a_member_gets_what_is_kept_about_them():
    with House() as house:
        owner, _ = given(house, 2)
        viewer = house.member(owner, "viewer", "zq-vera")
        request = owner.post("/v1/subject-access", {"regime": "gdpr", "received": moment(), "user": viewer.id})
        time.sleep(2) # the log is as far as it is signed, which is at most a second behind
        archive = opened(owner.identity, fetch(owner, exported(owner, request=request["id"]))[2])
        assert [one["username"] for one in rows(archive, "users")] == ["zq-vera"]
        assert rows(archive, "devices") == [] and rows(archive, "launches") == [] and rows(archive, "log")
        assert manifest_checked(archive) == ["No videos are in it: none of this person are kept."]


def elevation(endpoint, account, reason):
    one = field(1, secrets.token_bytes(16)) + field(2, account) + field(4, int(time.time() * 1000)) + field(6, "open")
    return endpoint.post("/agent/v1/elevations", field(1, one + field(8, "/usr/bin/zqrun") + field(9, b"zqargs\0") + field(10, reason)))


def a_person_with_accounts_who_is_a_member_too_gets_all_of_it_as_one_archive():
    with House() as house:
        owner, endpoint = given(house, 4)
        person, viewer = name_of("acc", endpoint.person), house.member(owner, "viewer", "zq-vera")
        house.member(owner, "auditor", "zq-adam")
        elevation(endpoint, endpoint.person, "zq-reason of hers")
        elevation(endpoint, endpoint.other, "zq-reason of his")
        ask = {"regime": "gdpr", "received": moment()}
        refused(400, lambda: owner.post("/v1/subject-access", {**ask, "account": [person, viewer.id]}))
        refused(400, lambda: owner.post("/v1/subject-access", {**ask, "account": [person], "user": person}))
        refused(404, lambda: house.claim("two").post("/v1/subject-access", {**ask, "account": [person], "user": viewer.id}))
        request = owner.post("/v1/subject-access", {**ask, "account": [person], "user": viewer.id})
        assert (request["kind"], request["subjects"]) == ("person", [person, viewer.id]), request
        assert owner.get("/v1/subject-access")["items"] == [request]
        time.sleep(2)
        archive = opened(owner.identity, fetch(owner, exported(owner, request=request["id"]))[2])
        assert [one["name"] for one in rows(archive, "accounts")] == ["zq-alice"]
        assert [one["username"] for one in rows(archive, "users")] == ["zq-vera"]
        assert [(one["account"], one["path"], one["reason"]) for one in rows(archive, "elevations")] == [
            (person, "/usr/bin/zqrun", "zq-reason of hers")]
        for name in archive.namelist():
            assert not any(word in archive.read(name) for word in (b"zq-bob", b"of his", b"zq-adam")), name
        owner.post(f"/v1/subject-access/{request['id']}/close", {})
        custody(house, "login", "--url", f"https://localhost:{house.port}", "--tenant", "one", "--username", "owner", "--insecure",
                given=PASSWORD + "\n")
        again = json.loads(custody(house, "subject-access", "open", "lgpd", viewer.id, person, "--json"))
        assert (again["kind"], again["subjects"]) == ("person", [person, viewer.id]), again
        assert "one member" in custody(house, "subject-access", "open", "lgpd", viewer.id, viewer.id, fails=True)


def custody(house, *words, given="", fails=False):
    """The command line as a person of the client uses it."""
    environment = {**os.environ, "CUSTODY_CONFIG": str(house.folder / "login.json")}
    run = subprocess.run([BIN.resolve() / "custody", *words], input=given, capture_output=True, text=True, env=environment, cwd=house.folder)
    assert (run.returncode != 0) == fails, (words, run.stdout, run.stderr)
    return run.stderr if fails else run.stdout


def the_command_line_makes_a_key_takes_everything_and_goes_on_where_it_was_cut():
    with House() as house:
        owner, endpoint = given(house, 6)
        custody(house, "login", "--url", f"https://localhost:{house.port}", "--tenant", "one", "--username", "owner", "--insecure",
                given=PASSWORD + "\n")
        recipient = custody(house, "key", "make-break-glass", "--output", "identity").strip()
        assert (house.folder / "identity").stat().st_mode & 0o777 == 0o600
        assert "already" in custody(house, "key", "make-break-glass", "--output", "identity", fails=True)
        custody(house, "key", "set-break-glass", recipient, given=PASSWORD + "\n")
        assert recipient in custody(house, "key", "show-break-glass")
        assert "name" in custody(house, "handover", "make", "--output", "all.age", "--confirm", "other", fails=True)
        made = json.loads(custody(house, "handover", "make", "--output", "all.age", "--json", given=WARNED + "\n"))
        sealed = (house.folder / "all.age").read_bytes()
        assert made["sha256"] == hashlib.sha256(sealed).hexdigest() and not (house.folder / "all.age.ticket").exists()
        assert len(rows(opened(house.folder / "identity", sealed), "launches")) == 6
        assert "already" in custody(house, "handover", "make", "--output", "all.age", "--confirm", WARNED, fails=True)
        custody(house, "handover", "end", made["id"])
        again = owner.post("/v1/exports", {"typed": WARNED})
        (house.folder / "cut.age.ticket").write_text(json.dumps({"id": again["id"], "ticket": "cex_" + "A" * 64}))
        said = custody(house, "handover", "resume", "cut.age", fails=True)
        assert "no export with this ticket" in said, said
        (house.folder / "cut.age.ticket").write_text(json.dumps({"id": again["id"], "ticket": again["ticket"]}))
        custody(house, "handover", "resume", "cut.age")
        whole = fetch(owner, again)[2]
        assert (house.folder / "cut.age").read_bytes() == whole
        (house.folder / "cut.age").write_bytes(whole[:1000])
        (house.folder / "cut.age.ticket").write_text(json.dumps({"id": again["id"], "ticket": again["ticket"]}))
        custody(house, "handover", "resume", "cut.age")
        assert (house.folder / "cut.age").read_bytes() == whole
        assert made["id"] in custody(house, "handover", "list")
        custody(house, "handover", "receipt", made["id"], "--output", "receipt")
        assert (house.folder / "receipt").read_text().startswith("custody receipt\nclient one\n")
        request = json.loads(custody(house, "subject-access", "open", "lgpd", name_of("acc", endpoint.person), "--json"))
        custody(house, "subject-access", "export", request["id"], "--output", "person.age", "--confirm", WARNED)
        assert len(rows(opened(house.folder / "identity", (house.folder / "person.age").read_bytes()), "launches")) == 3
        custody(house, "subject-access", "close", request["id"], "answered")
        assert "answered" in custody(house, "subject-access", "list")
        proof = {row["id"]: row for row in json.loads(custody(house, "prove", "--json"))["promises"]}
        assert proof["extract.handover"]["state"] == "kept" and "3 extractions" in proof["extract.handover"]["evidence"], proof["extract.handover"]
        assert proof["access.client-only"]["state"] == "kept"
        custody(house, "handover", "end", again["id"])


main([everything_that_is_kept_opens_with_age_and_every_hash_of_the_manifest_fits,
      recordings_leave_byte_by_byte_and_what_of_them_does_not_is_said, an_archive_of_recordings_that_was_cut_is_begun_anew_and_is_whole,
      the_log_in_the_archive_verifies_without_the_service_and_so_does_the_receipt,
      a_download_that_was_cut_goes_on_where_it_was_and_gives_the_same_bytes, an_export_survives_the_session_and_the_web_process,
      whoever_ends_an_export_and_whoever_removes_a_device_takes_the_archive_off_the_disk,
      nothing_is_extracted_without_the_key_the_name_and_the_right, a_person_gets_everything_about_them_and_nothing_about_others,
      a_member_gets_what_is_kept_about_them,
      a_person_with_accounts_who_is_a_member_too_gets_all_of_it_as_one_archive, the_command_line_makes_a_key_takes_everything_and_goes_on_where_it_was_cut])
