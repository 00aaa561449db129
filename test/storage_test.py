#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long what is kept stays, and what goes when there is no room: by the product's own service, clock and log."""
import datetime, secrets

from house import *


def launch(at, path, args=b""):
    """One packed launch of the system's; `at` in seconds."""
    return field(1, int(at * 1000)) + field(6, b"\0" * 16) + field(7, path) + (field(11, args) if args else b"")


def upload(endpoint, sequence, batches):
    body = field(1, endpoint.epoch) + field(2, sequence)
    for subject, launches in batches:
        body += field(3, field(1, subject) + field(2, zstd(b"".join(field(1, one) for one in launches))))
    return endpoint.post("/agent/v1/launches", body)


def day(back):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=back)).strftime("%Y-%m-%d")


def given(house, days=10, args=b"", name="one"):
    """An owner, a device, and one launch at noon of each of the last days; today's is now."""
    owner = house.claim(name)
    endpoint = house.enrol(owner)
    noon = int(time.time()) // 86400 * 86400 + 43200
    for back in range(days + 1):
        at = time.time() - 5 if back == 0 else noon - back * 86400
        upload(endpoint, back + 1, [(endpoint.id, [launch(at, "/usr/bin/zqday%d" % back, args=args)])])
    return owner, endpoint


def kept(owner):
    """How many days back each launch is that is still there."""
    return sorted(int(item["path"].removeprefix("/usr/bin/zqday")) for item in owner.get("/v1/launches?limit=500")["items"])


def until(so, seconds=90):
    for _ in range(seconds * 5):
        if so():
            return
        time.sleep(0.2)
    raise AssertionError("it did not come to be")


def kind(storage, name):
    return next(one for one in storage["kinds"] if one["kind"] == name)


def evicted(owner):
    return [(one["kind"], one["day"], one["count"], one["by"]) for one in owner.get("/v1/log?act=data.evicted&limit=500")["items"]]


AGES = {"videos_least": 0, "videos_most": 0, "launches_least": 0, "launches_most": 0}


def what_is_older_than_the_maximum_goes_and_that_is_foretold_asked_for_and_written_down():
    with House() as house:
        owner, endpoint = given(house)
        storage = owner.get("/v1/storage")
        launches = kind(storage, "launches")
        assert storage["capacity"] is None and storage["level"] == "none" and storage["next"] is None
        assert launches["oldest"] == day(10) and launches["bytes"] > 0 and launches["goes"] and not kind(storage, "inventory")["goes"]
        assert storage["used"] == sum(one["bytes"] for one in storage["kinds"])
        wanted = {**AGES, "launches_most": 4}
        assert owner.post("/v1/storage/retention/try", {**AGES, "launches_most": 400})["items"] == []
        goes, = owner.post("/v1/storage/retention/try", wanted)["items"]
        assert (goes["kind"], goes["why"], goes["count"], goes["from"], goes["until"]) == ("launches", "age", 6, day(10), day(5)), goes
        refused(409, lambda: owner.put("/v1/storage/retention", wanted))
        refused(409, lambda: owner.put("/v1/storage/retention", {**wanted, "name": "two"}))
        refused(400, lambda: owner.put("/v1/storage/retention", {**AGES, "launches_least": 9, "launches_most": 8, "name": "one"}))
        refused(400, lambda: owner.put("/v1/storage/retention", {**AGES, "videos_least": -1}))
        refused(400, lambda: owner.put("/v1/storage/retention", {"launches_most": 4}))
        assert kept(owner) == list(range(11))
        changed = owner.put("/v1/storage/retention", {**wanted, "name": "one"})
        assert kind(changed, "launches")["most"] == 4 and changed["next"]["on"] == day(0) and changed["next"]["why"] == "age"
        until(lambda: kept(owner) == list(range(5)))
        until(lambda: len(evicted(owner)) == 6)
        assert sorted(evicted(owner)) == sorted(("launches", day(back), 1, "service") for back in range(5, 11)), evicted(owner)
        entry = owner.get("/v1/log?act=retention.changed")["items"][0]
        assert entry["by"].startswith("usr_") and entry["count"] == 1
        after = owner.get("/v1/storage")
        assert kind(after, "launches")["oldest"] == day(4) and after["next"]["on"] == day(-1), after["next"]
        assert after["counted"] == {"rows": 0, "bytes": 0, "on": day(0)}, after["counted"]
        went = [one for one in after["history"] if one["kind"] == "launches" and one["on"] == day(0)]
        assert went[0]["went"] == 6 and went[0]["went_bytes"] > 0
        proven = {row["id"]: row for row in owner.get("/v1/prove")["promises"]}["retain.capacity"]
        assert proven["state"] == "kept" and f"launches {day(4)}" in proven["evidence"], proven
        assert "launches older than 4 days on " + day(-1) in proven["evidence"], proven


