#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Notices by mail, from an act to a relay that is not ours: what arrives, how often, and what it does not say."""
from outside import *

# A short name of a machine is part of many a signature.
MARKERS = ("zqmarkeruser", "Zq Marker Person", "zq.marker@example.com", "zq-tenant", "zq-name", *(name for name in [socket.gethostname()] if len(name) > 5))


def house_with(at, port, *more, scheme="smtp"):
    return House(at / "service", "--smtp", f"{scheme}://localhost:{port}", "--mail-from", "custody@service.example", *more)


def states(owner, wanted, seconds=30):
    """The notices once they are all in one of these states."""
    for _ in range(seconds * 10):
        items = owner.get("/v1/notices")["items"]
        if {item["state"] for item in items} <= set(wanted):
            return items
        time.sleep(0.1)
    raise AssertionError(items)


def tried(owner):
    """The one notice, once it was tried."""
    for _ in range(100):
        item, = owner.get("/v1/notices")["items"]
        if item["tries"]:
            return item
        time.sleep(0.1)


def given(house):
    return house.claim("zq-tenant", "zqmarkeruser", "Zq Marker Person", "zq.marker@example.com")


def a_notice_arrives_at_each_address_once_and_names_nobody():
    with folder() as at, Relay(at) as relay:
        with house_with(at, relay.port) as house:
            owner = given(house)
            house.enrol(owner)
            assert owner.ask("PUT", "/v1/notices", {"addresses": "ops@example.com it@mail.example"})["relay"]
            owner.post("/v1/notices/test", None)
            mails = relay.mails(2)
            assert {mail["X-To"] for mail in mails} == {"ops@example.com", "it@mail.example"}
            for mail in mails:
                assert mail["To"].strip("<>") == mail["X-To"] and mail["X-From"] == "custody@service.example", mail.as_string()
                assert mail["Subject"] == "[Custody] A test of notices" and mail["Auto-Submitted"] == "auto-generated"
                assert abs(mail["Date"].datetime.timestamp() - time.time()) < 60 and mail["X-Host"] == "service.example"
                assert mail.get_content_type() == "text/plain" and f"https://localhost:{house.port}/access" in mail.get_content()
                assert not [marker for marker in MARKERS if marker.lower() in mail.as_string().lower()]
            items = states(owner, ["sent"])
            assert {f"<{item['id']}@service.example>" for item in items} == {mail["Message-ID"] for mail in mails}
            entries = owner.get("/v1/log?act=notice")["items"]
            for _ in range(50):
                entries = owner.get("/v1/log?act=notice")["items"]
                if len(entries) == 3:
                    break
                time.sleep(0.1)
            assert sorted((entry["act"], entry["by"][:3]) for entry in entries) == [
                ("notice.sent", "ope"), ("notice.sent", "ope"), ("notices.changed", "usr")]
            assert not any("example" in json.dumps(entry) for entry in entries)


def a_notice_waits_while_the_relay_is_down_and_arrives_once_when_it_is_up():
    with folder() as at:
        port = free_port()
        with house_with(at, port) as house:
            owner = given(house)
            owner.ask("PUT", "/v1/notices", {"addresses": "ops@example.com"})
            owner.post("/v1/notices/test", None)
            item = tried(owner)
            assert (item["state"], item["trouble"]) == ("waiting", "nobody answers") and item["next"] and not item["sent"]
            house.kill("custody-jobs")
            with Relay(at, port) as relay:
                mail, = relay.mails(1)
                item, = states(owner, ["sent"])
                assert mail["Message-ID"] == f"<{item['id']}@service.example>" and item["tries"] > 1 and not item["trouble"]


def a_refusal_is_told_by_its_number_and_not_in_the_relays_words():
    with folder() as at, Relay(at) as relay:
        with house_with(at, relay.port) as house:
            owner = given(house)
            owner.ask("PUT", "/v1/notices", {"addresses": "refused@example.com ops@example.com"})
            owner.post("/v1/notices/test", None)
            mail, = relay.mails(1)
            assert mail["X-To"] == "ops@example.com"
            states_of = {item["address"]: (item["state"], item["trouble"]) for item in owner.get("/v1/notices")["items"]}
            assert states_of == {"ops@example.com": ("sent", None), "refused@example.com": ("waiting", "refused with 550")}
            assert "zq-words" not in json.dumps(owner.get("/v1/notices"))


