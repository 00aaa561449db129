#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Single sign-on with a provider that does what it is told: who comes in, and everything that does not."""
from house import *
from provider import *


def denied(act, words):
    """Refused with 403, for this reason."""
    try:
        act()
    except Refused as refusal:
        assert refusal.status == 403 and words in refusal.problem["detail"], refusal
        return True
    raise AssertionError("not refused")


def linked(person, sub, username, **claims):
    """The person links the account of theirs that the provider calls `sub`."""
    browser = Client(house, dict(person.headers))
    asks = provider.asks(browser.post("/v1/sso/link", {"username": username, "password": PASSWORD})["location"])
    return provider.comes(browser, asks, provider.code(asks, sub=sub, **claims))


def logged(act):
    """The acts in the log, once this one is."""
    for _ in range(100):
        acts = {entry["act"] for entry in owner.get("/v1/log?limit=200")["items"]}
        if act in acts:
            return acts
        time.sleep(0.05)
    raise AssertionError(acts)


def an_owner_names_the_provider_and_its_keys_are_fetched_at_once():
    owner.put("/v1/sso", provider.body())
    began = time.monotonic()
    said = provider.fetched(owner)
    assert time.monotonic() - began < no_time(), "not at once"
    assert said["keys"] == 1 and said["secret"] and not said["trouble"] and said["back"] == f"https://localhost:{house.port}/signed-in"
    assert "s3cret" not in json.dumps(said) and said["claim"] == "sub" and not said["joins"]
    assert not owner.get("/v1/sso/link")["linked"]
    assert "sso.changed" in logged("sso.changed")


def what_is_no_provider_or_not_allowed_is_refused():
    for body in ({"issuer": "http://id.example.com"}, {"issuer": "https://id.example.com"}, {"issuer": provider.issuer + "?x"},
                 {"issuer": f"http://127.0.0.1.example.com:{provider.port}"}, {"client": ""}, {"opens": ""}, {"opens": "password"},
                 {"claim": "Sub"}, {"joins": "owner"}, {"joins": "staff"}, {"secret": "x" * 600}):
        try:
            owner.put("/v1/sso", {**provider.body(), **body})
        except Refused as refusal:
            assert refusal.status in (400, 403), (body, refusal)
            continue
        raise AssertionError(body)


def a_linked_member_comes_in_locked_and_opens_with_the_password():
    assert linked(vera, "vera-1", "vera")["state"] == "linked"
    assert vera.get("/v1/sso/link")["linked"]
    began = time.monotonic()
    browser, outcome = provider.enters(house, "acme", sub="vera-1")
    assert time.monotonic() - began < no_time(), "not at once"
    assert outcome["state"] == "in" and outcome["session"]["locked"] and not outcome["session"]["keyed"], outcome
    assert refused(423, lambda: browser.get("/v1/devices"))
    browser.post("/v1/session/key", {"username": "vera", "password": PASSWORD})
    browser.get("/v1/devices")
    assert [each["way"] for each in browser.get("/v1/sessions")["items"] if each["yours"]] == ["sso"]


def another_persons_subject_is_nobody_and_cannot_be_linked_twice():
    assert denied(lambda: provider.enters(house, "acme", sub="mallory"), "nobody here is linked")
    assert denied(lambda: linked(owner, "vera-1", "owner"), "somebody else")
    assert refused(403, lambda: owner.post("/v1/sso/link", {"username": "owner", "password": "not the password"}))


