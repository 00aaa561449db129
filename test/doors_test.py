#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every door with what is not for it: bodies and queries that name what is another client's, and on each door the credentials
of every other. Generated from the table of routes and the declared bodies, so that a new one is tried or the test says so."""
import http.client, re, secrets

from house import *

SOURCE = pathlib.Path(os.environ.get("CUSTODY_SOURCE", pathlib.Path(__file__).resolve().parent.parent))


def routes(door, begins):
    """Method, path, right and declared body of each route behind a door, from the table itself."""
    table = (SOURCE / "src/api/table.c").read_text()
    found = re.findall(r'\{' + door + r',\s+(\w+),\s+"(' + begins + r'[^"]*)",\s+RIGHT_(\w+),\s+(?:&(\w+)_concept|NULL),', table)
    assert found, begins
    return found


def naming_fields():
    """Of each declared body, the fields that name a thing there is."""
    texts, bodies = "".join(path.read_text() for path in sorted((SOURCE / "src/api").glob("bodies*.h"))), {}
    for name, fields in re.findall(r"#define (\w+_BODY)(?:_BEFORE|_AFTER)?\(F\) \\\n((?:.*\\\n)*.*\n)", texts):
        for kind, field, purpose in re.findall(r"F\(\d+,\s+(\w+),\s+(\w+),\s+\w+,\s+\w+,\s+(\w+)\)", fields):
            if kind in ("ID", "IDS") or kind == "TEXT" and (purpose.startswith("NAMES_THE_") or field == "device"):
                bodies.setdefault(name.lower(), set()).add(field)
    return bodies


def declared():
    """Method, path and field of whatever names a thing in a body."""
    fields = naming_fields()
    found = {(method, path, field) for begins in ("/v1/", "/operator/v1/") for method, path, _, body in routes("CONSOLE", begins)
             for field in fields.get(body, ())}
    assert len(found) > 15, found
    return found


class Door:
    """One port, with whatever is shown there, over one connection that is kept."""

    def __init__(self, house, port, certificate=None, **headers):
        self.port, self.headers, self.connection, self.context = port, headers, None, house.trust()
        if certificate:
            self.context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")

    def status(self, method, path, body=None):
        """Of the answer; "invalid" where an osquery is told that its key is; 0 where the connection is not taken."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body)
        for connection in (self.connection, None):
            self.connection = connection or http.client.HTTPSConnection("localhost", self.port, timeout=20, context=self.context)
            try:
                self.connection.request(method, path, data, {**self.headers, **({"Content-Type": "application/json"} if data else {})})
                answer = self.connection.getresponse()
                text, status = answer.read(), answer.status
                self.connection = None if answer.will_close else self.connection
                return "invalid" if b'"node_invalid":true' in text else status
            except (http.client.HTTPException, OSError):
                self.connection = None
        return 0


def id_text(prefix, id):
    return prefix + "_" + base64.b32encode(id).decode().lower().rstrip("=")


def things_of(house, owner):
    """One of everything that a body or a query names."""
    endpoint, person = house.enrol(owner), secrets.token_bytes(16)
    endpoint.accounts([person])
    endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")]),
                        item(ACCOUNT, person, person, [account(person, "zq-person")])])
    member = house.member(owner, "approver", "approver")
    return {"endpoint": endpoint, "device": endpoint.name, "account": id_text("acc", person), "member": member.id,
            "tenant": owner.get("/v1/session")["tenant"]["id"], "snapshot": taken(owner)["id"],
            "group": owner.post("/v1/groups", {"name": "zq-group", "members": [member.id]})["id"],
            "access": owner.post("/v1/subject-access", {"regime": "gdpr", "received": moment(), "user": member.id})["id"],
            "passkey": passkey_of(owner)["id"]}


ONE = {"longest_minutes": 60, "first_need": 1, "first_members": []}
SUPPORT = {"case": "c", "reason": "restore", "words": "w", "acts": "restore", "minutes": 5}


