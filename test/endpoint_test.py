#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a client decides about its endpoints: who is let in, who is not any more, and what may be collected."""
import secrets, threading

from house import *


def states(owner):
    return {device["name"]: device["state"] for device in owner.get("/v1/devices")["items"]}


def device_named(endpoint, name):
    return item(DEVICE, endpoint.id, endpoint.id, [field(4, name)])


def a_device_whose_name_the_rule_does_not_know_waits_until_somebody_approves_it():
    with House() as house:
        owner = house.claim("one")
        key = owner.post("/v1/deployment-keys", {"name": "lab", "uses": 9, "days": 1, "pattern": "lab-*"})
        assert key["pattern"] == "lab-*" and key["hold"] is False
        known, other = house.enrol(owner, key["key"], "LAB-7"), house.enrol(owner, key["key"], "desk-1")
        assert states(owner) == {"LAB-7": "approved", "desk-1": "pending"}
        known.report(1, [device_named(known, "lab-7")])
        refused(403, lambda: other.report(1, [device_named(other, "desk-1")]))
        refused(403, lambda: other.accounts([secrets.token_bytes(16)]))
        refused(403, lambda: other.get("/agent/v1/settings"))
        owner.post(f"/v1/devices/{other.name}/approve", {})
        other.report(1, [device_named(other, "desk-1")])
        assert states(owner) == {"lab-7": "approved", "desk-1": "approved"}
        held = owner.post("/v1/deployment-keys", {"name": "held", "uses": 9, "days": 1, "hold": True})
        house.enrol(owner, held["key"], "lab-8")
        assert states(owner)["lab-8"] == "pending"


def a_revoked_device_is_refused_at_once_and_stays_readable():
    with House() as house:
        owner, viewer = house.claim("one"), None
        endpoint = house.enrol(owner)
        endpoint.report(1, [device_named(endpoint, "desk-1")])
        token = owner.post("/v1/tokens", {"name": "reader", "role": "viewer", "days": 1})["token"]
        viewer = Client(house, {"Authorization": "Bearer " + token})
        refused(403, lambda: viewer.post(f"/v1/devices/{endpoint.name}/revoke", {}))
        owner.post(f"/v1/devices/{endpoint.name}/revoke", {})
        refused(403, lambda: endpoint.report(2, [device_named(endpoint, "desk-2")]))
        assert states(owner) == {"desk-1": "revoked"}
        owner.post(f"/v1/devices/{endpoint.name}/approve", {})
        endpoint.report(2, [device_named(endpoint, "desk-2")])


def one_command_revokes_all_that_a_deployment_key_enrolled():
    with House() as house:
        owner = house.claim("one")
        key = owner.post("/v1/deployment-keys", {"name": "lost", "uses": 9, "days": 1})
        house.enrol(owner, key["key"], "a"), house.enrol(owner, key["key"], "b"), house.enrol(owner, name="c")
        owner.delete(f"/v1/deployment-keys/{key['id']}?devices=revoke")
        assert states(owner) == {"a": "revoked", "b": "revoked", "c": "approved"}


def what_is_switched_off_is_removed_and_does_not_enter_again():
    with House() as house:
        owner = house.claim("one")
        endpoint = house.enrol(owner)
        person, programs = secrets.token_bytes(16), secrets.token_bytes(16)
        addresses = item(ADDRESS, secrets.token_bytes(16), endpoint.id, [field(1, "02:00:00:00:00:01"), field(2, "192.0.2.1")])
        items = [device_named(endpoint, "desk-1"), item(PROGRAM, programs, endpoint.id, [program("bash", "5")]), addresses,
                 item(ACCOUNT, person, person, [account(person, "alice", True)])]
        endpoint.accounts([person])
        endpoint.report(1, items)
        settings = endpoint.get("/agent/v1/settings")
        assert settings["version"] == 0 and {name: settings[name] for name in ALL_ON} == ALL_ON
        off = {**ALL_ON, "programs": False, "mac_address": False, "logged_in": False, "connecting_ip": False}
        assert owner.ask("PUT", "/v1/settings", off)["version"] == 1
        assert owner.get("/v1/devices/" + endpoint.name)["programs"] == []
        endpoint.report(2, items)
        whole = owner.get("/v1/devices/" + endpoint.name)
        assert whole["programs"] == [] and whole["name"] == "desk-1"
        assert {"mac": None, "ip": "192.0.2.1", "connected_from": None} in whole["addresses"]
        assert not any(address["mac"] or address["connected_from"] for address in whole["addresses"])
        assert [(one["name"], one["logged_in"]) for one in whole["accounts"]] == [("alice", False)]
        owner.ask("PUT", "/v1/settings", {**ALL_ON, "usernames": False, "computer_name": False})
        endpoint.report(3, items)
        whole = owner.get("/v1/devices/" + endpoint.name)
        assert whole["accounts"] == [] and whole["name"] is None and len(whole["programs"]) == 1
        refused(400, lambda: owner.ask("PUT", "/v1/settings", {"programs": True}))
        owner.headers["If-Match"] = '"1"'
        refused(409, lambda: owner.ask("PUT", "/v1/settings", ALL_ON))
        owner.headers["If-Match"] = '"2"'
        assert owner.ask("PUT", "/v1/settings", ALL_ON)["version"] == 3


