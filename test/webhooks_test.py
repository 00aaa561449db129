#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Notices by webhook, from an act to a receiver that is not ours: what is posted, how it is signed, how often, to whom not."""
from outside import *

# A short name of a machine is part of many a signature.
MARKERS = ("zqmarkeruser", "Zq Marker Person", "zq.marker@example.com", "zq-tenant", "zq-name", *(name for name in [socket.gethostname()] if len(name) > 5))


def house_with(at, ports, *more):
    return House(at / "service", "--webhook-ports", ",".join(str(port) for port in ports), *more)


def near(at, receiver, *more):
    return house_with(at, [receiver.port], "--webhook-near", "yes", *more)


def given(house):
    return house.claim("zq-tenant", "zqmarkeruser", "Zq Marker Person", "zq.marker@example.com")


def named(owner, receiver, path="/hook", scheme="http"):
    return owner.post("/v1/webhooks", {"url": f"{scheme}://localhost:{receiver.port}{path}"})


def tested(owner, webhook):
    owner.post(f"/v1/webhooks/{webhook['id']}/test", None)


def until(look, wanted, seconds=30):
    for _ in range(seconds * 10):
        found = look()
        if wanted(found):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def states(owner):
    return [(item["state"], item["trouble"]) for item in owner.get("/v1/notices")["items"]]


def a_notice_is_posted_once_signed_and_names_nobody():
    with folder() as at:
        cert, key = certificate(at, "localhost")
        with Receiver(certificate=(cert, key)) as receiver, near(at, receiver, "--webhook-authority", cert) as house:
            owner = given(house)
            house.enrol(owner)
            webhook = named(owner, receiver, "/custody/hook", "https")
            tested(owner, webhook)
            (path, headers, body), = receiver.posted(1)
            assert path == "/custody/hook" and checked([webhook["secret"]], headers, body) == [webhook["secret"]]
            item, = owner.get("/v1/notices")["items"]
            said = json.loads(body)
            assert said == {"type": "test", "timestamp": item["made"], "data": {
                "id": headers["webhook-id"], "severity": "info", "subject": "A test of notices", "link": f"https://localhost:{house.port}/access"}}, said
            assert (item["id"], item["state"], item["address"]) == (headers["webhook-id"], "delivered", webhook["url"]) and item["sent"]
            assert not [marker for marker in MARKERS if marker.lower() in (str(headers) + body.decode()).lower()]
            shown, = owner.get("/v1/webhooks")["items"]
            assert "secret" not in shown and shown["delivered"] and not shown["trouble"] and shown["state"] == "on"
            assert [entry["act"] for entry in owner.get("/v1/log?act=notice")["items"]] == ["notice.delivered"]
            assert not any("localhost" in json.dumps(entry) for entry in owner.get("/v1/log")["items"])


def a_rotated_secret_signs_beside_the_new_one():
    with folder() as at, Receiver() as receiver, near(at, receiver) as house:
        owner = given(house)
        webhook = named(owner, receiver)
        fresh = owner.post(f"/v1/webhooks/{webhook['id']}/rotate", None)
        assert fresh["both"] and fresh["secret"] != webhook["secret"]
        tested(owner, webhook)
        (_, headers, body), = receiver.posted(1)
        assert len(checked([webhook["secret"], fresh["secret"]], headers, body)) == 2
        assert not checked([webhook["secret"], fresh["secret"]], headers, body + b" ")


def receivers_that_misbehave_are_tried_again_and_hold_nobody_up():
    answers = {"/refuses": lambda: 500, "/hangs": lambda: None, "/garbage": lambda: b"\x00\xff garbage " * 100}
    with folder() as at, Receiver() as inside:
        answers["/redirects"] = lambda: (302, {"Location": f"http://127.0.0.1:{inside.port}/secret"})
        with Receiver(lambda path, count: answers[path]() if path in answers else 200) as receiver, near(at, receiver) as house:
            owner, other = given(house), house.claim("other")
            hooks = {path: named(owner, receiver, path) for path in answers}
            for path, hook in hooks.items():
                tested(owner, hook)
            began = time.time()
            tested(other, named(other, receiver, "/good"))
            until(lambda: other.get("/v1/notices")["items"][0]["state"], lambda state: state == "delivered")
            assert time.time() - began < 10
            troubles = until(lambda: {hook["url"].rsplit("/", 1)[1]: hook["trouble"] for hook in owner.get("/v1/webhooks")["items"]},
                             lambda found: all(found.values()), 40)
            assert troubles == {"refuses": "refused with 500", "hangs": "no answer in time", "redirects": "refused with 302",
                                "garbage": "what answers there speaks another language"}, troubles
            assert inside.posts == [] and {state for state, _ in states(owner)} == {"waiting"}
            ids = {headers["webhook-id"] for path, headers, _ in receiver.posts if path == "/refuses"}
            assert len(ids) == 1 and len([path for path, *_ in receiver.posts if path == "/refuses"]) > 1


def an_answer_without_end_is_cut_off_and_its_status_counts():
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (4 << 20)
    with folder() as at, Receiver(lambda path, count: endless) as receiver, near(at, receiver) as house:
        owner = given(house)
        tested(owner, named(owner, receiver))
        until(lambda: states(owner), lambda found: found == [("delivered", None)])


