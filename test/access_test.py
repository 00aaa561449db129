#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may open what, over the real service."""
import os, pathlib, re, secrets, time

from house import *


def what_an_endpoint_sends_is_opened_by_its_owner_and_by_nobody_else():
    with House() as house:
        owner, other = house.claim("one"), house.claim("two")
        endpoint = house.enrol(owner)
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")]),
                            item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2")])])
        assert [device["name"] for device in owner.get("/v1/devices")["items"]] == ["zq-name"]
        whole = owner.get("/v1/devices/" + endpoint.name)
        assert whole["programs"] == [{"name": "bash", "version": "5.2"}]
        assert [address["connected_from"] for address in whole["addresses"]] == ["127.0.0.1"]
        assert other.get("/v1/devices") == {"items": [], "next": None}
        refused(404, lambda: other.get("/v1/devices/" + endpoint.name))
        refused(404, lambda: other.delete("/v1/devices/" + endpoint.name))
        refused(401, lambda: house.nobody().get("/v1/devices"))


def signing_in_opens_and_signing_out_ends():
    with House() as house:
        house.claim("one")
        person = house.sign_in("one", "OWNER")
        cookie = dict(person.headers)
        assert person.get("/v1/session")["user"]["full_name"] == "First Owner"
        person.delete("/v1/session")
        refused(401, lambda: Client(house, cookie).get("/v1/devices"))
        refused(401, lambda: house.sign_in("one", password="not the pass phrase"))
        refused(401, lambda: house.sign_in("none"))


def a_session_and_its_key_outlive_a_restart_of_the_service():
    with House() as house:
        owner = house.claim("one")
        endpoint = house.enrol(owner)
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")])])
        house.kill("custody-keys")
        assert owner.get("/v1/devices")["items"][0]["name"] == "zq-name"
        house.kill("custody-web")
        assert owner.get("/v1/devices")["items"][0]["name"] == "zq-name"


def the_recovery_kit_brings_a_locked_out_owner_back():
    with House() as house:
        owner = house.claim("one")
        endpoint = house.enrol(owner)
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")])])
        back = house.nobody()
        ask = {"tenant": "one", "kit": owner.kit.lower().replace("-", " "), "username": "owner", "password": "another pass phrase"}
        refused(401, lambda: back.post("/v1/recover", {**ask, "username": "nobody"}))
        back.post("/v1/recover", ask)
        assert back.get("/v1/devices")["items"][0]["name"] == "zq-name"
        refused(401, lambda: owner.get("/v1/devices"))
        refused(401, lambda: house.sign_in("one"))
        assert house.sign_in("one", password="another pass phrase").get("/v1/session")["role"] == "owner"


def set_up_is_not_finished_before_the_kit_was_typed_back():
    with House() as house:
        claim = house.operator("POST", "/operator/v1/tenants", {"name": "one"})["claim"]
        body = {"claim": claim, "username": "owner", "full_name": "O", "email": "o@example.com", "password": PASSWORD}
        refused(400, lambda: house.nobody().post("/v1/claim", {**body, "password": "short"}))
        owner = house.nobody()
        kit = owner.post("/v1/claim", body)["kit"]
        assert owner.get("/v1/session")["tenant"]["state"] == "kit"
        refused(400, lambda: owner.post("/v1/claim/kit", {"kit": kit[:-1] + ("2" if kit[-1] != "2" else "3")}))
        owner.post("/v1/claim/kit", {"kit": kit})
        assert owner.get("/v1/session")["tenant"]["state"] == "open"
        refused(403, lambda: house.nobody().post("/v1/claim", body))


