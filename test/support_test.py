#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Support access over the real service: nobody of the provider opens anything before a person of the client says yes, and
what is opened then is what was asked for, by whom it was asked for, for as long as the client lets it."""
import csv, io, time

from outside import *

ASKED = {"case": "case-4711", "reason": "incident", "words": "zq-words the reports stopped on Monday", "acts": "open", "minutes": 30}


def ask(staff, owner, devices, **more):
    tenant = owner.get("/v1/session")["tenant"]["id"]
    return staff.post("/operator/v1/requests", ASKED | {"client": tenant, "devices": [device.name for device in devices]} | more)


def given_devices(house, owner, count=2):
    """So many devices that have reported a name, an account and a program."""
    key, devices = owner.post("/v1/deployment-keys", {"name": "k", "uses": count, "days": 1})["key"], []
    for number in range(count):
        endpoint, person = house.enrol(owner, key), secrets.token_bytes(16)
        endpoint.accounts([person])
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, f"zq-name-{number}")]),
                            item(ACCOUNT, person, person, [account(person, "zq-alice", True)]),
                            item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2")])])
        devices.append(endpoint)
    return devices


def entries(client, act):
    """Of the client's log, newest first; those of the last second are signed a moment later."""
    for _ in range(50):
        about = client.get("/v1/log/about")
        if about["size"] == about["entries"]:
            break
        time.sleep(0.1)
    return client.get("/v1/log?act=" + act)["items"]


def what_is_asked_for_is_opened_after_a_yes_and_closed_by_one_click():
    with House() as house:
        owner, staff = house.claim("one"), house.staff()
        approver = house.member(owner, "approver")
        first, second = given_devices(house, owner)
        assert "one" in [client["name"] for client in staff.get("/operator/v1/clients")["items"]]
        tenant = owner.get("/v1/session")["tenant"]["id"]
        listed = staff.get(f"/operator/v1/clients/{tenant}/devices")["items"]
        assert {device["id"] for device in listed} == {first.name, second.name} and "name" not in listed[0]
        assert {device["state"] for device in listed} == {"approved"}
        request = ask(staff, owner, [first])
        assert (request["state"], request["words"], request["yours"], request["grant"]) == ("open", None, False, None)
        assert staff.status == 201
        assert ask(staff, owner, [first])["id"] == request["id"] and staff.status == 200
        opened = f"/operator/v1/requests/{request['id']}/devices"
        refused(423, lambda: staff.get(opened))

        seen = approver.get("/v1/requests?state=open")["items"]
        assert [one["id"] for one in seen] == [request["id"]] and seen[0]["words"] == ASKED["words"] and seen[0]["yours"]
        assert (seen[0]["by"], seen[0]["by_name"], seen[0]["case"], seen[0]["acts"]) == (staff.id, "Support Person", "case-4711", ["open"])
        approved = approver.post(f"/v1/requests/{request['id']}/approve", None)
        assert approved["state"] == "approved" and approved["answers"][0]["member"] == approver.id
        assert f"custody/{tenant}/approvals+" in approved["grant"]["key"]
        assert approved["grant"]["ended"] is None and "staff " + staff.id in approved["grant"]["approval"]
        note = house.folder / "approval.note"
        note.write_text(approved["grant"]["approval"])
        for device, status in (first.name, 0), (second.name, 19):
            done = subprocess.run([BIN / "custody-verify", "approval", note, "--key", approved["grant"]["key"], "--device", device],
                                  capture_output=True)
            assert done.returncode == status, status

        assert [device["name"] for device in staff.get(opened)["items"]] == ["zq-name-0"]
        whole = staff.get(f"{opened}/{first.name}")
        assert [one["name"] for one in whole["accounts"]] == ["zq-alice"] and whole["programs"] == [{"name": "bash", "version": "5.2"}]
        assert whole == owner.get("/v1/devices/" + first.name)
        refused(404, lambda: staff.get(f"{opened}/{second.name}"))
        refused(403, lambda: staff.post(f"{opened}/{first.name}/revoke", None))
        told = entries(owner, "support.opened")
        assert len(told) >= 2 and all((one["by"], one["under"]) == (staff.id, request["id"]) for one in told)
        names = {name for one in told for name in one["on"]}
        assert first.name in names and second.name not in names
        opens = owner.get("/v1/requests/" + request["id"])["grant"]["opens"]
        assert opens == sum(one["count"] for one in told), (opens, told)

        approver.post(f"/v1/requests/{request['id']}/end", None)
        refused(423, lambda: staff.get(opened))
        refused(423, lambda: staff.get(f"{opened}/{first.name}"))
        ended = owner.get("/v1/requests/" + request["id"])
        assert ended["state"] == "ended" and ended["grant"]["ended"]
        assert entries(owner, "request.ended")[0]["by"] == approver.id and len(entries(owner, "support.opened")) == len(told)


