#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A person is forgotten: what was planted in every place that their data passes is listed first, and after it nothing of
theirs can be opened by anybody, whatever is left of keys and copies. Endpoints stop sending the name."""
import ctypes, re, secrets, sqlite3, threading

from house import *
from outside import Relay, folder

NAME, REASON, ARGS, PATH = "zqalice", "zqreason of hers", "zqargs of hers", "/opt/zqpath/tool"
MEMBER = "zqmember"
MINE = [NAME, REASON, ARGS, PATH, MEMBER, MEMBER.title(), MEMBER + "@example.com"]
FOUND = "a lost machine of zqALICE"


def text_of(prefix, id):
    return prefix + "_" + base64.b32encode(id).decode().lower().rstrip("=")


def launch(path, account, args=""):
    return field(1, int(time.time() * 1000)) + field(6, account) + field(7, path) + (field(11, args) if args else b"")


def upload(endpoint, sequence, batches):
    body = field(1, endpoint.epoch) + field(2, sequence)
    for subject, launches in batches:
        body += field(3, field(1, subject) + field(2, zstd(b"".join(field(1, one) for one in launches))))
    return endpoint.post("/agent/v1/launches", body)


def elevation(endpoint, account, reason):
    one = field(1, secrets.token_bytes(16)) + field(2, account) + field(4, int(time.time() * 1000)) + field(6, "open")
    one += field(8, "/usr/bin/apt-get") + field(9, b"install\0curl\0") + field(10, reason)
    return endpoint.post("/agent/v1/elevations", field(1, one))


class Scene:
    """A client with a device, on which two people work, and a member who is one of them."""

    def __init__(self, house):
        self.house, self.owner = house, house.claim("one")
        self.endpoint = house.enrol(self.owner, name=NAME.upper() + "-LAPTOP")
        self.alice, self.bob = secrets.token_bytes(16), secrets.token_bytes(16)
        self.account, self.member = text_of("acc", self.alice), house.member(self.owner, "viewer", MEMBER)
        self.endpoint.accounts([self.alice, self.bob])
        self.report(1)
        upload(self.endpoint, 1, [(self.alice, [launch(PATH, self.alice, ARGS)] * 3),
                                  (self.bob, [launch(f"/home/{NAME}/bin/shared", self.bob), launch("/usr/bin/ls", self.bob)])])
        elevation(self.endpoint, self.alice, REASON)
        elevation(self.endpoint, self.bob, f"{NAME} asked me to")
        self.token = self.owner.post("/v1/tokens", {"name": f"{NAME}'s script", "role": "viewer", "days": 1})
        self.owner.put("/v1/notices", {"addresses": f"{NAME}@client.example"})
        self.group = self.owner.post("/v1/groups", {"name": f"{NAME}'s people", "members": [self.member.id]})

    def report(self, sequence):
        self.endpoint.report(sequence, [
            item(ACCOUNT, self.alice, self.alice, [account(self.alice, NAME, True)]),
            item(ACCOUNT, self.bob, self.bob, [account(self.bob, "zqbob")]),
            item(DEVICE, self.endpoint.id, self.endpoint.id, [field(4, NAME.upper() + "-LAPTOP")]),
            item(GROUP, secrets.token_bytes(16), self.endpoint.id, [field(1, NAME + "-team")])])

    def look(self, **more):
        events = Client(self.house, {**self.owner.headers, "Accept": "text/event-stream"}).post(
            "/v1/people/look", {"accounts": [self.account], **more}).decode()
        return [(one.split("\n")[0][7:], json.loads(one.split("\n")[1][6:])) for one in events.strip().split("\n\n")]

    def forget(self, person=None, **more):
        body = {"accounts": [self.account], "typed": NAME, "password": PASSWORD, "mentions": 3, **more}
        return (person or self.owner).post("/v1/people/forget", body)

    def accounts(self, person=None):
        whole = (person or self.owner).get("/v1/devices/" + self.endpoint.name)
        return {one["name"] for one in whole["accounts"]}

    def launched(self, person=None):
        return {one["path"] for one in (person or self.owner).get("/v1/launches")["items"]}

    def reasons(self, person=None):
        return {one["reason"] for one in (person or self.owner).get("/v1/elevations")["items"]}

    def forgotten(self, person=None):
        return (person or self.owner).get("/v1/people/forgotten")["items"]

    def shows_nothing(self, person=None):
        shown = json.dumps([(person or self.owner).get(path) for path in
                            ("/v1/devices/" + self.endpoint.name, "/v1/launches", "/v1/elevations", "/v1/members")])
        return not any(word in shown for word in (f'"{NAME}"', REASON, ARGS, PATH, MEMBER, MEMBER.title()))


def forms(marker):
    plain = marker.encode()
    yield from (plain, plain.upper(), marker.encode("utf-16-le"), plain.hex().encode(), base64.b64encode(plain)[:-4])


def found_in(folder, markers):
    return [(str(file), marker) for file in folder.rglob("*") if file.is_file() for marker in markers
            for form in forms(marker) if form in file.read_bytes()]


def all_that_it_reaches_is_listed_first_and_where_else_the_person_is_named():
    with House(None, "--webhook-ports", "443") as house:
        scene = Scene(house)
        webhook = scene.owner.post("/v1/webhooks", {"url": f"https://hooks.example.com/{NAME}"})
        found = scene.owner.post("/v1/people/search", {"name": "ZQALI"})["items"]
        assert found == [{"id": scene.account, "device": scene.endpoint.name, "name": NAME, "logged_in": True}], found
        events = scene.look(member=scene.member.id)
        subjects = {data["id"]: data for event, data in events if event == "subject"}
        assert subjects[scene.account]["name"] == NAME and subjects[scene.account]["elevations"] == 1, subjects
        assert subjects[scene.member.id]["role"] == "viewer" and subjects[scene.member.id]["sessions"] >= 1
        touched = {data["what"]: data for event, data in events if event == "touched"}
        assert touched["accounts"]["rows"] == 1 and touched["launches"]["entries"] == 3, touched
        mentions = {(data["place"], data["text"]): data for event, data in events if event == "mention"}
        assert {place for place, _ in mentions} == {"device name", "group", "launch of somebody else", "elevation", "token",
                                                    "notice address", "group of members", "webhook"}, mentions
        assert mentions["group of members", f"{NAME}'s people"]["in"] == scene.group["id"]
        assert mentions["webhook", webhook["url"]]["in"] == webhook["id"]
        assert mentions["device name", NAME.upper() + "-LAPTOP"]["fix"] == "collected"
        assert mentions["token", f"{NAME}'s script"] | {"place": 0, "text": 0} == {
            "place": 0, "text": 0, "in": scene.token["id"], "fix": "rewrite"}
        assert mentions["elevation", f"{NAME} asked me to"]["fix"] == "ages"
        assert events[-1] == ("end", {"mentions": len(mentions)})
        places = {data["place"] for event, data in events if event == "progress" and data["over"]}
        assert len(places) == 14 and not any(data["skipped"] for event, data in events if event == "progress")
        scene.owner.put("/v1/tokens/" + scene.token["id"], {"name": "a script"})
        assert scene.owner.get("/v1/tokens")["items"][0]["name"] == "a script"
        assert not any(data["place"] == "token" for event, data in scene.look() if event == "mention")
        administrator = house.member(scene.owner, "administrator")  # may not list tokens, and is told so
        scene.owner = administrator
        assert [data["place"] for event, data in scene.look() if event == "progress" and data["skipped"]] == ["token"]


def it_takes_the_name_the_password_and_the_right():
    with House() as house:
        scene = Scene(house)
        refused(400, lambda: scene.forget(typed="zqalic"))
        refused(403, lambda: scene.forget(password=PASSWORD + "!"))
        refused(403, lambda: scene.forget(house.member(scene.owner, "viewer")))
        refused(403, lambda: scene.forget(house.member(scene.owner, "auditor")))
        refused(404, lambda: scene.forget(house.claim("two")))
        refused(400, lambda: scene.forget(accounts=[]))
        refused(403, lambda: scene.forget(Client(house, {"Authorization": "Bearer " + scene.owner.post(
            "/v1/tokens", {"name": "program", "role": "administrator", "days": 1})["token"]})))
        assert scene.forgotten() == [] and NAME in scene.accounts() and PATH in scene.launched()
        scene.forget(house.member(scene.owner, "administrator"))
        refused(409, scene.forget)


def entry_keys(house):
    """What a keyring holds, by its rows: cells are counted, not opened."""
    with contextlib.closing(sqlite3.connect(f"file:{house.home}/keyring/keyring.db?mode=ro", uri=True)) as db:
        return dict(db.execute("select hex(id), count(*) from cells group by id"))


def keyring_copied(house, name):
    """As it stands at that moment, beside the service that writes to it; its database at one instant."""
    copy = house.folder / name
    shutil.copytree(house.home / "keyring", copy, ignore=shutil.ignore_patterns("keyring.db*"))
    source, to = sqlite3.connect(f"file:{house.home}/keyring/keyring.db?mode=ro", uri=True), sqlite3.connect(copy / "keyring.db")
    with contextlib.closing(source), contextlib.closing(to):
        source.backup(to)
    return copy


def left_try(house, keyring, scene, *more):
    return subprocess.run([BUILD / "src/erase/left_try", keyring, house.home / "root.key", house.home / "store",
                           house.home / "snapshots", scene.tenant, *more], capture_output=True, text=True)


def planted_everywhere(house, scene, relay):
    """Where the data of a person passes: besides what the scene has, a recording, mails, an archive on the service's disk, a snapshot."""
    scene.tenant = scene.owner.get("/v1/session")["tenant"]["id"]
    scene.endpoint.recorded(scene.account, [NAME.encode() + b" in a recording"])
    scene.owner.post("/v1/notices/test", None)
    identity = house.folder / "identity"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    recipient = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
    scene.owner.put("/v1/break-glass", {"recipient": recipient})
    export = scene.owner.post("/v1/exports", {"typed": "one"})
    Client(house, dict(scene.owner.headers)).post(f"/v1/exports/{export['id']}/archive", {"ticket": export["ticket"]})
    scene.archive = house.folder / "archive"  # forgetting ends the export: somebody has kept what was in the service's hands
    shutil.copy(house.home / f"store/exports/{export['id']}.zip.age", scene.archive)
    assert relay.mails(1)
    taken(scene.owner)