def a_token_opens_what_its_role_may_and_ends_when_revoked():
    with House() as house:
        owner = house.claim("one")
        endpoint = house.enrol(owner)
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")])])
        made = owner.post("/v1/tokens", {"name": "reader", "role": "viewer", "days": 1})
        program = Client(house, {"Authorization": "Bearer " + made["token"]})
        assert program.get("/v1/devices")["items"][0]["name"] == "zq-name"
        assert program.get("/v1/session")["user"] is None
        refused(403, lambda: program.delete("/v1/devices/" + endpoint.name))
        refused(403, lambda: program.post("/v1/tokens", {"name": "more", "role": "viewer", "days": 1}))
        assert [token["name"] for token in owner.get("/v1/tokens")["items"]] == ["reader"]
        owner.delete("/v1/tokens/" + made["id"])
        refused(401, lambda: program.get("/v1/devices"))


SOURCE = pathlib.Path(os.environ.get("CUSTODY_SOURCE", pathlib.Path(__file__).resolve().parent.parent))


def routes(folder):
    """Method, path and right of each route of the console's door, from the table itself; what signs out comes last."""
    table = (SOURCE / "src/api/table.c").read_text()
    found = re.findall(r'\{CONSOLE,\s+(\w+),\s+"(' + folder + r'/v1/[^"]*)",\s+RIGHT_(\w+),', table)
    assert len(found) > 20
    return sorted((route for route in found if route[2] != "NONE"), key=lambda route: route[1].endswith("/v1/session") and route[0] == "DELETE")


def rights():
    """What each role may, from the table itself."""
    text = (SOURCE / "src/keyring/rights.c").read_text()
    names = re.findall(r"RIGHT_(\w+),", (SOURCE / "src/keyring/rights.h").read_text())[:-1] # without RIGHT_COUNT
    return {role: {name for name, may in zip(names, re.findall("true|false", row)) if may == "true"}
            for role, row in re.findall(r'\{"(\w+)",\s+\{([^}]*)\}', text)}


class Kept(Client):
    """The same over one connection that is kept, as long as the service keeps it: thousands of requests in a row."""
    connection = None

    def ask(self, method, path, body=None):
        self.connection = self.connection or http.client.HTTPSConnection("localhost", self.house.port, timeout=60, context=self.house.trust())
        headers = {**self.headers, **({"Content-Type": "application/json"} if body is not None else {})}
        try:
            self.connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self.connection.getresponse()
        except (http.client.HTTPException, ConnectionError):
            self.connection = None
            return super().ask(method, path, body)
        if answer.will_close:
            self.connection = None
        return unwrap(answer)


def status_of(who, method, path):
    body = {"password": PASSWORD} if path.startswith("/v1/signers/") or path.endswith("/approve") and "elevations" in path else {}
    body = {"role": "viewer"} if path.endswith("/role") else body
    body = {"username": "owner", "password": PASSWORD} if "/passkeys/" in path and path.endswith("/remove") else body
    if method == "PUT" and path.startswith(("/v1/tokens/", "/v1/deployment-keys/")):
        body = {"name": "another name"}
    if path.startswith("/v1/groups/"):
        body = {"name": "another", "members": []}
    if path.startswith("/v1/snapshots/") and path.endswith("/copy"):
        body = {"code": "ccp_none"}
    if path.startswith("/v1/copies/") and path.endswith("/give"):
        body = {"typed": "empty", "password": PASSWORD}
    if "/keepers/" in path and method == "POST":
        body = {"fingerprint": "0", "releases": False, "password": PASSWORD}
    try:
        who.ask(method, path, body if method in ("POST", "PUT", "PATCH") else None)
    except Refused as refusal:
        return refusal.status
    return 200


def bearing(house, client):
    """The same session, shown as a program shows it: so no door can say that it looked for another cookie."""
    return Kept(house, {"Authorization": "Bearer " + client.headers["Cookie"].split("=", 1)[1]})


def kept(house, client):
    return Kept(house, dict(client.headers))