def what_an_endpoint_sealed_and_is_no_record_is_named_as_broken_and_the_rest_is_shown():
    with House() as house:
        owner = house.claim("one")
        endpoint, junk = house.enrol(owner), lambda size: b"\1" + secrets.token_bytes(80 + 24 + 16 + size)
        items = [device_named(endpoint, "desk-1"), item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5")])]
        items += [sealed_item(concept, secrets.token_bytes(16), endpoint.id, 1, junk(32)) for concept in (ADDRESS, GROUP, PROGRAM)]
        endpoint.report(1, items)
        whole = owner.get("/v1/devices/" + endpoint.name)
        assert whole["broken"] == ["addresses", "groups", "programs"] and whole["name"] == "desk-1"
        assert whole["programs"] == [{"name": "bash", "version": "5"}]
        endpoint.report(2, [sealed_item(DEVICE, endpoint.id, endpoint.id, 1, junk(8))])
        assert [(one["name"], one["broken"]) for one in owner.get("/v1/devices?sort=name")["items"]] == [(None, ["name"])]
        for wrong in (junk(33), b"\2" + junk(32)[1:], junk(32)[:121], b"\1"):
            refused(400, lambda: endpoint.report(3, [sealed_item(PROGRAM, secrets.token_bytes(16), endpoint.id, 1, wrong)]))
        owner.ask("PUT", "/v1/settings", {**ALL_ON, "programs": False})
        refused(503, lambda: endpoint.report(3, items[2:]))
        body = field(1, endpoint.epoch) + field(2, 3) + b"".join(field(3, one) for one in items[2:]) + field(4, 1)
        endpoint.post("/agent/v1/report", body)
        assert "programs" not in owner.get("/v1/devices/" + endpoint.name)["broken"]


def a_report_under_way_does_not_bring_a_removed_device_back():
    with House() as house:
        owner = house.claim("one")
        key = owner.post("/v1/deployment-keys", {"name": "many", "uses": 99, "days": 1})["key"]
        for number in range(12):
            endpoint = house.enrol(owner, key, f"desk-{number}")
            endpoint.report(1, [device_named(endpoint, "desk")])
            threads = [threading.Thread(target=report_until_refused, args=(endpoint, 2 + lane * 1000)) for lane in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(0.05)
            owner.delete("/v1/devices/" + endpoint.name)
            for thread in threads:
                thread.join()
        assert owner.get("/v1/devices")["items"] == []


def report_until_refused(endpoint, sequence):
    epoch = secrets.token_bytes(16)
    while True:
        try:
            endpoint.report(sequence, [device_named(endpoint, "desk")], epoch)
            sequence += 1
        except Refused as refusal:
            if refusal.status == 403:
                return


def a_certificate_is_renewed_for_the_same_key_only():
    with House() as house:
        owner = house.claim("one")
        endpoint, other = house.enrol(owner), house.enrol(owner)
        renewed = endpoint.post("/agent/v1/renew", (endpoint.folder / "request.der").read_bytes()).decode()
        assert renewed.startswith("-----BEGIN CERTIFICATE") and renewed != (endpoint.folder / "certificate.pem").read_text()
        (endpoint.folder / "certificate.pem").write_text(renewed)
        endpoint.report(1, [device_named(endpoint, "desk-1")])
        refused(403, lambda: endpoint.post("/agent/v1/renew", (other.folder / "request.der").read_bytes()))
        refused(400, lambda: endpoint.post("/agent/v1/renew", b"no request"))
        owner.post(f"/v1/devices/{endpoint.name}/revoke", {})
        refused(403, lambda: endpoint.post("/agent/v1/renew", (endpoint.folder / "request.der").read_bytes()))


def in_the_past(house, days):
    """The same service, begun again with a clock that stands so many days back."""
    house.stop()
    house.environment = {**os.environ, "LD_PRELOAD": str(BUILD.resolve() / "test/past.so"), "CUSTODY_PAST": str(days * 86400),
                         "ASAN_OPTIONS": "verify_asan_link_order=0"}
    house.start()


def renewal(endpoint):
    return endpoint.post("/agent/v1/renew", (endpoint.folder / "request.der").read_bytes()).decode()


def a_certificate_that_expired_not_long_ago_is_good_for_its_own_renewal_alone():
    week, most = 7, 90
    with House() as house:
        in_the_past(house, most + week + 1)
        owner = house.claim("one")
        key = owner.post("/v1/deployment-keys", {"name": "old", "uses": 3, "days": 30})["key"]
        too_old = house.enrol(owner, key)
        in_the_past(house, most + week - 1)
        old, revoked = (house.enrol(owner, key) for _ in range(2))
        old.report(1, [])
        house.sign_in("one").post(f"/v1/devices/{revoked.name}/revoke", {})
        house.stop()
        house.environment = None
        house.start()
        for asks in (lambda: old.report(2, []), lambda: old.accounts([]), lambda: old.get("/agent/v1/policy")):
            refused(401, asks)
        refused(403, lambda: renewal(revoked))
        fresh = renewal(old)
        (old.folder / "certificate.pem").write_text(fresh)
        old.report(2, [])
        for _ in range(2):
            try:
                renewal(too_old)
                raise AssertionError("renewed a certificate that ended 91 days ago")
            except (ssl.SSLError, OSError, http.client.HTTPException):
                pass
        assert "certificate has expired" in (house.folder / "custodyd.log").read_text()


main([a_device_whose_name_the_rule_does_not_know_waits_until_somebody_approves_it, a_revoked_device_is_refused_at_once_and_stays_readable,
      one_command_revokes_all_that_a_deployment_key_enrolled, what_is_switched_off_is_removed_and_does_not_enter_again,
      what_an_endpoint_sealed_and_is_no_record_is_named_as_broken_and_the_rest_is_shown,
      a_report_under_way_does_not_bring_a_removed_device_back, a_certificate_is_renewed_for_the_same_key_only,
      a_certificate_that_expired_not_long_ago_is_good_for_its_own_renewal_alone])