def approvers_are_told_at_once_by_mail_that_names_nobody():
    with folder() as at, Relay(at) as relay:
        with House(at / "service", "--smtp", f"smtp://localhost:{relay.port}", "--mail-from", "custody@service.example") as house:
            owner, staff = house.claim("zq-tenant"), house.staff()
            second = house.member(owner, "owner", "second")
            device, = given_devices(house, owner, 1)
            owner.put("/v1/notices", {"addresses": "ops@example.com"})
            since = time.monotonic()
            request = ask(staff, owner, [device])
            assert ask(staff, owner, [device])["id"] == request["id"]  # and is told of once
            mail, = relay.mails(1, seconds=10)
            assert time.monotonic() - since < 10
            text = mail.as_string()
            assert mail["Subject"] == "[Custody] Support asks for access" and mail["X-To"] == "ops@example.com"
            assert f"https://localhost:{house.port}/requests/{request['id']}" in text and "Severity: action" in text
            named = ("zq-", "case-4711", "support person", staff.id, device.name, owner.get("/v1/session")["tenant"]["id"])
            assert not [marker for marker in named if marker.lower() in text.lower()], text
            assert owner.get("/v1/notices")["items"][0]["kind"] == "support.requested"
            hold = owner.post("/v1/holds", {"target": device.name, "case": "1", "reason": "zq-why"})
            waits = owner.post(f"/v1/holds/{hold['id']}/release", None)
            asked = owner.delete("/v1/members/" + second.id)
            mails = relay.mails(3, seconds=10)
            subjects = sorted(mail["Subject"] for mail in mails)
            assert subjects == ["[Custody] A member is removed", "[Custody] Support asks for access",
                                "[Custody] The release of a legal hold is asked for"], subjects
            whole = "".join(mail.as_string() for mail in mails)
            assert waits["id"] in whole and asked["id"] in whole and "zq-why" not in whole


def a_grant_reaches_the_kinds_that_were_asked_for_and_no_other():
    with House() as house:
        owner, staff = house.claim("one"), house.staff()
        device, = given_devices(house, owner, 1)
        person = owner.get("/v1/devices/" + device.name)["accounts"][0]["id"]
        upload(device, 2, [(device.id, [launch(time.time() - 60, "/usr/bin/zqlaunched")])])
        paths = {}
        for acts in "open.device", "open.launches":
            request = ask(staff, owner, [device], acts=acts)
            owner.post(f"/v1/requests/{request['id']}/approve", None)
            paths[acts] = f"/operator/v1/requests/{request['id']}/devices"
        only, launches = paths.values()
        assert [one["name"] for one in staff.get(only)["items"]] == ["zq-name-0"]
        whole = staff.get(f"{only}/{device.name}")
        assert whole["programs"] and not any("zq-alice" in str(one) for one in whole["accounts"])
        refused(403, lambda: staff.get(f"{only}/{device.name}/launches"))
        assert [one["path"] for one in staff.get(f"{launches}/{device.name}/launches")["items"]] == ["/usr/bin/zqlaunched"]
        refused(403, lambda: staff.get(launches))
        refused(403, lambda: staff.get(f"{launches}/{device.name}"))
        refused(400, lambda: ask(staff, owner, [device], acts="open.everything"))
        told = entries(owner, "support.opened")
        assert len(told) > 2 and all(one["on"] == [device.name] for one in told) and person not in str(told)