def a_forged_token_lets_nobody_in():
    other = Key("one")
    claims = {"sub": "vera-1"}
    for words, token in {
        "signature": lambda nonce: provider.token(nonce, key=other, **claims),
        "algorithm": lambda nonce: unsigned(provider, nonce),
        "algorithm ": lambda nonce: hs256(provider, nonce),
        "issuer": lambda nonce: provider.token(nonce, iss="https://id.example.com", **claims),
        "audience": lambda nonce: provider.token(nonce, aud="another", **claims),
        "azp": lambda nonce: provider.token(nonce, aud=["another", "custody"], **claims),
        "nonce": lambda nonce: provider.token("another", **claims),
        "expired": lambda nonce: provider.token(nonce, exp=int(time.time()) - 121, **claims),
        "future": lambda nonce: provider.token(nonce, iat=int(time.time()) + 130, **claims),
        "not valid yet": lambda nonce: provider.token(nonce, nbf=int(time.time()) + 130, **claims),
        "before this sign-in": lambda nonce: provider.token(nonce, iat=int(time.time()) - 200, **claims),
        "at_hash": lambda nonce: provider.token(nonce, at_hash="AAAAAAAAAAAAAAAAAAAAAA", **claims),
        "subject": lambda nonce: provider.token(nonce, sub=None),
        "no ID token": lambda nonce: "x.y.z",
    }.items():
        assert denied(lambda: provider.enters(house, "acme", token), words.strip()), words
    assert provider.enters(house, "acme", sub="vera-1", exp=int(time.time()) - 100)[1]["state"] == "in" # clocks may differ


def a_sign_in_is_taken_once_and_by_the_browser_that_began_it():
    browser, asks = provider.begun(house, "acme")
    stranger = provider.begun(house, "acme")[0]
    code = provider.code(asks, sub="vera-1")
    assert denied(lambda: provider.comes(stranger, asks, code), "not begun in this browser")
    assert denied(lambda: provider.comes(house.nobody(), asks, code), "not begun in this browser")
    cookie = dict(browser.headers)
    assert provider.comes(browser, asks, code)["state"] == "in"
    browser.headers = cookie
    assert denied(lambda: provider.comes(browser, asks, code), "was taken")
    assert denied(lambda: provider.comes(*provider.begun(house, "acme"), "no-such-code"), "invalid_grant")
    assert "zq-marker-of-the-provider" not in (house.folder / "custodyd.log").read_text()


def an_answer_that_was_mixed_up_with_another_providers_is_not_exchanged():
    for issuer in ("https://evil.example.com", None):
        browser, asks = provider.begun(house, "acme")
        code = provider.code(asks, sub="vera-1")
        assert denied(lambda: provider.comes(browser, asks, code, issuer=issuer), "not of the sign-in provider")
        assert code in provider.codes, "it was exchanged"
    browser, asks = provider.begun(house, "acme")
    assert denied(lambda: provider.comes(browser, asks, None, error="access_denied<b>"), "said no: other")


def a_token_of_another_sign_in_is_refused():
    asks = provider.begun(house, "acme")[1]
    token = provider.token(asks["nonce"], sub="vera-1")
    assert denied(lambda: provider.enters(house, "acme", lambda nonce: token), "nonce")


def a_provider_that_changes_its_keys_is_asked_once_a_minute():
    provider.key, before = Key("two"), len(provider.asked)
    provider.keys.append(provider.key)
    assert provider.enters(house, "acme", sub="vera-1")[1]["state"] == "in"
    assert provider.asked[before:].count("/jwks") == 1
    for _ in range(3):
        assert denied(lambda: provider.enters(house, "acme", lambda nonce: provider.token(nonce, {"alg": "RS256", "kid": "none"})), "does not tell of")
    assert provider.asked[before:].count("/jwks") == 1


def a_provider_that_is_down_floods_or_redirects_is_said_so_and_holds_nobody_up():
    for mood, words in {"down": "sign-in provider", "floods": "larger than", "redirects": "302"}.items():
        browser, asks = provider.begun(house, "acme")
        code, provider.mood = provider.code(asks, sub="vera-1"), mood
        try:
            assert denied(lambda: provider.comes(browser, asks, code), words)
            before = owner.get("/v1/sso")["asked"]
            owner.post("/v1/sso/test", None)
            for _ in range(100):
                said = owner.get("/v1/sso")
                if said["trouble"] and said["asked"] != before:
                    break
                time.sleep(0.02)
            assert said["trouble"] and said["keys"] == 2, said # what was known still is
        finally:
            provider.mood = None
    assert "/elsewhere" not in provider.asked
    fetched = said["fetched"]
    owner.post("/v1/sso/test", None)
    assert not provider.fetched(owner, fetched)["trouble"]