def everybody(house, owner):
    """Each role as a person, and each that a program may have as a token too: name, role, who asks."""
    people = [(role, role, kept(house, house.member(owner, role, "the-" + role))) for role in rights() if role not in ("staff", "program", "owner")]
    tokens = [(role + "'s token", role, Kept(house, {"Authorization": "Bearer " + owner.post(
        "/v1/tokens", {"name": role, "role": role, "days": 1})["token"]})) for role in ("administrator", "auditor", "viewer")]
    return [("owner", "owner", kept(house, house.member(owner, "owner", "the-owner")))] + people + tokens


def asked_for_an_elevation(endpoint):
    id, account = secrets.token_bytes(16), secrets.token_bytes(16)
    endpoint.accounts([account])
    endpoint.post("/agent/v1/elevations", field(1, field(1, id) + field(2, account) + field(3, 1) + field(4, int(time.time() * 1000)) +
                                                field(5, 5) + field(6, "open") + field(8, "/usr/bin/id")))
    return "elv_" + base64.b32encode(id).decode().lower().rstrip("=")


def told_of_something(owner):
    owner.put("/v1/notices", {"addresses": "ops@example.com"})
    return owner.post("/v1/notices/test", None)["items"][0]["id"]


def snapshot_of(owner):
    owner.post("/v1/snapshots", {})
    for _ in range(300):
        taken = owner.get("/v1/snapshots")["items"]
        if taken:
            return taken[0]["id"]
        time.sleep(0.1)
    raise AssertionError("no snapshot was taken")


def copy_of(house, owner, snapshot):
    """A copy that is being counted, for an organisation that holds nothing."""
    code = house.claim("empty").post("/v1/copies", None)["code"]
    return owner.post(f"/v1/snapshots/{snapshot}/copy", {"code": code})["id"]


def forgotten_somebody(owner, endpoint):
    person = secrets.token_bytes(16)
    endpoint.accounts([person])
    endpoint.report(1, [item(ACCOUNT, person, person, [account(person, "gone")])])
    id = "acc_" + base64.b32encode(person).decode().lower().rstrip("=")
    return owner.post("/v1/people/forget", {"accounts": [id], "typed": "gone", "password": PASSWORD, "mentions": 0})["id"]


def exported(house, owner):
    """An export whose archive is made."""
    identity = house.folder / "identity"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    recipient = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    owner.put("/v1/break-glass", {"recipient": recipient})
    export = owner.post("/v1/exports", {"typed": owner.get("/v1/session")["tenant"]["name"]})
    assert b"event: end" in owner.post(f"/v1/exports/{export['id']}/archive", {"ticket": export["ticket"]})
    return export["id"]