def every_request_under_a_grant_is_told_of_also_where_it_opens_nothing_or_is_refused():
    with House() as house:
        owner, staff = house.claim("one"), house.staff()
        device, other = given_devices(house, owner)
        request = ask(staff, owner, [device], acts="open.launches restore")
        under = f"/operator/v1/requests/{request['id']}"
        asked = (("GET", f"/devices/{device.name}/launches", 200), ("GET", "/snapshots", 200), ("GET", f"/devices/{other.name}/launches", 404),
                 ("GET", "/devices", 403), ("GET", f"/devices/{device.name}", 403), ("POST", f"/devices/{device.name}/revoke", 403))

        def told():
            log = entries(owner, "support.looked") + entries(owner, "support.refused")
            return sum((one["by"], one.get("under")) == (staff.id, request["id"]) for one in log)
        for state, act in ("open", None), ("approved", "approve"), ("ended", "end"):
            if act:
                owner.post(f"/v1/requests/{request['id']}/{act}", None)
            for method, path, status in asked:
                before = told()
                if state == "approved" and status == 200:
                    staff.ask(method, under + path)
                else:
                    refused(status if state == "approved" else 423, lambda: staff.ask(method, under + path))
                assert told() == before + 1, (state, method, path)
        assert [one.get("on") for one in entries(owner, "support.looked")] == [None, [device.name]]


def a_request_that_is_refused_or_withdrawn_opens_nothing():
    with House() as house:
        owner, staff = house.claim("one"), house.staff()
        first, second = given_devices(house, owner)
        request = ask(staff, owner, [first])
        assert owner.post(f"/v1/requests/{request['id']}/refuse", None)["state"] == "refused"
        refused(423, lambda: staff.get(f"/operator/v1/requests/{request['id']}/devices"))
        refused(409, lambda: owner.post(f"/v1/requests/{request['id']}/approve", None))
        other = ask(staff, owner, [second], minutes=5)
        refused(403, lambda: owner.post(f"/v1/requests/{other['id']}/end", None))
        staff.post(f"/operator/v1/requests/{other['id']}/end", None)
        refused(409, lambda: owner.post(f"/v1/requests/{other['id']}/approve", None))
        assert [one["state"] for one in staff.get("/operator/v1/requests")["items"]] == ["withdrawn", "refused"]
        for wrong in ({"reason": "curiosity"}, {"acts": "everything"}, {"minutes": 481}, {"minutes": 0}, {"devices": []}, {"case": "two words"}):
            refused(400, lambda: staff.post("/operator/v1/requests", ASKED | {
                "client": owner.get("/v1/session")["tenant"]["id"], "devices": [first.name]} | wrong))


def who_lapses_is_refused_while_signed_in_and_cannot_come_back_before_it_signs():
    with House() as house:
        owner = house.claim("one")
        id = house.joined_staff()["id"]
        refused(403, lambda: house.staff_sign_in())
        house.agreement()
        assert house.nobody().get("/operator/v1/agreement")["version"] == "1"
        refused(409, lambda: house.sign_agreement(version="0"))
        assert "agreement" not in house.sign_agreement()["lacks"]
        house.trained(id, ["information-security"])
        refused(403, lambda: house.staff_sign_in())
        house.trained(id, ["privacy"])
        staff = house.staff_sign_in()
        (device,) = given_devices(house, owner, 1)
        request = ask(staff, owner, [device])
        owner.post(f"/v1/requests/{request['id']}/approve", None)
        opened = f"/operator/v1/requests/{request['id']}/devices"
        assert staff.get(opened)["items"]
        house.agreement("2")
        refused(403, lambda: staff.get(opened))
        refused(403, lambda: house.staff_sign_in())
        listed, = house.operator("GET", "/operator/v1/staff")["items"]
        assert (listed["current"], listed["agreement"]) == (False, "1") and "agreement" in listed["lacks"]
        assert house.sign_agreement(version="2")["current"] and staff.get(opened)["items"]


