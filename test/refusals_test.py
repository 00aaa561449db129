#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input over the real service: each gets one clear error outside, one line with ids inside, and loses nothing."""
import re, secrets, time

import house as outside
from house import *

here = []


class House(outside.House):
    def start(self):
        here.append(self)
        super().start()


def told(house):
    """What the service has said of requests that it refused."""
    return [line for line in (house.folder / "custodyd.log").read_text().splitlines() if line.startswith("web: refused:")]


def refused(status, act, **ids):
    """Refused with this status, and told of in one line that names them, and nothing else but what is declared."""
    before = len(told(here[-1]))
    outside.refused(status, act)
    lines = told(here[-1])[before:]
    assert len(lines) == 1 and f" status={status} " in lines[0], lines
    assert all(f" {name}={value}" in lines[0] for name, value in ids.items()), (ids, lines)
    form = r'web: refused: status=\d+ code=[a-z_]+ door=\w+( at=\w+)?( route="[A-Z]+ [a-zA-Z0-9/{}._-]+")?( \w+=[a-z]+_[a-z0-9]{26})*( why="[^"]+")?'
    assert re.fullmatch(form, lines[0]), lines[0]


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
        refused(403, lambda: house.enrol(owner, made["key"]), door="console", route='"POST /agent/v1/enrol"')
        other = owner.post("/v1/deployment-keys", {"name": "ended", "uses": 1, "days": 1})
        owner.delete("/v1/deployment-keys/" + other["id"])
        refused(403, lambda: house.enrol(owner, other["key"]))
        last = made["key"][-2:]
        refused(403, lambda: house.enrol(owner, made["key"][:40] + ("AAAA" if made["key"][40:44] != "AAAA" else "BBBB") + made["key"][44:]))
        refused(400, lambda: house.enrol(owner, "cdk_short" + last))
        assert len(owner.get("/v1/devices")["items"]) == 1


def an_account_that_is_called_as_something_else_is_known_by_nobody_and_what_it_names_stays():
    with House() as house:
        owner, endpoint = given_an_endpoint(house)
        other = house.claim("two")
        tenant = read_id(other.get("/v1/session")["tenant"]["id"])
        refused(403, lambda: endpoint.accounts([bytes(16)]), device=endpoint.name)
        refused(403, lambda: endpoint.accounts([tenant]), device=endpoint.name)
        owner.delete("/v1/devices/" + endpoint.name)
        house.enrol(other)
        house.nobody().post("/v1/recover", {"tenant": "two", "kit": other.kit, "username": "owner", "password": PASSWORD})


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
        alone = socket.create_connection(("localhost", house.port + 1))
        with house.trust().wrap_socket(alone) as bare, contextlib.suppress(OSError):
            bare.recv(1)
        until = time.monotonic() + 10  # the other side sees it a moment before it is told of
        while len(lines := told(house)) < 3 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(lines) == 3 and all(" door=agents at=tls why=" in line for line in lines), lines
        why = sorted(re.search(r'why="(.*)"', line)[1] for line in lines)  # each is told by whoever served it: in no order
        assert why == ["peer did not return a certificate", "self-signed certificate", "self-signed certificate"], lines
        assert good[0].exists() and names(owner) == ["zq-name"]


def signed_by(folder, issuer, whose, with_chain):
    """A certificate in the name of another endpoint, for a key of one's own, that somebody signed who is no authority."""
    openssl = lambda *words: subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, text=True).stdout
    name = re.search(r"URI:\S+", openssl("x509", "-in", whose / "certificate.pem", "-noout", "-ext", "subjectAltName"))[0]
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=endpoint", "-keyout", folder / "key.pem",
            "-addext", "subjectAltName=" + name, "-addext", "extendedKeyUsage=clientAuth", "-out", folder / "request.pem")
    openssl("x509", "-req", "-in", folder / "request.pem", "-CA", issuer / "certificate.pem", "-CAkey", issuer / "key.pem", "-set_serial", "1",
            "-copy_extensions", "copyall", "-days", "1", "-out", folder / "certificate.pem")
    if with_chain:
        with (folder / "certificate.pem").open("a") as chain:
            chain.write((issuer / "certificate.pem").read_text())