def bodies(own, its):
    """What names a thing in a body: of whom each is asked ("owner" or "staff"), and the body with `its` thing in that field.
    Whatever else is in it is one's own."""
    return {
        ("POST", "/v1/holds", "target"): ("owner", {"target": its["device"], "case": "c", "reason": "w"}),
        ("POST", "/v1/people/look", "accounts"): ("owner", {"accounts": [its["account"]]}),
        ("POST", "/v1/people/look", "member"): ("owner", {"accounts": [], "member": its["member"]}),
        ("POST", "/v1/people/forget", "accounts"): ("owner", {"accounts": [its["account"]], "typed": "zq-person", "password": PASSWORD, "mentions": 0}),
        ("POST", "/v1/people/forget", "member"): ("owner", {"accounts": [], "typed": "Approver", "password": PASSWORD, "mentions": 0, "member": its["member"]}),
        ("POST", "/v1/invitations", "user"): ("owner", {"role": "viewer", "days": 1, "user": its["member"]}),
        ("PUT", "/v1/process", "first_members"): ("owner", {**ONE, "first_members": [its["member"]]}),
        ("PUT", "/v1/process", "second_members"): ("owner", {**ONE, "second_need": 1, "second_members": [its["member"]]}),
        ("PUT", "/v1/process", "third_members"): ("owner", {**ONE, "second_need": 1, "third_need": 1, "third_members": [its["member"]]}),
        ("PUT", "/v1/process", "first_groups"): ("owner", {**ONE, "first_groups": [its["group"]]}),
        ("PUT", "/v1/process", "second_groups"): ("owner", {**ONE, "second_need": 1, "second_groups": [its["group"]]}),
        ("PUT", "/v1/process", "third_groups"): ("owner", {**ONE, "second_need": 1, "third_need": 1, "third_groups": [its["group"]]}),
        ("POST", "/v1/groups", "members"): ("owner", {"name": "new " + its["group"], "members": [its["member"]]}),
        ("PUT", "/v1/groups/{id}", "members"): ("owner", {"name": "again", "members": [its["member"]]}),
        ("POST", "/v1/recovery", "guardians"): ("owner", {"password": PASSWORD, "need": 2, "guardians": [own["owner"], its["member"]]}),
        ("POST", "/v1/subject-access", "account"): ("owner", {"regime": "gdpr", "received": moment(), "account": [its["account"]]}),
        ("POST", "/v1/subject-access", "user"): ("owner", {"regime": "gdpr", "received": moment(), "user": its["member"]}),
        ("POST", "/v1/exports", "request"): ("owner", {"typed": own["name"], "request": its["access"], "recipient": own["recipient"]}),
        ("POST", "/v1/snapshots/{id}/restore", "device"): ("owner", {"device": its["device"]}),
        ("POST", "/operator/v1/requests", "devices"): ("staff", {**SUPPORT, "client": own["tenant"], "devices": [its["device"]]}),
        ("POST", "/operator/v1/requests/{id}/devices/{device}/restore", "snapshot"): ("staff", {"snapshot": its["snapshot"]}),
    }


# Staff name whichever client they like; a challenge, a code or a release names what is looked at when it is shown.
ELSEWHERE = {("POST", "/operator/v1/requests", "client"), ("POST", "/operator/v1/orders", "target"), ("POST", "/v1/elevations/code", "shown"),
             ("POST", "/v1/keeper/releases", "session"),
             *[("POST", begins + "/v1/passkeys/challenge", field) for begins in ("", "/operator") for field in ("passkey", "target")]}


def recipient_of(house):
    identity = house.folder / "identity"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    return subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()


def status_of(who, method, path, body):
    """404 also where nothing is found: the answer is without what the things are called."""
    try:
        answer = who.ask(method, path, body)
    except Refused as refusal:
        return refusal.status
    finds = path != "/v1/people/look" or any(name in str(answer) for name in ("zq-person", "Approver"))
    return 200 if finds else 404