def a_device_is_turned_only_under_a_grant_for_it():
    with House() as house:
        owner, staff = house.claim("one"), house.staff()
        first, second = given_devices(house, owner)
        request = ask(staff, owner, [first], acts="device.revoke device.approve")
        path = f"/operator/v1/requests/{request['id']}/devices"
        refused(423, lambda: staff.post(f"{path}/{first.name}/revoke", None))
        owner.post(f"/v1/requests/{request['id']}/approve", None)
        refused(403, lambda: staff.get(path))
        refused(404, lambda: staff.post(f"{path}/{second.name}/revoke", None))
        staff.post(f"{path}/{first.name}/revoke", None)
        refused(403, lambda: first.report(2, [item(DEVICE, first.id, first.id, [field(4, "zq-again")])]))
        assert entries(owner, "device.revoked")[0]["under"] == request["id"]
        tenant = owner.get("/v1/session")["tenant"]["id"]
        states = {one["id"]: one["state"] for one in staff.get(f"/operator/v1/clients/{tenant}/devices")["items"]}
        assert states == {first.name: "revoked", second.name: "approved"}
        staff.post(f"{path}/{first.name}/approve", None)
        first.report(2, [item(DEVICE, first.id, first.id, [field(4, "zq-again")])])
        staff.post(f"/operator/v1/requests/{request['id']}/end", None)
        refused(423, lambda: staff.post(f"{path}/{first.name}/revoke", None))


def a_member_who_joins_waits_for_the_key_and_opens_nothing_before():
    with House() as house:
        owner = house.claim("one")
        given_devices(house, owner, 1)
        link = owner.post("/v1/invitations", {"role": "viewer", "days": 1})
        assert [one["id"] for one in owner.get("/v1/invitations")["items"]] == [link["id"]] and "link" not in owner.get("/v1/invitations")["items"][0]
        waiting = house.member(owner, "administrator", keyed=False)
        session = waiting.get("/v1/session")
        assert (session["keyed"], session["waiting"], session["user"]["full_name"]) == (False, True, None)
        refused(423, lambda: waiting.get("/v1/devices"))
        assert {one["role"]: one["state"] for one in owner.get("/v1/members")["items"]} == {"owner": "active", "administrator": "waiting"}
        assert all(one["user"] is None for one in waiting.get("/v1/members")["items"])
        owner.post(f"/v1/members/{waiting.id}/key", None)
        refused(401, lambda: waiting.get("/v1/session"))
        administrator = house.sign_in("one", "administrator")
        assert administrator.get("/v1/devices")["items"] and administrator.get("/v1/session")["keyed"]
        assert {one["user"]["username"] for one in administrator.get("/v1/members")["items"]} == {"owner", "administrator"}
        refused(409, lambda: owner.post(f"/v1/members/{waiting.id}/key", None))
        owner.delete("/v1/invitations/" + link["id"])
        refused(403, lambda: house.nobody().post("/v1/join", {"invitation": link["link"], "username": "x", "full_name": "X",
                                                              "email": "x@example.com", "password": PASSWORD}))
        assert house.member(owner, "auditor").get("/v1/log")["items"] is not None


def a_member_with_rights_is_removed_by_two_and_a_viewer_by_one():
    with House() as house:
        owner = house.claim("one")
        second, viewer, administrator = house.member(owner, "owner", "second"), house.member(owner, "viewer"), house.member(owner, "administrator")
        assert owner.delete("/v1/members/" + viewer.id)["state"] == "approved"
        refused(401, lambda: viewer.get("/v1/session"))
        asked = owner.delete("/v1/members/" + administrator.id)
        assert (asked["kind"], asked["state"], asked["member"], asked["yours"]) == ("removal", "open", administrator.id, False)
        assert administrator.get("/v1/devices") and second.get("/v1/requests/" + asked["id"])["yours"]
        refused(403, lambda: owner.post(f"/v1/requests/{asked['id']}/approve", None))
        assert second.post(f"/v1/requests/{asked['id']}/approve", None)["state"] == "approved"
        refused(401, lambda: administrator.get("/v1/session"))
        refused(401, lambda: house.sign_in("one", "administrator"))
        assert {one["role"] for one in owner.get("/v1/members")["items"]} == {"owner"}
        refused(400, lambda: owner.delete("/v1/members/" + owner.get("/v1/session")["user"]["id"]))