def a_webhook_that_is_gone_is_switched_off_and_the_addresses_are_told():
    with folder() as at, Relay(at) as relay, Receiver(lambda path, count: 410) as receiver:
        with near(at, receiver, "--smtp", f"smtp://localhost:{relay.port}", "--mail-from", "custody@service.example") as house:
            owner = given(house)
            owner.ask("PUT", "/v1/notices", {"addresses": "ops@example.com"})
            webhook = named(owner, receiver)
            tested(owner, webhook)
            mail, = relay.mails(1)
            assert mail["Subject"] == "[Custody] A webhook was switched off"
            assert owner.get("/v1/webhooks")["items"][0]["state"] == "gone"
            told = owner.get("/v1/notices?state=failed")
            assert [item["trouble"] for item in told["items"]] == ["refused with 410"] and told["failed"] == 1
            refused(409, lambda: tested(owner, webhook))
            acts = {entry["act"] for entry in owner.get("/v1/log")["items"]}
            assert {"webhook.added", "webhook.gone", "notice.failed", "notice.sent"} <= acts
            owner.delete("/v1/webhooks/" + webhook["id"])
            assert owner.get("/v1/webhooks")["items"] == [] and owner.get("/v1/notices")["failed"] == 0
            receiver.posted(1)


def a_crash_between_the_receivers_answer_and_ours_posts_again_under_the_same_id():
    killed = []

    def answer(path, count):
        if count == 1:
            killed.append(house.children()["custody-jobs"])
            os.kill(killed[0], signal.SIGKILL)
        return 200

    with folder() as at, Receiver(answer) as receiver, near(at, receiver) as house:
        owner = given(house)
        webhook = named(owner, receiver)
        tested(owner, webhook)
        first, second = receiver.posted(2)
        assert killed and first[1]["webhook-id"] == second[1]["webhook-id"] and first[2] == second[2]
        assert all(checked([webhook["secret"]], headers, body) for _, headers, body in (first, second))
        house.monitor.stdout.readline()
        until(lambda: states(owner), lambda found: found == [("delivered", None)])
        assert [entry["act"] for entry in owner.get("/v1/log?act=notice")["items"]] == ["notice.delivered"]


def a_webhook_leads_to_no_place_that_the_operator_has_not_opened():
    with folder() as at, Receiver() as receiver:
        with house_with(at, [443, receiver.port]) as house:
            owner = given(house)
            refused(403, lambda: named(owner, receiver))
            refused(403, lambda: owner.post("/v1/webhooks", {"url": "https://example.com:8443/"}))
            for wrong in ("https://", "ftp://example.com", "https://a@example.com", "https://example.com/?a", "https://example.com/#", "x", "https://example.com/\r\nX: y"):
                refused(400, lambda: owner.post("/v1/webhooks", {"url": wrong}))
            webhook = named(owner, receiver, scheme="https")
            tested(owner, webhook)
            until(lambda: states(owner), lambda found: found == [("waiting", "localhost is not of the public internet")])
            assert receiver.posts == []
    with House() as house:
        refused(403, lambda: house.claim("one").post("/v1/webhooks", {"url": "https://example.com/"}))


def the_command_line_does_all_of_it():
    with folder() as at, Receiver(lambda path, count: 200 if count > 1 else 410) as receiver, near(at, receiver) as house:
        given(house)
        environment = dict(os.environ, CUSTODY_CONFIG=str(at / "custody.json"))
        say = lambda *words, **more: subprocess.run([BIN / "custody", *words], env=environment, check=True, capture_output=True, text=True, **more).stdout
        say("login", "--url", f"https://localhost:{house.port}", "--tenant", "zq-tenant", "--username", "zqmarkeruser", "--insecure", input=PASSWORD + "\n")
        listed = lambda *words: json.loads(say(*words, "--json"))["items"]
        secret = say("webhook", "add", f"http://localhost:{receiver.port}/one").strip()
        webhook, = listed("webhook", "list")
        assert secret.startswith("whsec_") and webhook["url"].endswith("/one")
        assert say("webhook", "rotate", webhook["id"]).strip() not in ("", secret)
        say("webhook", "test", webhook["id"])
        failed = until(lambda: listed("notice", "list", "--state", "failed"), bool)
        assert "410" in say("notice", "list", "--state", "failed") and "gone" in say("webhook", "list")
        again = subprocess.run([BIN / "custody", "notice", "resend", failed[0]["id"]], env=environment, capture_output=True, text=True)
        assert again.returncode and "switched off" in again.stderr
        say("webhook", "remove", webhook["id"])
        assert listed("webhook", "list") == [] and listed("notice", "list", "--state", "failed") == []


main([a_notice_is_posted_once_signed_and_names_nobody, a_rotated_secret_signs_beside_the_new_one,
      receivers_that_misbehave_are_tried_again_and_hold_nobody_up, an_answer_without_end_is_cut_off_and_its_status_counts,
      a_webhook_that_is_gone_is_switched_off_and_the_addresses_are_told,
      a_crash_between_the_receivers_answer_and_ours_posts_again_under_the_same_id,
      a_webhook_leads_to_no_place_that_the_operator_has_not_opened, the_command_line_does_all_of_it])
