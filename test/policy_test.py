#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signed policies, from who signs them to what an endpoint obeys; and a service that somebody has broken into.

Notes are taken apart, verified and forged here by openssl, so that no fault of the product's own hides behind itself."""
import hashlib, sqlite3

from house import *

AGENT, CUSTODY = BIN / "custody-agent", BIN / "custody"
RULES = [{"name": "20-tools.rules", "text": "deny user=people : path=/opt/tools/**\n"},
         {"name": "90-default.rules", "text": "default observe\n"}]
ED25519 = bytes.fromhex("302a300506032b6570032100"), bytes.fromhex("302e020100300506032b657004220420") # SPKI, PKCS #8


def publish(client, password=PASSWORD, days=30, files=RULES):
    return client.post("/v1/policies", {"files": files, "days": days, "password": password})


def openssl(folder, der, *arguments):
    (folder / "key.der").write_bytes(der)
    return subprocess.run(["openssl", "pkeyutl", *arguments, "-keyform", "DER", "-inkey", folder / "key.der", "-rawin"],
                          capture_output=True)


def parts(key):
    """Name, id and bytes of a note key's text, secret or not."""
    name, id, data = key.strip().removeprefix("PRIVATE+KEY+").split("+", 2)
    assert base64.b64decode(data)[0] == 1
    return name, bytes.fromhex(id), base64.b64decode(data)[1:]


def verifies(folder, note, key):
    name, id, public = parts(key)
    text, signature = note.encode().rsplit(b"\n\n", 1)
    data = base64.b64decode(signature.decode().split()[-1])
    (folder / "text").write_bytes(text + b"\n"), (folder / "signature").write_bytes(data[4:])
    assert signature.decode() == f"— {name} {base64.b64encode(data).decode()}\n" and data[:4] == id
    return openssl(folder, ED25519[0] + public, "-verify", "-pubin", "-in", folder / "text", "-sigfile", folder / "signature").returncode == 0


def signed(folder, key, text):
    name, id, seed = parts(key)
    (folder / "text").write_bytes(text.encode())
    done = openssl(folder, ED25519[1] + seed, "-sign", "-in", folder / "text")
    assert done.returncode == 0, done.stderr
    return f"{text}\n— {name} {base64.b64encode(id + done.stdout).decode()}\n"


def policy(tenant, number, days=30, made=-3600, files=RULES):
    body = "".join(f"file {len(file['text'].encode())} {file['name']}\n{file['text']}" for file in files)
    return (f"custody policy\ntenant {tenant}\nnumber {number}\nmade {moment(made)}\nuntil {moment(made + days * 86400)}\n{body}")


def key_off_the_service(house, owner, name="signing.key"):
    """Made by the command line, which no service sees; pinned by the owner's password."""
    tenant = owner.get("/v1/session")["tenant"]["id"]
    made = subprocess.run([CUSTODY, "policy", "key", tenant, "--output", house.folder / name], check=True, capture_output=True, text=True)
    assert (house.folder / name).stat().st_mode & 0o777 == 0o600
    return tenant, (house.folder / name).read_text(), made.stdout.strip()


class Machine:
    """This machine as an endpoint, with the real agent; `guard` is its privileged part, over a file system of its own."""

    def __init__(self, house, owner):
        self.house, self.state = house, pathlib.Path(tempfile.mkdtemp(prefix="agent-", dir=house.folder)) / "state"
        key = owner.post("/v1/deployment-keys", {"name": "t", "uses": 1, "days": 1})["key"]
        self.agent("enrol", "--url", f"https://localhost:{house.port}", "--key", key)

    def agent(self, command, *arguments):
        return subprocess.run([AGENT, command, "--state", self.state, *arguments], check=True, capture_output=True, text=True)

    def once(self):
        return self.agent("once", "--agent-url", f"https://localhost:{self.house.port + 1}")

    def read(self, name):
        path = self.state / name
        return path.read_text() if path.exists() else None

    @contextlib.contextmanager
    def guard(self):
        disk = self.state.parent / "disk"
        disk.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode:
            raise Skipped("no file system can be mounted here for the guard to watch")
        process = subprocess.Popen([AGENT, "guard", "--state", self.state, "--only", disk, "--journal", self.state.parent / "journal"],
                                   stderr=open(self.state.parent / "guard.log", "w"))
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=20)
            subprocess.run(["umount", "-l", disk], check=True)

    def follows(self, number, trouble):
        """The guard has come to this within five seconds, and the service is told so by the next cycle."""
        until = time.time() + 5
        while (said := json.loads(self.read("policy/state.json") or "{}")).get("number") != number or said["trouble"] != trouble:
            assert time.time() < until, (said, (self.state.parent / "guard.log").read_text())
            time.sleep(0.02)
        self.once()
        return True


