#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a client over the real service: what an expiry stops and what it leaves open, who is let in when, what a
renewal brings back, and what a legal hold keeps."""
import datetime, io, zipfile

from house import *


def day(offset):
    return (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=offset)).isoformat()


def contract_path(owner):
    return f"/operator/v1/clients/{owner.get('/v1/session')['tenant']['id']}/contract"


def eventually(truth, seconds=40):
    """What the clock makes due is done within seconds: looked for until it is."""
    for _ in range(seconds * 5):
        if truth():
            return
        time.sleep(0.2)
    raise AssertionError("not in time")


def entries(client, act):
    for _ in range(50):
        about = client.get("/v1/log/about")
        if about["size"] == about["entries"]:
            break
        time.sleep(0.1)
    return client.get("/v1/log?act=" + act)["items"]


def facts(owner):
    return owner.get("/v1/licence")["facts"]


def proven(owner):
    rows = owner.get("/v1/prove")["promises"]
    return {row["id"]: row["state"] for row in rows if row["id"] in ("licence.grace", "licence.snapshots", "erase.expiry")}


def report(endpoint, number):
    return endpoint.report(number, [item(DEVICE, endpoint.id, endpoint.id, [field(4, f"zq-name-{number}")])])


def given(house):
    owner, staff = house.claim("one"), house.staff()
    endpoint = house.enrol(owner)
    report(endpoint, 1)
    return owner, staff, endpoint


def handed_over(house, owner):
    """Made and fetched: what the archive, opened by the client's own key, says of its devices."""
    identity = house.folder / "identity"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    recipient = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    owner.put("/v1/break-glass", {"recipient": recipient})
    export = owner.post("/v1/exports", {"typed": "one"})
    Client(house, dict(owner.headers)).post(f"/v1/exports/{export['id']}/archive", {"ticket": export["ticket"]})
    sealed = owner.get(f"/v1/exports/{export['id']}/archive")
    plain = subprocess.run(["age", "--decrypt", "-i", identity], input=sealed, check=True, capture_output=True).stdout
    archive = zipfile.ZipFile(io.BytesIO(plain))
    assert owner.get(f"/v1/exports/{export['id']}/receipt")
    return [json.loads(line)["name"] for line in archive.read("data/devices.jsonl").decode().splitlines()]


def a_licence_that_expired_yesterday_collects_nothing_and_shows_everything():
    with House() as house:
        owner, staff, endpoint = given(house)
        assert (owner.get("/v1/licence")["state"], owner.get("/v1/licence")["events"]) == ("active", [])
        assert set(proven(owner).values()) == {"no evidence"}
        owner.put("/v1/notices", {"addresses": "ops@example.com"})
        staff.put(contract_path(owner), {"licence_end": day(-1), "capacity_gib": 10})
        licence = owner.get("/v1/licence")
        assert (licence["state"], licence["collects"], licence["exports"], licence["readable"]) == ("grace", False, True, True)
        assert licence["contract"]["licence_end"] == day(-1) and licence["next"] == "the grace ends"
        eventually(lambda: facts(owner).get("told_grace"))
        refused(503, lambda: report(endpoint, 2))
        refused(503, lambda: house.enrol(owner))
        assert endpoint.get("/agent/v1/settings")
        assert owner.get("/v1/devices")["items"][0]["name"] == "zq-name-1"
        assert "licence.expired" in [notice["kind"] for notice in owner.get("/v1/notices")["items"]]
        assert proven(owner)["licence.grace"] == "broken", "a report was taken in today, and the licence had ended yesterday"
        assert handed_over(house, owner) == ["zq-name-1"]
        assert len(entries(owner, "licence.expired")) == 1 and entries(owner, "contract.changed")[0]["by"] == staff.id

        staff.put(contract_path(owner), {"licence_end": day(300), "capacity_gib": 10})
        assert owner.get("/v1/licence")["state"] == "active" and len(entries(owner, "licence.renewed")) == 1
        report(endpoint, 2)
        assert owner.get("/v1/devices")["items"][0]["name"] == "zq-name-2"
        assert set(proven(owner).values()) == {"not yet due"}


def a_licence_that_ended_without_a_report_after_it_is_proven_kept():
    with House() as house:
        owner, staff = house.claim("one"), house.staff()
        staff.put(contract_path(owner), {"licence_end": day(-1)})
        eventually(lambda: facts(owner).get("told_grace"))
        assert proven(owner)["licence.grace"] == "kept" and proven(owner)["erase.expiry"] == "not yet due"


def after_the_grace_only_an_owner_is_let_in_to_see_what_stands_and_a_kill_changes_nothing():
    with House() as house:
        owner, staff, endpoint = given(house)
        admin = house.member(owner, "administrator")
        token = owner.post("/v1/tokens", {"name": "t", "role": "viewer", "days": 1})["token"]
        owner.put("/v1/notices", {"addresses": "ops@example.com"})
        path = contract_path(owner)
        staff.put(path, {"licence_end": day(-20)})
        house.kill_all()
        eventually(lambda: staff.get(path)["facts"].get("told_deactivated"))
        for person in owner, admin:
            refused(401, lambda: person.get("/v1/session"))
        refused(403, lambda: house.sign_in("one", "administrator"))
        refused(403, lambda: Client(house, {"Authorization": "Bearer " + token}).get("/v1/devices"))
        refused(403, lambda: report(endpoint, 2))
        refused(403, lambda: endpoint.get("/agent/v1/settings"))
        owner = house.sign_in("one")
        assert owner.get("/v1/session")["life"] == "deactivated"
        licence = owner.get("/v1/licence")
        assert licence["state"] == "deactivated" and licence["renewable"] and licence["dates"]["deletion_begins"]
        assert {event["promise"] for event in licence["events"]} >= {"licence.grace", "licence.snapshots", "erase.expiry", "erase.tell"}
        refused(403, lambda: owner.get("/v1/devices"))
        house.kill("custody-jobs")
        house.kill("custody-keys")

        staff = house.staff_sign_in()
        staff.put(path, {"licence_end": day(300)})
        report(endpoint, 2)
        owner = house.sign_in("one")
        assert owner.get("/v1/devices")["items"][0]["name"] == "zq-name-2"
        kinds = [notice["kind"] for notice in owner.get("/v1/notices")["items"]]
        assert kinds.count("licence.deactivated") == 1, kinds
        assert len(entries(owner, "tenant.deactivated")) == 1