def tried(house, scene, keyring):
    """What whoever has all disks, the root key and an owner's session opens: for each place and person, how many forms do."""
    cookie = scene.owner.headers["Cookie"].split("=", 1)[1]
    done = left_try(house, keyring, scene, cookie, scene.archive)
    if done.returncode:
        print("       ", done.stderr.strip())
        return None
    lines, opens = done.stdout.splitlines(), {}
    assert "the client's key: there" in lines and "archive closed" in lines, done
    for where, place, subject, how in (line.split() for line in lines if line.endswith((" opens", " closed")) and line.count(" ") == 3):
        one = opens.setdefault(("live" if where == "live" else "snapshot", place, subject), {"opens": 0, "closed": 0})
        one[how] += 1
    return opens


def nothing_of_them_is_left_that_anybody_could_open():
    with folder() as at, Relay(at) as relay, House(at / "service", "--smtp", f"smtp://localhost:{relay.port}", "--mail-from", "custody@service.example") as house:
        scene = Scene(house)
        member_cookie = scene.member.headers["Cookie"]
        assert found_in(house.home, [name for name in MINE if name != NAME]) == []
        scene.owner.put("/v1/notices", {"addresses": "privacy@client.example"})  # the one mention that stood in clear, rewritten
        planted_everywhere(house, scene, relay)
        alice, bob = scene.alice.hex(), scene.bob.hex()
        could = tried(house, scene, keyring_copied(house, "before"))
        for place in (("live", "accounts"), ("live", "launch_chains"), ("live", "file"), ("snapshot", "accounts"), ("snapshot", "launch_chains")):
            assert could[(*place, alice)] == {"opens": could[(*place, alice)]["opens"], "closed": 0}, (place, could)
        before = house.folder / "yesterday"
        shutil.copytree(house.home / "keyring", before)
        made = scene.forget(member=scene.member.id)
        # while it runs, and its rows may still be there: what is left of keys opens nothing of hers, and all of his
        can = tried(house, scene, keyring_copied(house, "after"))
        assert sum(one["opens"] for (_, _, subject), one in can.items() if subject == alice) == 0, can
        for place in (("live", "accounts"), ("snapshot", "accounts"), ("snapshot", "launch_chains")):
            assert can[(*place, bob)]["opens"] == could[(*place, bob)]["opens"] > 0, (place, can)
        assert can[("snapshot", "accounts", alice)]["closed"] == could[("snapshot", "accounts", alice)]["opens"]
        assert not (found := found_in(house.home, MINE)), found
        assert not any(name in mail.as_string() for mail in relay.mails(1) for name in MINE)
        assert made["keys"] == 0 and made["dropped"] and made["member"] == scene.member.id, made
        assert made["waiting"] == [scene.endpoint.name] and made["accounts"][0]["withheld"]
        assert scene.shows_nothing() and "zqbob" in scene.accounts() and "/usr/bin/ls" in scene.launched()
        assert scene.reasons() == {f"{NAME} asked me to"}
        refused(401, lambda: Client(house, {"Cookie": member_cookie}).get("/v1/session"))
        refused(401, lambda: house.sign_in("one", MEMBER))
        assert not {scene.alice.hex().upper(), read_id(scene.member.id).hex().upper()} & set(entry_keys(house))
        log = scene.owner.get("/v1/log?act=person.forgotten")["items"][0]
        assert log["seq"] == made["entry"] and {made["id"], scene.account, scene.member.id} == set(log["on"]) and log["count"] == 3
        # told again by an endpoint that has not heard, it is answered, discarded and counted
        scene.report(2)
        upload(scene.endpoint, 2, [(scene.alice, [launch(PATH, scene.alice, ARGS)])])
        assert scene.shows_nothing()
        elevations = scene.owner.get("/v1/elevations")["items"]
        refused(404, lambda: elevation(scene.endpoint, scene.alice, REASON))
        assert scene.owner.get("/v1/elevations")["items"] == elevations
        wait_until(lambda: scene.forgotten()[0]["removed"] and scene.forgotten()[0]["rolled"], 150)
        with contextlib.closing(sqlite3.connect(f"file:{tenant_file(house)}?mode=ro", uri=True)) as db:
            for table in ("accounts", "launch_chains"):
                assert not db.execute(f"select count(*) from {table} where subject = ?", (scene.alice,)).fetchone()[0], table
        proven = {row["id"]: row for row in scene.owner.get("/v1/prove")["promises"]}
        assert proven["person.forget"]["state"] == "kept", proven["person.forget"]
        assert "discarded since the start" in proven["person.forget"]["evidence"], proven["person.forget"]
        wait_until(lambda: not tried_live(house, scene, alice), 60)
        (house.folder / "stale").mkdir()
        for file in before.iterdir():
            shutil.copy(house.home / "keyring/kek" if file.name == "kek" else file, house.folder / "stale" / file.name)
        assert not (yesterday := tried(house, scene, house.folder / "stale")), yesterday  # yesterday's keyring beside the key of today
        house.stop()
        assert not (found := found_in(house.home, MINE)), found
        assert not any(name.encode() in (house.folder / "custodyd.log").read_bytes() for name in MINE)
        yesterday_opens_nothing(house, before)


