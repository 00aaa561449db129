#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input over the real service: each gets one clear error and loses nothing."""
import secrets, time

from house import *


def given_an_endpoint(house):
    owner = house.claim("one")
    endpoint = house.enrol(owner)
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")])])
    return owner, endpoint


def names(owner):
    return [device["name"] for device in owner.get("/v1/devices")["items"]]


def deployment_keys_that_are_unknown_or_used_up_or_ended_enrol_nobody():
    with House() as house:
        owner = house.claim("one")
        made = owner.post("/v1/deployment-keys", {"name": "once", "uses": 1, "days": 1})
        house.enrol(owner, made["key"])
        refused(403, lambda: house.enrol(owner, made["key"]))
        other = owner.post("/v1/deployment-keys", {"name": "ended", "uses": 1, "days": 1})
        owner.delete("/v1/deployment-keys/" + other["id"])
        refused(403, lambda: house.enrol(owner, other["key"]))
        last = made["key"][-2:]
        refused(403, lambda: house.enrol(owner, made["key"][:40] + ("AAAA" if made["key"][40:44] != "AAAA" else "BBBB") + made["key"][44:]))
        refused(400, lambda: house.enrol(owner, "cdk_short" + last))
        assert len(owner.get("/v1/devices")["items"]) == 1


def without_a_certificate_or_with_a_foreign_one_no_request_is_read():
    with House() as house:
        owner, endpoint = given_an_endpoint(house)
        good = endpoint.folder / "certificate.pem", endpoint.folder / "key.pem"
        foreign = pathlib.Path(tempfile.mkdtemp(dir=house.folder))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=endpoint",
                        "-keyout", foreign / "key.pem", "-out", foreign / "certificate.pem", "-days", "1"], check=True, capture_output=True)
        endpoint.folder = foreign
        for _ in range(2):
            try:
                endpoint.report(2, [])
                raise AssertionError("served")
            except (ssl.SSLError, OSError, http.client.HTTPException):
                pass
        assert good[0].exists() and names(owner) == ["zq-name"]


def a_device_cannot_speak_for_another_or_about_anothers_accounts():
    with House() as house:
        owner, first = given_an_endpoint(house)
        second = house.enrol(owner)
        person, programs = secrets.token_bytes(16), secrets.token_bytes(16)
        first.accounts([person])
        first.report(2, [item(ACCOUNT, person, person, [account(person, "alice", True)]),
                         item(PROGRAM, programs, first.id, [program("bash", "5.2")])])
        refused(400, lambda: second.report(1, [item(DEVICE, first.id, first.id, [field(4, "stolen")])]))
        refused(403, lambda: second.report(1, [item(ACCOUNT, person, person, [account(person, "mallory")])]))
        refused(403, lambda: second.report(1, [item(PROGRAM, programs, second.id, [program("evil", "1")])]))
        refused(403, lambda: second.accounts([person]))
        second.report(1, [item(PROGRAM, programs[::-1], second.id, [program("fine", "1")]), item(PROGRAM, programs, second.id, None)])
        whole = owner.get("/v1/devices/" + first.name)
        assert whole["name"] == "zq-name" and whole["accounts"][0]["name"] == "alice"
        assert whole["programs"] == [{"name": "bash", "version": "5.2"}]


def what_is_not_on_the_closed_list_does_not_enter():
    with House() as house:
        owner, endpoint = given_an_endpoint(house)
        id = secrets.token_bytes(16)
        refused(400, lambda: endpoint.report(2, [item(2, id, endpoint.id, [field(5, "a user is not collected")])]))
        refused(400, lambda: endpoint.report(2, [item(99, id, endpoint.id, [b""])]))
        refused(400, lambda: endpoint.report(2, [item(PROGRAM, id, endpoint.id, [program("a", "1") + field(3, "vendor")])]))
        assert owner.get("/v1/devices/" + endpoint.name)["programs"] == []
        endpoint.report(2, [item(PROGRAM, id, endpoint.id, [program("a", "1")])])