def keeper_of(house, owner):
    """A keeper that waits to be approved."""
    made = owner.post("/v1/tokens", {"name": "keeper", "scope": "keeper", "days": 1})
    program = Client(house, {"Authorization": "Bearer " + made["token"]})
    return program.post("/v1/keeper", {"public": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")})["id"]


def given_one_of_each(house, owner, staff, endpoint):
    """One of everything that has an id, by the path that names it."""
    tenant = owner.get("/v1/session")["tenant"]["id"]
    request = staff.post("/operator/v1/requests", {"client": tenant, "case": "c", "reason": "audit", "words": "w", "acts": "open",
                                                   "minutes": 1, "devices": [endpoint.name]})["id"]
    policy = {"files": [{"name": "90-default.rules", "text": "default observe\n"}], "days": 1, "password": PASSWORD}
    seated, snapshot = house.member(owner, "viewer", "seated").id, snapshot_of(owner)
    return {
        "/v1/sessions/{id}": next(one["id"] for one in owner.get("/v1/sessions")["items"] if one["member"] == seated),
        "/v1/passkeys/{id}": passkey_of(owner)["id"],
        "/v1/elevations/{id}": asked_for_an_elevation(endpoint),
        "/v1/people/forgotten/{id}": forgotten_somebody(owner, endpoint),
        "/v1/policies/{id}": str(owner.post("/v1/policies", policy)["number"]),
        "/v1/signers/{id}": house.member(owner, "owner", "signer").id,
        "/v1/devices/{id}": endpoint.name,
        "/v1/members/{id}": house.member(owner, "auditor").id,
        "/v1/requests/{id}": request,
        "/v1/groups/{id}": owner.post("/v1/groups", {"name": "g", "members": []})["id"],
        "/v1/keepers/{id}": keeper_of(house, owner),
        "/v1/tokens/{id}": owner.post("/v1/tokens", {"name": "t", "role": "viewer", "days": 1})["id"],
        "/v1/deployment-keys/{id}": owner.post("/v1/deployment-keys", {"name": "k", "uses": 1, "days": 1})["id"],
        "/v1/notices/{id}": told_of_something(owner),
        "/v1/webhooks/{id}": owner.post("/v1/webhooks", {"url": "https://localhost/"})["id"],
        "/v1/snapshots/{id}": snapshot,
        "/v1/copies/{id}": copy_of(house, owner, snapshot),
        "/v1/exports/{id}": exported(house, owner),
        "/v1/subject-access/{id}": owner.post("/v1/subject-access", {
            "regime": "gdpr", "received": moment(), "user": house.member(owner, "viewer", "subject").id})["id"],
        "/v1/invitations/{id}": owner.post("/v1/invitations", {"role": "viewer", "days": 1})["id"],
        "/v1/holds/{id}": owner.post("/v1/holds", {"target": endpoint.name, "case": "c", "reason": "w"})["id"],
        "/v1/erasure/{id}": owner.post("/v1/erasure", {"typed": "one", "password": PASSWORD})["id"],
        "/v1/held/{id}": endpoint.name,
        "/operator/v1/requests/{id}": request,
        "/operator/v1/passkeys/{id}": passkey_of(staff, username="support", door="/operator/v1")["id"],
    }


def real(path, made):
    """Which of them the path names, and the path with its ids."""
    pattern = next((known for known in made if path.startswith(known)), None)
    whole = path.replace("{id}", made[pattern]) if pattern else path.replace("{seq}", "0")
    return pattern, whole.replace("{device}", made["/v1/devices/{id}"])


def unknown(path):
    """Asked of nothing there is; of what would go on for ever it is refused too."""
    if path.endswith("/live"):
        return path + "?device=none"
    return re.sub(r"\{\w+\}", "dev_" + "a" * 26, path)


def every_route_is_tried_by_every_role_by_nobody_and_by_another_client():
    with House(None, "--webhook-ports", "443") as house:
        owner, other, allowed, staff = house.claim("one"), house.claim("two"), rights(), house.staff()
        endpoint = house.enrol(owner)
        made, asking, outsider = given_one_of_each(house, owner, staff, endpoint), everybody(house, owner), bearing(house, staff)
        theirs = [("the other's " + name, role, client) for name, role, client in everybody(house, other)]
        staff, others, nobody = kept(house, staff), kept(house, other), Kept(house)
        missing = {path: re.sub(r"\w{26}$", "a" * 26, id) if "_" in id else "999999" for path, id in made.items()}
        assert {role for _, role, _ in asking} == set(allowed) - {"staff", "program"} and len(asking) == len(allowed) - 2 + 3
        for method, path, right in routes(""):
            pattern, whole = real(path, made)
            assert pattern or "{id}" not in path, path
            assert status_of(nobody, method, whole) == 401, (method, path)
            assert (status_of(staff, method, whole), status_of(outsider, method, whole)) == (401, 403), (method, path, "staff")
            for name, role, client in asking:
                status = status_of(client, method, unknown(path))
                assert status != 401 and (status == 403) == (right not in allowed[role]), (method, path, name, status)
            for name, role, client in theirs if pattern else []:
                status, nothing = status_of(client, method, whole), status_of(client, method, real(path, missing)[1])
                assert status == nothing and (status == 403 if right not in allowed[role] else status in (400, 404, 423) or status == 403 and name.endswith("token")), (method, path, name, status, nothing)
            assert not pattern or status_of(others, method, whole) == 404, (method, path, "another client")
        assert [device["state"] for device in owner.get("/v1/devices")["items"]] == ["approved"]
        assert owner.get(f"/v1/requests/{made['/v1/requests/{id}']}")["state"] == "open"
        for kind in ("tokens", "deployment-keys", "members", "invitations"):
            assert made[f"/v1/{kind}/{{id}}"] in [one["id"] for one in owner.get("/v1/" + kind)["items"]], kind


def every_route_of_staff_is_tried_by_every_member_by_nobody_and_by_others_of_staff():
    with House(None, "--webhook-ports", "443") as house:
        owner, staff, other = house.claim("one"), house.staff(), house.staff("other")
        lapsed = house.joined_staff("lapsed")
        endpoint = house.enrol(owner)
        made, asking = given_one_of_each(house, owner, staff, endpoint), everybody(house, owner)
        members = [(name, bearing(house, client) if "Cookie" in client.headers else client) for name, _, client in asking]
        owner_, staff_, other_, nobody = (kept(house, client) for client in (owner, staff, other, house.nobody()))
        for method, path, right in routes("/operator"):
            pattern, whole = real(path, made)
            assert right == "STAFF", path
            assert status_of(nobody, method, whole) == status_of(owner_, method, whole) == 401, (method, path)
            for name, client in members:
                assert status_of(client, method, whole) == 403, (method, path, name)
            assert status_of(staff_, method, unknown(path)) in (200, 400, 404), (method, path)
            if pattern:
                assert status_of(other_, method, whole) == 404, (method, path, "another of staff")
        refused(403, lambda: house.staff_sign_in("lapsed"))
        assert not lapsed["current"] and owner.get(f"/v1/requests/{made['/v1/requests/{id}']}")["state"] == "open"


def scopes():
    """What each scope reaches, from the table itself: method and path, * for whatever follows."""
    text = (SOURCE / "src/keyring/scopes.c").read_text()
    table = text[:text.index("scope_at")]
    return {name: re.findall(r'"((?:GET|POST|PUT|PATCH|DELETE|\\*) /[^"]*)"', row)
            for name, row in re.findall(r'\{\d+, "([\w:]+)",(.*?)\}\},', table, re.S)}


def reaches(patterns, method, path):
    return (method, path) == ("GET", "/v1/session") or any(
        f"{method} {path}" == pattern or pattern.endswith("*") and f"{method} {path}".startswith(pattern[:-1]) for pattern in patterns)


def every_route_is_tried_with_every_scope():
    with House(None, "--webhook-ports", "443") as house:
        owner, table = house.claim("one"), scopes()
        assert len(table) == len(owner.get("/v1/scopes")["items"]) >= 9
        known = {f"{method} {path}" for method, path, _ in routes("")}
        assert all(pattern.endswith("*") or pattern in known for patterns in table.values() for pattern in patterns)
        for scope, patterns in table.items():
            made = owner.post("/v1/tokens", {"name": scope, "scope": scope, "days": 1, "typed": "one"})
            program = Kept(house, {"Authorization": "Bearer " + made["token"]})
            for method, path, right in routes("") + routes("/operator"):
                status = status_of(program, method, unknown(path))
                assert status != 401 and (status == 403) != reaches(patterns, method, path), (scope, method, path, status)
            shown = next(token for token in owner.get("/v1/tokens")["items"] if token["id"] == made["id"])
            assert shown["scope"] == scope and shown["used"] and shown["by"] == owner.get("/v1/session")["user"]["id"]
        refused(400, lambda: owner.post("/v1/tokens", {"name": "x", "scope": "export", "days": 1}))
        refused(400, lambda: owner.post("/v1/tokens", {"name": "x", "scope": "scim", "role": "viewer", "days": 1}))


def an_auditors_token_sees_the_log_and_holds_no_key():
    with House() as house:
        owner = house.claim("one")
        endpoint = house.enrol(owner)
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")])])
        made = owner.post("/v1/tokens", {"name": "auditor", "role": "auditor", "days": 1})
        auditor = Client(house, {"Authorization": "Bearer " + made["token"]})
        time.sleep(1)
        assert auditor.get("/v1/log")["items"][0]["act"] == "token.made"
        assert auditor.get("/v1/prove")["promises"][1]["state"] == "kept"
        refused(403, lambda: auditor.get("/v1/devices"))
        refused(403, lambda: auditor.get("/v1/devices/" + endpoint.name))
        forged = made["token"][:-4] + ("AAAA" if made["token"][-4:] != "AAAA" else "BBBB")
        refused(401, lambda: Client(house, {"Authorization": "Bearer " + forged}).get("/v1/log"))


def a_removed_device_is_gone_and_its_certificate_refused():
    with House() as house:
        owner = house.claim("one")
        endpoint = house.enrol(owner)
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")])])
        owner.delete("/v1/devices/" + endpoint.name)
        assert owner.get("/v1/devices")["items"] == []
        refused(404, lambda: owner.get("/v1/devices/" + endpoint.name))
        refused(403, lambda: endpoint.report(2, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "again")])]))
        assert owner.get("/v1/devices")["items"] == []