def tried_live(house, scene, subject):
    """Whether a row or a file of theirs is still there, closed as it is."""
    return any(where == "live" and whose == subject for where, _, whose in tried(house, scene, keyring_copied(house, secrets.token_hex(4))))


def tenant_file(house):
    return next(file for file in (house.home / "store/tenants").iterdir() if file.suffix == ".db")


def yesterday_opens_nothing(house, before):
    """Yesterday's keyring beside today's key of it: the service does not start, or opens nothing."""
    today = house.folder / "today"
    (house.home / "keyring").rename(today)
    shutil.copytree(before, house.home / "keyring")
    shutil.copy(today / "kek", house.home / "keyring/kek")
    log = open(house.folder / "custodyd.log", "a")
    monitor = subprocess.run([BIN / "custodyd", "--home", house.home, "--port", str(house.port)], stdout=subprocess.PIPE,
                             stderr=log, timeout=60)
    assert monitor.returncode != 0 and b"ready" not in monitor.stdout


def wait_until(so, seconds):
    end = time.time() + seconds
    while not so():
        assert time.time() < end, "not so after %d s" % seconds
        time.sleep(0.5)


def a_member_with_rights_is_removed_by_two_people_first():
    with House() as house:
        scene = Scene(house)
        admin, second = house.member(scene.owner, "administrator"), house.member(scene.owner, "approver")
        refused(409, lambda: scene.forget(accounts=[], member=admin.id, typed="administrator"))
        request = scene.owner.delete("/v1/members/" + admin.id)
        second.post(f"/v1/requests/{request['id']}/approve", {})
        made = scene.forget(accounts=[], member=admin.id, typed=admin.id)
        assert made["member"] == admin.id and made["keys"] == 0 and made["accounts"] == []