def a_slow_provider_holds_up_no_other_client():
    with Provider() as other:
        slow = [provider.begun(house, "acme") for _ in range(4)]
        provider.mood = "slow"
        try:
            for browser, asks in slow:
                browser.post("/v1/sso/come", {"state": asks["state"], "code": provider.code(asks), "issuer": provider.issuer})
            began = time.monotonic()
            second.put("/v1/sso", {**provider.body(), "issuer": provider.issuer + "/second"})
            house.nobody().get("/v1/ready")
            vera.get("/v1/devices")
            assert time.monotonic() - began < no_time()
        finally:
            provider.mood = None


def an_invitation_is_taken_by_single_sign_on_and_the_first_password_makes_a_key_pair():
    link = owner.post("/v1/invitations", {"role": "viewer", "days": 1})["link"]
    browser, asks = provider.begun(house, None, invitation=link)
    outcome = provider.comes(browser, asks, provider.code(asks, sub="nina", name="Nina New", preferred_username="nina", email="nina@example.com"))
    assert outcome["state"] == "joins" and outcome["user"] == {"full_name": "Nina New", "username": "nina", "email": "nina@example.com"}
    session = browser.post("/v1/sso/join", {"state": asks["state"], "username": "nina", "full_name": "Nina Newer", "email": "nina@example.com"})
    assert session["waiting"] and session["bare"] and not session["locked"]
    assert refused(403, lambda: provider.comes(browser, asks, "x"))
    member = session["user"]["id"]
    assert refused(409, lambda: owner.post(f"/v1/members/{member}/key", None))
    assert refused(400, lambda: browser.post("/v1/password", {"username": "nina", "password": "nina"}))
    browser.post("/v1/password", {"username": "nina", "password": "four unrelated words piled up"})
    assert refused(409, lambda: browser.post("/v1/password", {"username": "nina", "password": "four unrelated words piled up"}))
    owner.post(f"/v1/members/{member}/key", None)
    browser, outcome = provider.enters(house, "acme", sub="nina")
    assert outcome["session"]["locked"] and not outcome["session"]["bare"]
    assert browser.post("/v1/session/key", {"username": "nina", "password": "four unrelated words piled up"})["user"]["full_name"] == "Nina Newer"
    assert [each["user"]["full_name"] for each in owner.get("/v1/members")["items"] if each["id"] == member] == ["Nina Newer"]
    assert refused(403, lambda: house.nobody().post("/v1/sso/begin", {"invitation": link}))


def unknown_people_join_only_where_an_owner_lets_them():
    provider.named(owner, joins="viewer")
    browser, asks = provider.begun(house, "acme")
    assert provider.comes(browser, asks, provider.code(asks, sub="otto"))["state"] == "joins"
    provider.named(owner)
    assert refused(403, lambda: browser.post("/v1/sso/join", {"state": asks["state"], "username": "otto", "full_name": "Otto Other", "email": "otto@example.com"}))


def who_a_directory_has_provisioned_comes_in_by_what_it_knows_them_by_and_no_more_once_disabled():
    directory = Client(house, {"Authorization": "Bearer " + owner.post("/v1/tokens", {"name": "d", "scope": "scim", "days": 1})["token"]})
    made = directory.post("/scim/v2/Users", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "dora@example.com",
                                             "externalId": "e-4711", "name": {"formatted": "Dora Directory"},
                                             "emails": [{"value": "dora@example.com", "primary": True}]})
    assert denied(lambda: provider.enters(house, "acme", sub="e-4712"), "nobody here is linked")
    session = provider.enters(house, "acme", sub="e-4711")[1]["session"]
    assert session["bare"] and session["waiting"] and session["role"] == "viewer"
    directory.put("/scim/v2/Users/" + made["id"], {**made, "active": False})
    assert denied(lambda: provider.enters(house, "acme", sub="e-4711"), "disabled")


def what_does_not_release_the_key_is_refused():
    provider.named(owner, opens="passkey")
    browser, _ = provider.enters(house, "acme", sub="vera-1")
    assert refused(403, lambda: browser.post("/v1/session/key", {"username": "vera", "password": PASSWORD}))
    provider.named(owner)
    browser.post("/v1/session/key", {"username": "vera", "password": PASSWORD})