def what_a_body_names_of_another_client_is_refused_and_ones_own_is_not_missed():
    owner, other, staff = house.claim("one"), house.claim("two"), house.staff()
    own, its = things_of(house, owner), things_of(house, other)
    house.member(owner, "approver", "third")  # a process of three levels needs three people
    own |= {"owner": owner.get("/v1/session")["user"]["id"], "name": "one", "recipient": recipient_of(house)}
    owner.put("/v1/break-glass", {"recipient": own["recipient"]})
    request = staff.post("/operator/v1/requests", {**SUPPORT, "client": own["tenant"], "devices": [own["device"]]})["id"]
    owner.post(f"/v1/requests/{request}/approve", None)
    ids = {"/v1/groups/": own["group"], "/v1/snapshots/": own["snapshot"], "/operator/v1/requests/": request}
    foreign, mine = bodies(own, its), bodies(own, own)
    assert declared() - ELSEWHERE == set(foreign), declared() - ELSEWHERE ^ set(foreign)

    def asked(key, who, body):
        id = next((id for begins, id in ids.items() if key[1].startswith(begins)), "")
        return status_of({"owner": owner, "staff": staff}[who], key[0], key[1].replace("{id}", id).replace("{device}", own["device"]), body)
    for key, (who, body) in foreign.items():
        status = asked(key, who, body)
        assert status in (400, 404), (key, status)
    for key in sorted(mine, key=lambda key: ("forget" in key[1], key)):
        status = asked(key, *mine[key])
        assert status in (200, 409), (key, status)
    assert other.get("/v1/devices/" + its["device"])["accounts"][0]["name"] == "zq-person"


def what_a_query_names_of_another_client_finds_nothing():
    owner, other = house.claim("asks"), house.claim("asked")
    its = things_of(house, other)
    for query in (f"/v1/launches?device={its['device']}", f"/v1/launches?account={its['account']}", f"/v1/log?on={its['device']}",
                  f"/v1/log?by={its['member']}", "/v1/devices?name=zq-name", f"/v1/devices?cursor={its['device']}"):
        try:
            assert owner.get(query)["items"] == [], query
        except Refused as refusal:
            assert refusal.status in (400, 404), (query, refusal)


def every_door_refuses_what_is_shown_at_the_others():
    owner, other, staff = house.claim("here"), house.claim("there"), house.staff("doors")
    endpoint, foreign = house.enrol(owner), house.enrol(other)
    scim = {client: client.post("/v1/tokens", {"name": "scim", "scope": "scim", "days": 1})["token"] for client in (owner, other)}
    keeper = owner.post("/v1/tokens", {"name": "keeper", "scope": "keeper", "days": 1})["token"]
    key = owner.post("/v1/deployment-keys", {"name": "k", "uses": 5, "days": 1})["key"]
    bearers = {"an owner": owner.headers["Cookie"].split("=", 1)[1], "one of staff": staff.headers["Cookie"].split("=", 1)[1],
               "a directory": scim[owner], "a keeper": keeper}
    asking = {name: Door(house, house.port, Authorization="Bearer " + bearer) for name, bearer in bearers.items()}
    asking |= {"nobody": Door(house, house.port), "an endpoint": Door(house, house.port, endpoint.folder),
               "an owner's cookie": Door(house, house.port, Cookie=owner.headers["Cookie"]), "a deployment key": Door(house, house.port, Authorization="Bearer " + key)}
    at_agents = {name: Door(house, house.port + 1, **door.headers) for name, door in asking.items()}

    def real(path):
        return re.sub(r"\{\w+\}", "grp_" + "a" * 26, path)
    for method, path, _, _ in routes("AGENT", "/agent/v1/"):
        for name, door in at_agents.items():
            assert door.status(method, real(path), b"") in (0, 401, 403), (method, path, name, "without a certificate")
        for name, door in asking.items():
            assert door.status(method, real(path), b"") in (401, 403, 404), (method, path, name, "at the console's door")
    inside = Door(house, house.port + 1, endpoint.folder, Cookie=owner.headers["Cookie"])
    for method, path, right, _ in routes("CONSOLE", "/v1/") + routes("CONSOLE", "/operator/v1/") + routes("CONSOLE", "/scim/v2/"):
        if right != "NONE":
            status = inside.status(method, real(path), None if method in ("GET", "DELETE") else {})
            assert status in (401, 403, 404), (method, path, "at the agents' door", status)
    for method, path, right, _ in routes("CONSOLE", "/scim/v2/"):
        for name, door in asking.items():
            status = door.status(method, real(path), {} if method not in ("GET", "DELETE") else None)
            assert status in (401, 403) or name == "a directory" and status not in (401, 403), (method, path, name, status)
    for method, path, right, _ in routes("CONSOLE", "/foreign/v1/"):
        for name, door in asking.items() if right == "FOREIGN" else ():
            assert door.status(method, real(path), {"node_key": bearers.get(name, "")}) in ("invalid", 400, 401, 403), (method, path, name)
    elevation = asked_by(endpoint)
    refused(404, lambda: foreign.get("/agent/v1/elevations/" + elevation))
    assert endpoint.get("/agent/v1/elevations/" + elevation) is not None