def the_command_line_finds_lists_forgets_and_lifts():
    with House() as house:
        scene = Scene(house)
        env = dict(os.environ, CUSTODY_CONFIG=str(house.folder / "login.json"), TZ="UTC")

        def custody(*words, given="", fails=False):
            done = subprocess.run([BIN / "custody", *words], env=env, input=given, capture_output=True, text=True, timeout=60)
            assert (done.returncode != 0) == fails, done.stderr
            return done.stderr if fails else done.stdout

        custody("login", "--url", f"https://localhost:{house.port}", "--insecure", "--tenant", "one", "--username", "owner", given=PASSWORD)
        assert {one["id"] for one in json.loads(custody("person", "list", NAME, "--json"))["items"]} == {scene.account}
        assert {one["id"] for one in json.loads(custody("person", "list", MEMBER, "--json"))["items"]} == {scene.member.id}
        shown = json.loads(custody("person", "show", scene.account, scene.member.id, "--json"))
        assert len(shown["subjects"]) == 2 and len(shown["mentions"]) == 7 and {one["what"] for one in shown["touched"]} == {"accounts", "launches"}
        text = custody("person", "show", scene.account)
        assert "What goes" in text and "Mentions elsewhere" in text and NAME.upper() + "-LAPTOP" in text
        custody("token", "rename", scene.token["id"], "--name", "a script")
        assert "nobody has confirmed" in custody("person", "forget", scene.account, given=PASSWORD, fails=True)
        assert "exactly as it is shown" in custody("person", "forget", scene.account, "--confirm", "zq", given=PASSWORD, fails=True)
        assert "password is wrong" in custody("person", "forget", scene.account, "--confirm", NAME, given="another pass phrase", fails=True)
        made = json.loads(custody("person", "forget", scene.account, "--confirm", NAME, "--json", given=PASSWORD))
        assert made["keys"] == 0 and made["mentions"] == 6 and scene.launched() == {f"/home/{NAME}/bin/shared", "/usr/bin/ls"}
        assert made["id"] in custody("person", "forgotten") and json.loads(custody("person", "forgotten", "--json"))["items"][0]["id"] == made["id"]
        assert json.loads(custody("person", "lift", made["id"], "--json"))["accounts"][0]["lifted"]
        custody("person", "lift", made["id"], fails=True)