def no_subject_and_no_secret_stands_on_the_disk():
    files = [path for path in house.home.rglob("*") if path.is_file()]
    assert len(files) > 5
    for word in (b"vera-1", b"s3cret", b"nina@example.com", b"Nina New"):
        assert not [path for path in files if word in path.read_bytes()], word


def a_kill_while_the_provider_is_asked_leaves_a_sign_in_that_can_be_begun_again():
    browser, asks = provider.begun(house, "acme")
    provider.mood = "slow"
    browser.post("/v1/sso/come", {"state": asks["state"], "code": provider.code(asks, sub="vera-1"), "issuer": provider.issuer})
    time.sleep(0.3)
    house.kill("custody-jobs")
    provider.mood = None
    assert browser.post("/v1/sso/come", {"state": asks["state"]})["state"] == "waits"
    assert provider.enters(house, "acme", sub="vera-1")[1]["state"] == "in"


def custody(config, *words, given=PASSWORD + "\n"):
    """One run of the command line, signed in as `config` says; what it printed."""
    environment = {**os.environ, "CUSTODY_CONFIG": str(house.folder / config)}
    run = subprocess.run([BIN / "custody", *words], input=given, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, (words, run.stdout, run.stderr)
    return run.stdout


def the_command_line_names_it_asks_it_and_ends_ones_link():
    for who in ("owner", "vera"):
        custody(who, "login", "--url", f"https://localhost:{house.port}", "--tenant", "acme", "--username", who, "--insecure")
    named = ("sso", "set", provider.issuer, "custody", "passkey", "passphrase", "--secret")
    assert json.loads(custody("owner", *named, "--json", given=provider.secret + "\n" + PASSWORD + "\n"))["opens"] == "passkey passphrase"
    assert json.loads(custody("owner", "sso", "test", "--json"))["keys"]
    assert json.loads(custody("vera", "sso", "account", "--json"))["linked"] and "linked since" in custody("vera", "sso", "account")
    assert json.loads(custody("vera", "sso", "unlink", "--username", "vera", "--json")) == {"unlinked": "sso"}
    assert "not linked" in custody("vera", "sso", "account")
    assert denied(lambda: provider.enters(house, "acme", sub="vera-1"), "nobody here is linked")


def taken_away_nobody_comes_in_by_it():
    custody("owner", "sso", "remove", "--yes")
    assert not owner.get("/v1/sso")["issuer"]
    assert refused(404, lambda: house.nobody().post("/v1/sso/begin", {"tenant": "acme"}))
    assert {"sso.removed", "sso.unlinked", "sso.linked", "password.set"} <= logged("sso.removed")


with Provider() as provider, House(None, *provider.settings()) as house:
    owner = house.claim("acme")
    second = house.claim("second")
    vera = house.member(owner, "viewer", "vera")
    main([an_owner_names_the_provider_and_its_keys_are_fetched_at_once,
          what_is_no_provider_or_not_allowed_is_refused,
          a_linked_member_comes_in_locked_and_opens_with_the_password,
          another_persons_subject_is_nobody_and_cannot_be_linked_twice,
          a_forged_token_lets_nobody_in,
          a_sign_in_is_taken_once_and_by_the_browser_that_began_it,
          an_answer_that_was_mixed_up_with_another_providers_is_not_exchanged,
          a_token_of_another_sign_in_is_refused,
          a_provider_that_changes_its_keys_is_asked_once_a_minute,
          a_provider_that_is_down_floods_or_redirects_is_said_so_and_holds_nobody_up,
          a_slow_provider_holds_up_no_other_client,
          an_invitation_is_taken_by_single_sign_on_and_the_first_password_makes_a_key_pair,
          unknown_people_join_only_where_an_owner_lets_them,
          who_a_directory_has_provisioned_comes_in_by_what_it_knows_them_by_and_no_more_once_disabled,
          what_does_not_release_the_key_is_refused,
          no_subject_and_no_secret_stands_on_the_disk,
          a_kill_while_the_provider_is_asked_leaves_a_sign_in_that_can_be_begun_again,
          the_command_line_names_it_asks_it_and_ends_ones_link,
          taken_away_nobody_comes_in_by_it])