def asked_by(endpoint):
    id, account = secrets.token_bytes(16), secrets.token_bytes(16)
    endpoint.accounts([account])
    endpoint.post("/agent/v1/elevations", field(1, field(1, id) + field(2, account) + field(3, 1) + field(4, int(time.time() * 1000)) +
                                                field(5, 5) + field(6, "open") + field(8, "/usr/bin/id")))
    return id_text("elv", id)


def a_directory_and_a_foreign_agent_reach_nothing_of_another_client():
    owner, other = house.claim("mine"), house.claim("theirs")
    directory, theirs = (directory_of(client) for client in (owner, other))
    made = theirs.ask("POST", "/scim/v2/Users", {"userName": "zq", "externalId": "zq", "name": {"formatted": "Z Q"}, "emails": [{"value": "z@example.com"}]})["id"]
    group = theirs.ask("POST", "/scim/v2/Groups", {"displayName": "zq", "members": [{"value": made}]})["id"]
    for path in ("/scim/v2/Users/" + made, "/scim/v2/Groups/" + group):
        for method, body in (("GET", None), ("PUT", {"userName": "x", "displayName": "x"}), ("DELETE", None),
                             ("PATCH", {"Operations": [{"op": "replace", "value": {"displayName": "x"}}]})):
            assert status_of(directory, method, path, body) in (400, 404), (method, path)
    assert directory.ask("GET", "/scim/v2/Users?filter=userName%20eq%20%22zq%22")["totalResults"] == 0
    assert status_of(directory, "POST", "/scim/v2/Groups", {"displayName": "new", "members": [{"value": made}]}) == 400
    assert theirs.ask("GET", "/scim/v2/Groups/" + group)["members"][0]["value"] == made
    keys = [client.post("/v1/deployment-keys", {"name": "f", "uses": 2, "days": 1})["key"] for client in (owner, other)]
    door = Door(house, house.port)
    preflight = {"hostname": "zq-mac", "serial_num": "S", "os_version": "14", "os_build": "1", "santa_version": "2025.1", "primary_user": "", "client_mode": "MONITOR"}
    assert door.status("POST", f"/foreign/v1/santa/{keys[0]}/preflight/zq-machine", preflight) == 200
    for path in ("eventupload", "ruledownload", "postflight"):
        assert door.status("POST", f"/foreign/v1/santa/{keys[0]}/{path}/zq-machine", {}) not in (401, 403), path
        assert door.status("POST", f"/foreign/v1/santa/{keys[1]}/{path}/zq-machine", {}) == 403, path


def directory_of(client):
    token = client.post("/v1/tokens", {"name": "scim", "scope": "scim", "days": 1})["token"]
    return Client(house, {"Authorization": "Bearer " + token})


with House(None, "--webhook-ports", "443") as house:
    main([what_a_body_names_of_another_client_is_refused_and_ones_own_is_not_missed, what_a_query_names_of_another_client_finds_nothing,
          every_door_refuses_what_is_shown_at_the_others, a_directory_and_a_foreign_agent_reach_nothing_of_another_client])