def replays_are_answered_again_and_stored_once():
    with House() as house:
        owner, endpoint = given_an_endpoint(house)
        one = [item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("a", "1")])]
        other = [item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("b", "1")])]
        endpoint.report(3, other)
        endpoint.report(2, one)
        endpoint.report(2, other[:1])
        endpoint.report(3, one)
        assert sorted(p["name"] for p in owner.get("/v1/devices/" + endpoint.name)["programs"]) == ["a", "b"]
        endpoint.report(100, [])
        refused(409, lambda: endpoint.report(2, one))
        refused(400, lambda: endpoint.report(0, one))


def bodies_that_are_malformed_or_too_large_are_refused():
    with House() as house:
        owner, endpoint = given_an_endpoint(house)
        id, bomb = secrets.token_bytes(16), b"\x28\xb5\x2f\xfd\xe0" + (1 << 40).to_bytes(8, "little") + b"\x03\x00\x00"
        refused(400, lambda: endpoint.post("/agent/v1/report", b"\xff" * 100))
        refused(400, lambda: endpoint.post("/agent/v1/report", b""))
        refused(413, lambda: endpoint.post("/agent/v1/report", b"\0" * (2 << 20)))
        body = field(1, PROGRAM) + field(2, id) + field(3, endpoint.id)
        for list in (bomb, zstd(b"\x0a\xff\xff\xff\x7f"), b"no frame", zstd(field(1, field(1, b"\xff\xfe")))):
            refused(413 if list is bomb else 400, lambda: endpoint.report(2, [body + field(4, list)]))
        refused(400, lambda: owner.post("/v1/tokens", {"name": "a", "role": "viewer", "days": 1, "more": 1}))
        refused(400, lambda: owner.post("/v1/tokens", {"name": "\u0007", "role": "viewer", "days": 1}))
        refused(400, lambda: owner.post("/v1/tokens", [[[[1]]]]))
        refused(413, lambda: owner.post("/v1/tokens", {"name": "a" * 100000, "role": "viewer", "days": 1}))
        refused(404, lambda: owner.get("/v1/nothing"))
        refused(400, lambda: owner.get("/v1/devices?limit=100000"))
        assert names(owner) == ["zq-name"]


def a_flood_of_wrong_passwords_is_bounded_and_leaves_others_alone():
    import threading
    with House() as house:
        owner, endpoint = given_an_endpoint(house)
        statuses, stop = [], time.monotonic() + 3

        def flood():
            while time.monotonic() < stop:
                try:
                    house.sign_in("one", password="wrong password")
                except Refused as refusal:
                    statuses.append(refusal.status)
        threads = [threading.Thread(target=flood) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        began = time.monotonic()
        assert names(owner) == ["zq-name"]
        assert time.monotonic() - began < 2
        for thread in threads:
            thread.join()
        assert set(statuses) <= {401, 503} and 401 in statuses
        assert house.sign_in("one").get("/v1/session")["role"] == "owner"


def a_page_of_another_site_cannot_use_a_signed_in_browser():
    with House() as house:
        owner, endpoint = given_an_endpoint(house)
        elsewhere = Client(house, {**owner.headers, "Origin": "https://evil.example"})
        refused(403, lambda: elsewhere.delete("/v1/devices/" + endpoint.name))
        own = Client(house, {**owner.headers, "Origin": f"https://localhost:{house.port}"})
        own.delete("/v1/devices/" + endpoint.name)


main([deployment_keys_that_are_unknown_or_used_up_or_ended_enrol_nobody,
      without_a_certificate_or_with_a_foreign_one_no_request_is_read,
      a_device_cannot_speak_for_another_or_about_anothers_accounts, what_is_not_on_the_closed_list_does_not_enter,
      replays_are_answered_again_and_stored_once, bodies_that_are_malformed_or_too_large_are_refused,
      a_flood_of_wrong_passwords_is_bounded_and_leaves_others_alone, a_page_of_another_site_cannot_use_a_signed_in_browser])