def a_process_of_two_levels_wants_both_in_their_order():
    with House() as house:
        owner, staff = house.claim("one"), house.staff()
        approver, third = house.member(owner, "approver"), house.member(owner, "approver", "third")
        (device,) = given_devices(house, owner, 1)
        assert owner.get("/v1/process") == {"longest_minutes": 480, "levels": [{"need": 1, "members": [], "groups": [], "able": 3}]}
        levels = {"longest_minutes": 60, "first_need": 1, "first_members": [approver.id], "second_need": 1, "second_members": []}
        assert owner.put("/v1/process", levels) == {"longest_minutes": 60, "levels": [
            {"need": 1, "members": [approver.id], "groups": [], "able": 1}, {"need": 1, "members": [], "groups": [], "able": 3}]}
        refused(400, lambda: owner.put("/v1/process", levels | {"first_need": 2}))
        refused(400, lambda: owner.put("/v1/process", levels | {"second_need": 0, "third_need": 1, "third_members": []}))
        refused(400, lambda: owner.put("/v1/process", levels | {"longest_minutes": 481}))
        refused(400, lambda: ask(staff, owner, [device], minutes=61))
        request = ask(staff, owner, [device])
        refused(403, lambda: third.post(f"/v1/requests/{request['id']}/approve", None))
        assert approver.post(f"/v1/requests/{request['id']}/approve", None)["level"] == 2
        refused(409, lambda: approver.post(f"/v1/requests/{request['id']}/approve", None))
        refused(423, lambda: staff.get(f"/operator/v1/requests/{request['id']}/devices"))
        assert third.post(f"/v1/requests/{request['id']}/approve", None)["state"] == "approved"
        assert staff.get(f"/operator/v1/requests/{request['id']}/devices")["items"]


def an_order_takes_a_dry_run_the_name_typed_and_a_second_person():
    with House() as house:
        first, second = house.staff("first"), house.staff("second")
        owner, made = house.claim("kept"), house.operator("POST", "/operator/v1/tenants", {"name": "gone"})
        order = {"act": "tenant.remove", "target": made["tenant"]["id"]}
        dry = first.post("/operator/v1/orders", order)
        assert (dry["id"], dry["name"]) == (None, "gone") and "claim" in dry["does"]
        assert first.get("/operator/v1/orders")["items"] == []
        refused(400, lambda: first.post("/operator/v1/orders", order | {"typed": "kept"}))
        refused(403, lambda: first.post("/operator/v1/orders", order | {"target": owner.get("/v1/session")["tenant"]["id"]}))
        ordered = first.post("/operator/v1/orders", order | {"typed": "gone"})
        refused(403, lambda: first.post(f"/operator/v1/orders/{ordered['id']}/confirm", None))
        refused(409, lambda: house.operator("POST", "/operator/v1/tenants", {"name": "gone"}))
        done = second.post(f"/operator/v1/orders/{ordered['id']}/confirm", None)
        assert (done["state"], done["second"]) == ("done", second.id)
        house.kill("custody-web") # what it knows follows the keyring
        assert house.operator("POST", "/operator/v1/tenants", {"name": "gone"})["claim"]
        leaver = {"act": "staff.end", "target": second.id}
        withdrawn = first.post("/operator/v1/orders", leaver | {"typed": "second"})
        first.post(f"/operator/v1/orders/{withdrawn['id']}/withdraw", None)
        refused(409, lambda: first.post(f"/operator/v1/orders/{withdrawn['id']}/confirm", None))
        third = house.staff("third")
        leaves = first.post("/operator/v1/orders", leaver | {"typed": "second"})
        refused(403, lambda: second.post(f"/operator/v1/orders/{leaves['id']}/confirm", None))
        third.post(f"/operator/v1/orders/{leaves['id']}/confirm", None)
        refused(401, lambda: second.get("/operator/v1/session"))
        assert [one["state"] for one in first.get("/operator/v1/orders")["items"]] == ["done", "withdrawn", "done"]