def a_certificate_that_an_endpoint_signed_in_the_name_of_another_speaks_for_nobody():
    with House() as house:
        owner, victim = given_an_endpoint(house)
        other = house.claim("two")
        own, foreign = house.enrol(owner), house.enrol(other)
        for issuer in (own, foreign, victim):
            for with_chain in (True, False):
                folder, before = pathlib.Path(tempfile.mkdtemp(dir=house.folder)), len(told(house))
                signed_by(folder, issuer.folder, victim.folder, with_chain)
                forger = Endpoint(house, folder, {"device": victim.name, "certificate": (folder / "certificate.pem").read_text()})
                try:
                    forger.report(2, [item(DEVICE, victim.id, victim.id, [field(4, "zq-forged")])])
                    raise AssertionError("served")
                except (ssl.SSLError, OSError, http.client.HTTPException):
                    pass
                until = time.monotonic() + 10
                while len(lines := told(house)[before:]) < 1 and time.monotonic() < until:
                    time.sleep(0.05)
                why = "invalid CA certificate" if with_chain else "unable to get local issuer certificate"
                assert len(lines) == 1 and f' door=agents at=tls why="{why}"' in lines[0], lines
        assert "zq-name" in names(owner) and "zq-forged" not in names(owner)
        victim.report(2, [item(DEVICE, victim.id, victim.id, [field(4, "zq-again")])])
        assert "zq-again" in names(owner)


def a_device_cannot_speak_for_another_or_about_anothers_accounts():
    with House() as house:
        owner, first = given_an_endpoint(house)
        second = house.enrol(owner)
        person, programs = secrets.token_bytes(16), secrets.token_bytes(16)
        first.accounts([person])
        first.report(2, [item(ACCOUNT, person, person, [account(person, "alice", True)]),
                         item(PROGRAM, programs, first.id, [program("bash", "5.2")])])
        tenant = owner.get("/v1/session")["tenant"]["id"]
        refused(400, lambda: second.report(1, [item(DEVICE, first.id, first.id, [field(4, "stolen")])]), tenant=tenant, device=second.name)
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
        by = owner.get("/v1/session")["user"]["id"]
        refused(404, lambda: owner.get("/v1/nothing"))
        refused(404, lambda: owner.get("/v1/devices/dev_nobodys"), route='"GET /v1/devices/{id}"', by=by)
        refused(400, lambda: owner.get("/v1/devices?limit=100000"))
        assert names(owner) == ["zq-name"]


def json_that_is_malformed_nested_or_no_text_is_refused_where_it_comes_in():
    tree, long = b"[" * 1000 + b"]" * 1000, b'{"name":"' + b"a" * 100000 + b'","role":"viewer","days":1}'
    whole = b'{"name":"a","role":"viewer","days":1}'
    bodies = [b"", b"\0", b"nothing", whole[:-1], whole + b"}", whole + whole, b"\xef\xbb\xbf" + whole, whole.replace(b"a", b"\xff", 1),
              whole.replace(b'"a"', b'"\xed\xa0\x80"'), whole.replace(b'"a"', b'"\\ud800"'), whole.replace(b'"a"', b'"\\u0000"'), whole.replace(b"1}", b"+1}"),
              whole.replace(b"1}", b"1e99}"), whole.replace(b"}", b',"days":2}'), tree, b'{"name":' * 1000 + b"1" + b"}" * 1000,
              whole.replace(b'"a"', tree)]
    with House() as house:
        owner = house.claim("one")
        by = owner.get("/v1/session")["user"]["id"]
        for body in bodies:
            refused(400, lambda: owner.send("POST", "/v1/tokens", body), route='"POST /v1/tokens"', by=by)
        refused(413, lambda: owner.send("POST", "/v1/tokens", long), at="framing")
        assert owner.get("/v1/tokens")["items"] == []