def who_may_not_does_not_say_how_long():
    with House() as house:
        owner, _ = given(house, days=1)
        viewer, auditor, administrator = (house.member(owner, role) for role in ("viewer", "auditor", "administrator"))
        assert auditor.get("/v1/storage")["used"] > 0
        refused(403, lambda: viewer.get("/v1/storage"))
        for person in (viewer, auditor):
            refused(403, lambda: person.put("/v1/storage/retention", {**AGES, "launches_least": 3}))
            refused(403, lambda: person.post("/v1/storage/retention/try", AGES))
        assert kind(administrator.put("/v1/storage/retention", {**AGES, "launches_least": 3}), "launches")["least"] == 3
        other = house.claim("two")
        assert kind(other.get("/v1/storage"), "launches")["least"] == 0 and other.get("/v1/storage")["used"] == 0


def what_comes_in_meanwhile_is_kept_whoever_is_killed():
    with House() as house:
        owner, endpoint = given(house, days=30, args=secrets.token_hex(1000).encode())
        owner.put("/v1/storage/retention", {**AGES, "launches_most": 3, "name": "one"})
        for number in range(6):
            upload(endpoint, 100 + number, [(endpoint.id, [launch(time.time(), "/usr/bin/zqday0")])])
            house.kill("custody-jobs" if number % 2 else "custody-web")
        until(lambda: kept(owner) == [0] * 7 + [1, 2, 3])
        until(lambda: len(evicted(owner)) == 27)
        assert sum(count for _, _, count, _ in evicted(owner)) == 27
        assert len({day for _, day, _, _ in evicted(owner)}) == 27
        states = {row["id"]: row["state"] for row in owner.get("/v1/prove")["promises"]}
        assert states["retain.capacity"] == "kept" and states["access.client-only"] == "kept", states


def notices(owner):
    return sorted(one["kind"] for one in owner.get("/v1/notices")["items"] if one["kind"].startswith("storage."))


def turned(house, owner, so):
    """Turns come with the start of the jobs process."""
    house.kill("custody-jobs")
    until(so)


def what_is_kept_stays_within_the_plan_the_oldest_goes_and_warnings_come_once():
    with House(None, "--plan-gib", "1000") as house:
        owner, endpoint = given(house, days=12, args=secrets.token_hex(2000).encode())
        staff, client = house.staff("support"), owner.get("/v1/session")["tenant"]["id"]
        house.kill("custody-web")  # which folds what has come in
        used = owner.get("/v1/storage")["used"]

        def plan(share):
            capacity = int(used * share) // 1000
            staff.put(f"/operator/v1/clients/{client}/contract", {"licence_end": day(-300), "capacity_gib": capacity})
            return capacity * 1000

        assert owner.get("/v1/storage")["capacity"] is None
        capacity = plan(1.2)
        turned(house, owner, lambda: owner.get("/v1/storage")["level"] == "80")
        assert owner.get("/v1/storage")["capacity"] == capacity and kept(owner) == list(range(13)) and evicted(owner) == []
        capacity = plan(0.5)
        goes, = owner.post("/v1/storage/retention/try", AGES)["items"]
        assert goes["why"] == "capacity" and goes["from"] == day(12), goes
        turned(house, owner, lambda: owner.get("/v1/storage")["used"] <= capacity)
        left = kept(owner)
        assert left == list(range(len(left))) and 3 < len(left) < 9, left
        until(lambda: len(evicted(owner)) == 13 - len(left))
        assert {one[1] for one in evicted(owner)} == {day(back) for back in range(len(left), 13)}
        until(lambda: owner.get("/v1/storage")["level"] == "90")
        turned(house, owner, lambda: owner.get("/v1/storage")["counted"])
        assert notices(owner) == ["storage.80", "storage.90"], notices(owner)
        assert [one["count"] for one in owner.get("/v1/log?act=storage.warned")["items"]] == [90, 80]
        assert owner.get("/v1/storage")["counted"]["bytes"] == 0
        proven = {row["id"]: row for row in owner.get("/v1/prove")["promises"]}["retain.capacity"]
        assert proven["state"] == "kept" and f"of {capacity} bytes" in proven["evidence"], proven