def decided_requests_are_exported_whatever_a_page_is():
    with House() as house:
        owner, staff = house.claim("one"), house.staff()
        (device,) = given_devices(house, owner, 1)
        for minutes in (1, 2, 3):
            request = ask(staff, owner, [device], minutes=minutes, words="=1+1")
            if minutes < 3:
                owner.post(f"/v1/requests/{request['id']}/refuse", None)
        page = owner.get("/v1/requests?limit=2")
        assert len(page["items"]) == 2 and page["next"]
        rest = owner.get("/v1/requests?limit=2&cursor=" + page["next"])
        assert [one["minutes"] for one in page["items"] + rest["items"]] == [3, 2, 1] and rest["next"] is None
        owner.headers["Accept"] = "text/csv"
        rows = list(csv.DictReader(io.StringIO(owner.get("/v1/requests?kind=support&state=refused&limit=1").decode())))
        assert [row["minutes"] for row in rows] == ["2", "1"] and rows[0]["words"] == "'=1+1" and rows[0]["by"] == staff.id
        assert rows[0]["devices"] == device.name and " no " in rows[0]["answers"] and rows[0]["ended"] == ""


def the_certificate_of_the_procedures_is_what_was_put_on_file():
    with House() as house:
        staff = house.staff()
        refused(404, lambda: staff.get("/operator/v1/certificate"))
        filed = {"body": "A body", "number": "27001-1", "scope": "operation of Custody", "until": moment(86400)}
        assert house.operator("PUT", "/operator/v1/certificate", filed) | filed == house.operator("GET", "/operator/v1/certificate")
        assert staff.get("/operator/v1/certificate") | filed == staff.get("/operator/v1/certificate")


def one_browser_holds_both_sign_ins_and_neither_opens_the_others_routes():
    with House() as house:
        owner, staff = house.claim("one"), house.staff()
        assert owner.headers["Cookie"].startswith("__Host-custody=") and staff.headers["Cookie"].startswith("__Host-custody-staff=")
        both = Client(house, {"Cookie": owner.headers["Cookie"] + "; " + staff.headers["Cookie"]})
        assert both.get("/v1/session")["role"] == "owner" and both.get("/operator/v1/session")["username"] == "support"
        refused(401, lambda: owner.get("/operator/v1/session"))
        refused(401, lambda: staff.get("/v1/session"))
        cookie = staff.headers["Cookie"].split("=")[1]
        refused(403, lambda: Client(house, {"Authorization": "Bearer " + cookie}).get("/v1/session"))
        staff.delete("/operator/v1/session")
        refused(401, lambda: Client(house, {"Authorization": "Bearer " + cookie}).get("/operator/v1/session"))
        refused(401, lambda: house.nobody().post("/operator/v1/session", {"username": "support", "password": "not the pass phrase"}))


main([approvers_are_told_at_once_by_mail_that_names_nobody, what_is_asked_for_is_opened_after_a_yes_and_closed_by_one_click,
      a_grant_reaches_the_kinds_that_were_asked_for_and_no_other,
      every_request_under_a_grant_is_told_of_also_where_it_opens_nothing_or_is_refused, a_request_that_is_refused_or_withdrawn_opens_nothing,
      who_lapses_is_refused_while_signed_in_and_cannot_come_back_before_it_signs, a_device_is_turned_only_under_a_grant_for_it,
      a_member_who_joins_waits_for_the_key_and_opens_nothing_before, a_member_with_rights_is_removed_by_two_and_a_viewer_by_one,
      a_process_of_two_levels_wants_both_in_their_order, an_order_takes_a_dry_run_the_name_typed_and_a_second_person,
      decided_requests_are_exported_whatever_a_page_is, the_certificate_of_the_procedures_is_what_was_put_on_file,
      one_browser_holds_both_sign_ins_and_neither_opens_the_others_routes])