KILLS = int(os.environ.get("CUSTODY_FORGET_KILLS", "12"))


def killed_at_any_moment_it_is_done_or_not_begun():
    with House() as house:
        scene = Scene(house)
        ends, begun = {"done": 0, "not begun": 0}, time.time()
        scene.forget()
        whole = time.time() - begun
        for number in range(KILLS):
            person, name = secrets.token_bytes(16), f"zqkilled{number}"
            scene.endpoint.accounts([person])
            scene.endpoint.report(10 + number, [item(ACCOUNT, person, person, [account(person, name)])])
            upload(scene.endpoint, 10 + number, [(person, [launch("/opt/" + name, person)])])
            owner = house.sign_in("one")
            thread = threading.Thread(target=lambda: quietly(scene.forget, owner, accounts=[text_of("acc", person)], typed=name))
            thread.start()
            time.sleep(whole * (0.4 + 0.7 * number / KILLS))  # most of it is the password
            house.kill_all()
            thread.join()
            owner = house.sign_in("one")
            forgotten = any(one["id"] == text_of("acc", person) for entry in scene.forgotten(owner) for one in entry["accounts"])
            ends["done" if forgotten else "not begun"] += 1
            assert (name in scene.accounts(owner)) != forgotten and ("/opt/" + name in scene.launched(owner)) != forgotten
            keys = entry_keys(house)
            assert (person.hex().upper() in keys) != forgotten
            logged = [entry for entry in owner.get("/v1/log?act=person.forgotten&limit=500")["items"] if text_of("acc", person) in entry["on"]]
            assert len(logged) == forgotten
        print("       ", ends)
        owner = house.sign_in("one")
        wait_until(lambda: all(one["dropped"] for one in scene.forgotten(owner)), 90)
        assert "zqbob" in scene.accounts(owner)