def devices_are_filtered_sorted_paged_and_exported_over_all_pages():
    with House() as house:
        owner = house.claim("one")
        key = owner.post("/v1/deployment-keys", {"name": "many", "uses": 9, "days": 1})["key"]
        for name in ("beta", "Alpha", "gamma \u00e9", "=1+1"):
            house.enrol(owner, key, name)

        def listed(query):
            return [device["name"] for device in owner.get("/v1/devices?" + query)["items"]]
        assert listed("sort=name") == ["=1+1", "Alpha", "beta", "gamma \u00e9"]
        assert listed("sort=-name&limit=2") == ["gamma \u00e9", "beta"]
        assert listed("sort=enrolled") == ["beta", "Alpha", "gamma \u00e9", "=1+1"]
        assert listed("name=A%20%C3%A9") == ["gamma \u00e9"] and listed("name=ET") == ["beta"] and listed("name=zz") == []
        assert listed("state=pending") == [] and len(listed("state=approved")) == 4
        first = owner.get("/v1/devices?sort=name&limit=3")
        second = owner.get("/v1/devices?sort=name&limit=3&cursor=" + first["next"])
        assert [device["name"] for device in second["items"]] == ["gamma \u00e9"] and second["next"] is None
        owner.headers["Accept"] = "text/csv"
        csv = owner.get("/v1/devices?sort=name&limit=1").decode().split("\r\n")
        assert csv[0] == "id,name,state,enrolled,seen" and len(csv) == 6
        assert csv[1].split(",")[1] == '"\'=1+1"' and csv[2].split(",")[1:3] == ['"Alpha"', "approved"]
        del owner.headers["Accept"]
        refused(400, lambda: owner.get("/v1/devices?sort=colour"))
        refused(400, lambda: owner.get("/v1/devices?state=lost"))
        refused(400, lambda: owner.get("/v1/devices?name=%zz"))


main([devices_are_filtered_sorted_paged_and_exported_over_all_pages, what_an_endpoint_sends_is_opened_by_its_owner_and_by_nobody_else, signing_in_opens_and_signing_out_ends,
      a_session_and_its_key_outlive_a_restart_of_the_service, the_recovery_kit_brings_a_locked_out_owner_back,
      set_up_is_not_finished_before_the_kit_was_typed_back, a_token_opens_what_its_role_may_and_ends_when_revoked,
      every_route_is_tried_by_every_role_by_nobody_and_by_another_client,
      every_route_of_staff_is_tried_by_every_member_by_nobody_and_by_others_of_staff,
      every_route_is_tried_with_every_scope,
      an_auditors_token_sees_the_log_and_holds_no_key, a_removed_device_is_gone_and_its_certificate_refused])