def framing_that_two_readers_would_read_differently_is_refused_and_told():
    heads = ["Content-Length: 4\r\nContent-Length: 5\r\n", "Content-Length: +4\r\n", "Content-Length : 4\r\n",
             "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"]
    with House() as house:
        for head in heads + [None]:
            text = f"POST /v1/zq-path HTTP/1.1\r\nHost: localhost\r\n{head}\r\nzq-body" if head else "GET /v1/zq-path HTTP/1.1\r\n\r\n"
            before = len(told(house))
            with house.trust().wrap_socket(socket.create_connection(("localhost", house.port))) as asker:
                asker.sendall(text.encode())
                answer = asker.recv(65536)
            status = answer.split()[1].decode()
            assert status in ("400", "411") and b"application/problem+json" in answer, answer
            lines = told(house)[before:]
            assert len(lines) == 1 and f"status={status} " in lines[0] and " door=console at=framing why=" in lines[0], lines
        assert not any("zq-" in line or "127.0.0.1" in line for line in told(house))


def a_revoked_device_is_refused_by_name_and_who_only_asks_whether_anybody_is_signed_in_is_not_told_of():
    with House() as house:
        owner, endpoint = given_an_endpoint(house)
        owner.post(f"/v1/devices/{endpoint.name}/revoke", {})
        refused(403, lambda: endpoint.report(2, []), device=endpoint.name)
        before = len(told(house))
        outside.refused(401, lambda: house.nobody().get("/v1/session"))
        outside.refused(404, lambda: house.nobody().get("/assets/nothing.js"))
        assert len(told(house)) == before
        refused(401, lambda: Client(house, {"Authorization": "Bearer wrong"}).get("/v1/devices"), code="signed_out")


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
        assert time.monotonic() - began < 2 * no_time()
        for thread in threads:
            thread.join()
        assert set(statuses) <= {401, 503} and 401 in statuses
        lines = told(house)
        more = [int(line.split()[3]) for line in lines if " more of strangers" in line]
        assert len(lines) <= 60 + 2 * 8 and (len(statuses) < 60 or more), (len(statuses), lines)
        assert house.sign_in("one").get("/v1/session")["role"] == "owner"


def a_page_of_another_site_cannot_use_a_signed_in_browser():
    with House() as house:
        owner, endpoint = given_an_endpoint(house)
        elsewhere = Client(house, {**owner.headers, "Origin": "https://evil.example"})
        refused(403, lambda: elsewhere.delete("/v1/devices/" + endpoint.name), route='"DELETE /v1/devices/{id}"')
        own = Client(house, {**owner.headers, "Origin": f"https://localhost:{house.port}"})
        own.delete("/v1/devices/" + endpoint.name)


main([deployment_keys_that_are_unknown_or_used_up_or_ended_enrol_nobody,
      an_account_that_is_called_as_something_else_is_known_by_nobody_and_what_it_names_stays,
      without_a_certificate_or_with_a_foreign_one_no_request_is_read,
      a_certificate_that_an_endpoint_signed_in_the_name_of_another_speaks_for_nobody,
      a_device_cannot_speak_for_another_or_about_anothers_accounts, what_is_not_on_the_closed_list_does_not_enter,
      replays_are_answered_again_and_stored_once, bodies_that_are_malformed_or_too_large_are_refused,
      json_that_is_malformed_nested_or_no_text_is_refused_where_it_comes_in, framing_that_two_readers_would_read_differently_is_refused_and_told,
      a_revoked_device_is_refused_by_name_and_who_only_asks_whether_anybody_is_signed_in_is_not_told_of,
      a_flood_of_wrong_passwords_is_bounded_and_leaves_others_alone, a_page_of_another_site_cannot_use_a_signed_in_browser])