def a_password_typed_again_publishes_and_nothing_less_does():
    owner = house.claim("signs")
    admin, viewer = house.member(owner, "administrator"), house.member(owner, "viewer")
    token = Client(house, {"Authorization": "Bearer " + owner.post("/v1/tokens", {"name": "t", "role": "administrator", "days": 1})["token"]})
    refused(403, lambda: publish(owner, "not the pass phrase"))
    refused(403, lambda: publish(viewer)), refused(403, lambda: publish(token)), refused(423, lambda: publish(admin))
    made = publish(owner)
    signers = owner.get("/v1/signers")
    assert verifies(house.folder, made["note"], signers["key"]) and not verifies(house.folder, made["note"].replace("deny", "allo"), signers["key"])
    assert made["number"] == signers["number"] == 1 and made["files"] == RULES and made["by"].startswith("usr_")
    owner.post(f"/v1/signers/{admin.id}", {"password": PASSWORD})
    assert publish(admin, files=RULES[::-1])["files"] == RULES
    assert [one["number"] for one in viewer.get("/v1/policies")["items"]] == [2, 1]
    assert viewer.get("/v1/policies?limit=1") == {"items": viewer.get("/v1/policies")["items"][:1], "next": "2"}
    assert viewer.get("/v1/policies/1")["note"] == made["note"]
    owner.delete(f"/v1/signers/{admin.id}")
    refused(423, lambda: publish(admin))
    refused(404, lambda: house.claim("another").get("/v1/policies/1"))


def what_names_a_person_or_cannot_be_read_is_refused_with_its_line():
    wrong = {"20-a.rules": "# one\ndeny user=people : path=/home/anna/x\n", "30-b.rules": "deny user=anna : path=/x\n", "40-c.rules": "denny\n"}
    files = [{"name": name, "text": text} for name, text in wrong.items()]
    owner = house.claim("checks")
    said = owner.post("/v1/policies/check", {"files": files})
    assert {(one["file"], one["line"], one["warning"]) for one in said["trouble"]} == {
        ("20-a.rules", 2, False), ("30-b.rules", 1, False), ("40-c.rules", 1, False)}
    assert owner.post("/v1/policies/check", {"files": RULES}) == {"files": 2, "rules": 1, "trouble": []}
    for file in files + [{"name": "a.rules", "text": "default deny\n"}, {"name": "50-d.rules", "text": "default\tdeny\n"}]:
        refused(400, lambda: publish(owner, files=[file]))
    refused(400, lambda: owner.post("/v1/policies", {"files": RULES, "days": 30, "password": PASSWORD, "more": 1}))
    assert owner.get("/v1/policies")["items"] == [] and owner.get("/v1/signers")["number"] == 0


def a_long_policy_is_signed_and_reaches_an_endpoint_as_it_was_signed():
    rules = "".join(f"deny user=people : path=/opt/tools/{number:040}\n" for number in range(60000))
    owner = house.claim("long")
    endpoint = house.enrol(owner)
    made = publish(owner, files=[{"name": "10-many.rules", "text": rules}])
    digest = base64.urlsafe_b64encode(hashlib.sha256(made["note"].encode()).digest()).rstrip(b"=").decode()
    assert len(rules) > 4 << 20 and endpoint.get("/agent/v1/settings")["policy"] == digest == made["digest"]
    assert endpoint.get("/agent/v1/policy").decode() == made["note"]


def an_endpoint_fetches_a_policy_once_and_is_told_which_key_signs():
    owner = house.claim("fetches")
    machine = Machine(house, owner)
    assert machine.read("signer").strip() == owner.get("/v1/signers")["key"]
    machine.once()
    assert machine.read("policy/arrived") is None and owner.get("/v1/policies/rollout")["counts"]["silent"] == 1
    made = publish(owner)
    machine.once()
    assert machine.read("policy/arrived") == made["note"]
    (machine.state / "signer").unlink() # as if it had enrolled before there was one
    assert "signing key is pinned" in machine.once().stderr and machine.read("signer").strip() == owner.get("/v1/signers")["key"]