def what_hastens_a_contract_takes_a_second_person():
    with House() as house:
        owner, staff, endpoint = given(house)
        other, path = house.staff("second"), contract_path(owner)
        staff.put(path, {"licence_end": day(300)})
        refused(403, lambda: staff.put(path, {"licence_end": day(-1)}))
        refused(400, lambda: staff.put(path, {"licence_end": day(-1), "typed": "two"}))
        refused(400, lambda: staff.put(path, {"licence_end": day(400), "grace_days": 7}))
        refused(400, lambda: staff.put(path, {"licence_end": "2027-02-29"}))
        refused(400, lambda: staff.put(path, {"licence_end": day(400), "zone": "Europe/Lisbon"}))
        order = staff.put(path, {"licence_end": day(-1), "typed": "one"})
        assert (order["act"], order["state"]) == ("contract.hasten", "open") and "licence ends" in order["does"]
        refused(403, lambda: staff.post(f"/operator/v1/orders/{order['id']}/confirm", None))
        assert owner.get("/v1/licence")["state"] == "active"
        other.post(f"/operator/v1/orders/{order['id']}/confirm", None)
        assert owner.get("/v1/licence")["state"] == "grace"
        clock = staff.get("/operator/v1/clock")
        assert clock["held"] is False and clock["jump"] is None


def a_hold_keeps_a_device_from_removal_until_two_people_release_it():
    with House() as house:
        owner, staff, endpoint = given(house)
        approver = house.member(owner, "approver")
        upload(endpoint, 7, [(endpoint.id, [launch(time.time(), "/usr/bin/zq-held")])])
        hold = owner.post("/v1/holds", {"target": endpoint.name, "case": "2026/17", "reason": "zq-reason of the case"})
        assert hold["kind"] == "device" and hold["keys"] >= 1
        assert owner.post("/v1/holds", {"target": endpoint.name, "case": "2026/17", "reason": "again"})["id"] == hold["id"]
        refused(409, lambda: owner.delete("/v1/devices/" + endpoint.name))
        held = "/v1/held/" + endpoint.name
        assert owner.get(held)["name"] == "zq-name-1"
        launched = lambda answer: [each["path"] for each in answer["items"]]
        assert launched(owner.get(held + "/launches")) == ["/usr/bin/zq-held"]
        refused(403, lambda: approver.get(held + "/launches"))
        by_kit = {"tenant": "one", "kit": owner.kit}
        assert house.nobody().post(held + "/kit", by_kit)["name"] == "zq-name-1"
        assert launched(house.nobody().post(held + "/kit/launches", by_kit)) == ["/usr/bin/zq-held"]
        other = house.claim("two")
        for wrong in (by_kit | {"kit": other.kit}, by_kit | {"tenant": "nobody"}):
            refused(401, lambda: house.nobody().post(held + "/kit", wrong))
        refused(404, lambda: house.nobody().post(held + "/kit", {"tenant": "two", "kit": other.kit}))
        assert {entry["by"] for entry in entries(owner, "held.opened")} == {"kit", hold["by"]}
        assert promise(owner, "access.client-only")["state"] == "kept"
        refused(403, lambda: approver.get("/v1/holds"))
        refused(400, lambda: owner.post("/v1/holds", {"target": "usr_x", "case": "1", "reason": "no"}))
        request = owner.post(f"/v1/holds/{hold['id']}/release", None)
        assert (request["kind"], request["hold"], request["member"]) == ("release", hold["id"], None)
        refused(403, lambda: owner.post(f"/v1/requests/{request['id']}/approve", None))
        approver.post(f"/v1/requests/{request['id']}/approve", None)
        listed = owner.get("/v1/holds")["items"]
        assert listed[0]["released"] and listed[0]["keys"] == 0
        assert owner.get(held)["name"] is None and house.nobody().post(held + "/kit", by_kit)["name"] is None
        assert launched(owner.get(held + "/launches")) == launched(house.nobody().post(held + "/kit/launches", by_kit)) == []
        owner.delete("/v1/devices/" + endpoint.name)
        assert [len(entries(owner, act)) for act in ("hold.placed", "hold.release-asked", "hold.released")] == [2, 1, 1]


main([a_licence_that_expired_yesterday_collects_nothing_and_shows_everything,
      a_licence_that_ended_without_a_report_after_it_is_proven_kept,
      after_the_grace_only_an_owner_is_let_in_to_see_what_stands_and_a_kill_changes_nothing,
      what_hastens_a_contract_takes_a_second_person, a_hold_keeps_a_device_from_removal_until_two_people_release_it])