def quietly(act, *what, **more):
    with contextlib.suppress(Exception):
        act(*what, **more)


SPACES = {"mount": 0x20000, "host": 0x4000000}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def an_endpoint_withholds_the_name_until_it_is_lifted_and_then_tells_of_somebody_new():
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(sum(SPACES.values())) != 0:
        raise Skipped("namespaces of its own need root")
    run("mount", "--make-rprivate", "/")
    folder = tempfile.TemporaryDirectory(prefix="custody-forget-")
    for path, line in (("/etc/passwd", f"{NAME}:x:4321:4321:,,,:/home/{NAME}:/bin/sh\n"), ("/etc/group", f"zqgroup:x:4321:{NAME}\n")):
        changed = pathlib.Path(folder.name) / path.strip("/").replace("/", "-")
        changed.write_text(pathlib.Path(path).read_text() + line)
        changed.chmod(0o644)
        run("mount", "--bind", changed, path)
    with folder, House() as house:
        owner, state = house.claim("one"), house.folder / "agent"
        key = owner.post("/v1/deployment-keys", {"name": "marker", "uses": 1, "days": 1})["key"]
        agent = lambda word, *more: run(BIN / "custody-agent", word, "--state", state, *more)
        once = lambda: agent("once", "--agent-url", f"https://localhost:{house.port + 1}")
        agent("enrol", "--url", f"https://localhost:{house.port}", "--key", key)
        once()
        assert (state / "withholder").read_text().startswith("custody/ten_")  # pinned before there is anything to withhold
        found = owner.post("/v1/people/search", {"name": NAME})["items"]
        assert len(found) == 1
        whole = lambda: owner.get("/v1/devices/" + found[0]["device"])
        assert found[0]["id"] in next(one for one in whole()["groups"] if one["name"] == "zqgroup")["account"]
        made = owner.post("/v1/people/forget", {"accounts": [found[0]["id"]], "typed": NAME, "password": PASSWORD, "mentions": 0})
        assert made["waiting"] == [found[0]["device"]]
        once()
        listed = owner.get("/v1/people/forgotten")["items"][0]
        assert listed["waiting"] == [] and listed["accounts"][0]["acknowledged"], listed
        assert NAME not in json.dumps(whole()) and found[0]["id"] not in json.dumps(whole())
        assert not next((one for one in whole()["groups"] if one["name"] == "zqgroup"), {"account": []})["account"]
        assert f"(withheld by the client, not sent: {NAME})" in agent("what")
        assert json.loads((state / "state.json").read_text())["withheld"] == 1
        once()
        assert owner.post("/v1/people/search", {"name": NAME})["items"] == []
        owner.post(f"/v1/people/forgotten/{made['id']}/lift", {})
        once(), once()
        again = owner.post("/v1/people/search", {"name": NAME})["items"]
        assert len(again) == 1 and again[0]["id"] != found[0]["id"]
        assert "withheld" not in agent("what")


main([all_that_it_reaches_is_listed_first_and_where_else_the_person_is_named, it_takes_the_name_the_password_and_the_right,
      nothing_of_them_is_left_that_anybody_could_open, a_member_with_rights_is_removed_by_two_people_first,
      the_command_line_finds_lists_forgets_and_lifts, killed_at_any_moment_it_is_done_or_not_begun,
      an_endpoint_withholds_the_name_until_it_is_lifted_and_then_tells_of_somebody_new])