def what_an_endpoint_says_is_a_number_and_words_of_a_list():
    owner = house.claim("says")
    endpoint = house.enrol(owner)
    publish(owner)
    for said, state in (("policy=0&enforcing=no&trouble=unsigned", "trouble"), ("policy=1&enforcing=no&trouble=none", "off"),
                        ("policy=1&enforcing=yes&trouble=none", "current")):
        endpoint.get("/agent/v1/settings?" + said)
        assert [one["state"] for one in owner.get("/v1/policies/rollout")["items"]] == [state], said
    endpoint.get("/agent/v1/settings?policy=1&enforcing=no&trouble=guard&restarts=3&stops=1&late=4&stopped=1&lost=59")
    told = owner.get("/v1/policies/rollout?state=trouble")["items"][0]
    assert told["trouble"] == "guard" and not told["enforcing"], told
    assert [told[name] for name in ("restarts", "stops", "late", "stopped", "lost")] == [3, 1, 4, 1, 59], told
    endpoint.get("/agent/v1/settings?policy=1&enforcing=yes&trouble=none&lost=60")
    assert owner.get("/v1/policies/rollout")["items"][0]["lost"] == 60
    for said in ("policy=1&enforcing=yes&trouble=none&lost=99999999999999999", "policy=1&enforcing=yes&trouble=anna", "policy=x&trouble=none", "policy=99999999999999999999&trouble=none"):
        refused(400, lambda: endpoint.get("/agent/v1/settings?" + said))
    publish(owner)
    rollout = owner.get("/v1/policies/rollout?state=behind")
    assert rollout["number"] == 2 and rollout["counts"]["behind"] == 1 and rollout["items"][0]["number"] == 1
    owner.delete("/v1/devices/" + endpoint.name)
    assert owner.get("/v1/policies/rollout")["items"] == []


def a_broken_into_service_cannot_make_an_endpoint_obey():
    owner, other = house.claim("one"), house.claim("two")
    tenant, key, verifier = key_off_the_service(house, owner)
    _, strangers_key, _ = key_off_the_service(house, owner, "stranger.key")
    owner.post("/v1/signers", {"password": PASSWORD, "key": verifier})
    refused(403, lambda: publish(owner))
    machine = Machine(house, owner)
    with machine.guard():
        first, second = (signed(house.folder, key, policy(tenant, number)) for number in (1, 2))
        for note in (first, second):
            owner.post("/v1/policies", {"note": note})
            machine.once()
        assert machine.follows(2, "none") and machine.read("policy/current") == second
        store = sqlite3.connect(house.home / "store/tenants" / (tenant + ".db"), timeout=30)
        for number, (trouble, note) in enumerate(forgeries(house, (tenant, key), strangers_key, (first, second), publish(other)["note"])):
            forge(store, tenant, 1000 + number, note)
            machine.once()
            assert machine.read("policy/arrived") == note and machine.follows(2, trouble), trouble
            said = owner.get("/v1/policies/rollout")["items"][0]
            assert (said["number"], said["state"], said["trouble"]) == (2, "trouble", trouble) and machine.read("policy/current") == second
        with store:
            store.execute("delete from policies where number >= 1000")
        owner.post("/v1/policies", {"note": signed(house.folder, key, policy(tenant, 3))})
        machine.once()
        assert machine.follows(3, "none") and owner.get("/v1/policies/rollout")["counts"]["current"] == 1
    machine.once()
    said = owner.get("/v1/policies/rollout")["items"][0]
    assert (said["number"], said["trouble"], said["enforcing"]) == (3, "guard", False), "a guard that has ended enforces nothing"


def forgeries(house, own, strangers_key, real, others):
    """What whoever holds the service could give out, and what the endpoint has to say of it."""
    (tenant, key), (first, second) = own, real
    text = policy(tenant, 9)
    yield "damaged", text
    yield "unsigned", signed(house.folder, strangers_key, text)
    yield "unsigned", second.replace("deny", "allo", 1)
    yield "unsigned", others
    yield "tenant", signed(house.folder, key, policy("ten_" + "a" * 26, 9))
    yield "older", first
    yield "older", signed(house.folder, key, policy(tenant, 2, days=60))
    yield "expired", signed(house.folder, key, policy(tenant, 9, days=1, made=-90000))
    yield "damaged", second[:len(second) // 2]
    yield "rules", signed(house.folder, key, policy(tenant, 9, files=[{"name": "20-a.rules", "text": "deny user=anna : path=/x\n"}]))


def forge(store, tenant, number, note):
    """As the newest policy, straight into the client's file."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(note.encode()).digest()).rstrip(b"=").decode()
    columns = {"tenant": read_id(tenant), "id": secrets.token_bytes(16), "number": number, "made": 0, "until": 0, "by": "operator",
               "digest": digest, "note": note, "subject": read_id(tenant), "entries": 0, "changed": 0, "seq": 0}
    with store:
        store.execute(f"insert into policies ({', '.join(columns)}) values ({', '.join('?' * len(columns))})", list(columns.values()))


house = House()
house.start()
try:
    main([a_password_typed_again_publishes_and_nothing_less_does, what_names_a_person_or_cannot_be_read_is_refused_with_its_line,
          a_long_policy_is_signed_and_reaches_an_endpoint_as_it_was_signed, an_endpoint_fetches_a_policy_once_and_is_told_which_key_signs,
          what_an_endpoint_says_is_a_number_and_words_of_a_list, a_broken_into_service_cannot_make_an_endpoint_obey])
finally:
    house.stop()
    shutil.rmtree(house.folder)