def what_begins_another_header_is_no_address():
    with folder() as at, Relay(at) as relay:
        with house_with(at, relay.port) as house:
            owner = given(house)
            for wrong in ("a@x\r\nBcc: b@x", "a@x\nb@x", "a@x>\r\nDATA", "a@x,b@x", "<a@x>", "a@x%0d%0aBcc:b@x", "\"a\"@x"):
                refused(400, lambda: owner.ask("PUT", "/v1/notices", {"addresses": wrong}))
            refused(409, lambda: owner.post("/v1/notices/test", None))
            assert owner.get("/v1/notices") == {"relay": True, "webhooks": False, "failed": 0, "addresses": [], "items": [], "next": None}
            assert relay.mails(0, seconds=0) == []


def mail_goes_under_tls_where_the_relay_has_it_and_only_to_a_relay_that_proves_its_name():
    with folder() as at, Relay(at, None, *certificate(at, "localhost")) as relay:
        with house_with(at, relay.port) as house:
            owner = given(house)
            owner.ask("PUT", "/v1/notices", {"addresses": "ops@example.com"})
            owner.post("/v1/notices/test", None)
            item = tried(owner)
            assert item["state"] == "waiting" and item["trouble"].startswith("TLS does not hold"), item
        with house_with(at, relay.port, "--smtp-authority", at / "cert.pem") as house:
            mail, = relay.mails(1, seconds=60)
            assert mail["X-TLS"] == "True"


def a_relay_that_wants_a_password_is_signed_in_to_under_tls():
    with folder() as at:
        cert, key = certificate(at, "localhost")
        password = at / "password"
        password.write_text("wrong\n")
        with Relay(at, None, cert, key, "custody", "zq password") as relay, house_with(
                at, relay.port, "--smtp-authority", cert, "--smtp-user", "custody", "--smtp-password", password) as house:
            owner = given(house)
            owner.ask("PUT", "/v1/notices", {"addresses": "ops@example.com"})
            owner.post("/v1/notices/test", None)
            item = tried(owner)
            assert (item["state"], item["trouble"]) == ("waiting", "refused with 535"), item
            password.write_text("zq password\n")
            house.kill("custody-jobs")
            mail, = relay.mails(1)
            assert (mail["X-Signed-In"], mail["X-TLS"]) == ("True", "True")


def no_password_is_sent_to_a_relay_without_tls():
    with folder() as at, Relay(at) as relay:
        (at / "password").write_text("zq password\n")
        with house_with(at, relay.port, "--smtp-user", "custody", "--smtp-password", at / "password") as house:
            owner = given(house)
            owner.ask("PUT", "/v1/notices", {"addresses": "ops@example.com"})
            owner.post("/v1/notices/test", None)
            item = tried(owner)
            assert item["state"] == "waiting" and item["trouble"].startswith("the relay has no TLS"), item


def the_jobs_process_reaches_the_relay_and_nothing_else():
    with folder() as at, Relay(at) as relay:
        with house_with(at, relay.port) as house:
            if "this kernel has no" in (house.folder / "custodyd.log").read_text():
                raise Skipped("the kernel of this machine has not all that a cage is made of")
            attempt = lambda role, act, what: subprocess.run(
                [BUILD / "src/sys/cage_try", role, house.home, str(house.port), "61803" if os.geteuid() == 0 else str(os.geteuid()),
                 act, str(what)], check=True, capture_output=True, text=True).stdout
            assert attempt(f"jobs:{relay.port}", "connect", relay.port) == "done"
            assert attempt(f"jobs:{relay.port}", "connect", house.port) == "refused"
            assert attempt(f"jobs:{relay.port}", "bind", free_port()) == "killed"
            assert attempt(f"jobs:{relay.port}", "read", house.home / "keyring/keyring.db") == "refused"
            assert attempt("jobs", "connect", relay.port) == "killed"
            for thread in pathlib.Path(f"/proc/{house.children()['custody-jobs']}/task").iterdir():
                assert "Seccomp:\t2\n" in (thread / "status").read_text()


main([a_notice_arrives_at_each_address_once_and_names_nobody,
      a_notice_waits_while_the_relay_is_down_and_arrives_once_when_it_is_up,
      a_refusal_is_told_by_its_number_and_not_in_the_relays_words, what_begins_another_header_is_no_address,
      mail_goes_under_tls_where_the_relay_has_it_and_only_to_a_relay_that_proves_its_name,
      a_relay_that_wants_a_password_is_signed_in_to_under_tls, no_password_is_sent_to_a_relay_without_tls,
      the_jobs_process_reaches_the_relay_and_nothing_else])