def where_nothing_may_go_nothing_is_refused_and_it_is_said():
    with House(None, "--plan-gib", "1000") as house:
        owner, endpoint = given(house, days=5, args=secrets.token_hex(2000).encode())
        staff, client = house.staff("support"), owner.get("/v1/session")["tenant"]["id"]
        hold = owner.post("/v1/holds", {"target": endpoint.name, "case": "2026/17", "reason": "kept for a case"})
        staff.put(f"/operator/v1/clients/{client}/contract", {"licence_end": day(-300), "capacity_gib": 5})
        turned(house, owner, lambda: owner.get("/v1/storage")["level"] == "full")
        storage = owner.get("/v1/storage")
        assert storage["stuck"] and storage["held"] >= 1 and storage["used"] > storage["capacity"] and storage["full"] == day(0), storage
        assert kept(owner) == list(range(6)) and notices(owner) == ["storage.full"]
        upload(endpoint, 50, [(endpoint.id, [launch(time.time(), "/usr/bin/zqday0")])])
        assert kept(owner) == [0] + list(range(6))
        proven = {row["id"]: row for row in owner.get("/v1/prove")["promises"]}["retain.capacity"]
        assert proven["state"] == "kept" and "nothing may go then" in proven["evidence"], proven
        other = house.enrol(owner)  # of a device that is not held the oldest goes, and no more than that
        upload(other, 1, [(other.id, [launch(time.time() - 3 * 86400, "/usr/bin/zqday77")])])
        assert 77 in kept(owner)
        turned(house, owner, lambda: 77 not in kept(owner))
        assert kept(owner) == [0] + list(range(6)) and hold["kind"] == "device"


def the_command_line_shows_and_sets():
    with House() as house:
        owner, endpoint = given(house, days=6)
        environment = {"PATH": os.environ["PATH"], "HOME": str(house.folder), "CUSTODY_CONFIG": str(house.folder / "login.json"),
                       "ASAN_OPTIONS": "detect_leaks=0"}

        def custody(*arguments, given="", status=0):
            done = subprocess.run([BIN / "custody", *arguments], input=given, capture_output=True, text=True, env=environment)
            assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
            return done.stdout + done.stderr

        custody("login", "--url", f"https://localhost:{house.port}", "--insecure", "--tenant", "one", "--username", "owner", given=PASSWORD + "\n")
        shown = custody("storage", "show")
        assert "no limit is set by the contract" in shown and day(6) in shown, shown
        assert "90 days" in custody("storage", "set", "launches", "--least", "90")
        custody("storage", "set", "launches", "--least", "2", "--most", "3", status=2)  # nobody has confirmed it
        custody("storage", "set", "launches", "--least", "2", "--most", "3", "--confirm", "two", status=5)
        said = custody("storage", "set", "launches", "--least", "2", "--most", "3", "--confirm", "one")
        assert f"3 launches of {day(6)} to {day(4)}" in said and "3 days" in said, said
        assert kind(json.loads(custody("storage", "show", "--json")), "launches")["most"] == 3
        custody("storage", "set", "devices", "--least", "2", status=2)
        until(lambda: kept(owner) == list(range(4)))


main([what_is_older_than_the_maximum_goes_and_that_is_foretold_asked_for_and_written_down, who_may_not_does_not_say_how_long,
      what_comes_in_meanwhile_is_kept_whoever_is_killed,
      what_is_kept_stays_within_the_plan_the_oldest_goes_and_warnings_come_once,
      where_nothing_may_go_nothing_is_refused_and_it_is_said, the_command_line_shows_and_sets])
