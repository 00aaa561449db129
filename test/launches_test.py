#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What was launched on endpoints: taken in once, split by person, found again by who may, and readable in no file."""
import calendar, csv, io, secrets

from house import *


def given(house):
    """An owner, a device of it with a person, and what both have launched: three days' worth, in small uploads."""
    owner = house.claim("one")
    endpoint = house.enrol(owner)
    endpoint.person = secrets.token_bytes(16)
    endpoint.accounts([endpoint.person])
    endpoint.hour = int(time.time()) // 3600 * 3600
    made = []
    for back in range(60):
        at = endpoint.hour - back * 4000 + 3.25
        made.append((at, "/usr/bin/zqmarker%d" % (back % 7), endpoint.person, back % 4))
        made.append((at + 1, "/usr/sbin/zqsystem", b"\0" * 16, 3))
    for number in range(0, len(made), 4):
        own, people = [], []
        for at, path, account, decision in made[number:number + 4]:
            one = launch(at, path, account, decision, package="zqpackage", sha256=bytes([decision + 1]) * 32)
            (people if account == endpoint.person else own).append(one)
        upload(endpoint, number // 4 + 1, [(endpoint.person, people), (endpoint.id, own)])
    return owner, endpoint, made


def pages(person, query="", limit=60):
    """All that a list holds, page by page."""
    items, cursor = [], ""
    while cursor is not None:
        page = person.get(f"/v1/launches?limit={limit}{query}{cursor}")
        items += page["items"]
        cursor = page["next"] and "&cursor=" + page["next"]
    return items


def streamed(person, query=""):
    """The events of a search, in their order."""
    events = Client(person.house, {**person.headers, "Accept": "text/event-stream"}).get("/v1/launches?" + query).decode()
    return [(one.split("\n")[0][7:], json.loads(one.split("\n")[1][6:])) for one in events.strip().split("\n\n")]


def seconds(item):
    return round(calendar.timegm(time.strptime(item["at"][:19], "%Y-%m-%dT%H:%M:%S")) + float("0." + item["at"][20:23]), 3)


def shown(items):
    return [(seconds(one), one["path"], one["decision"]) for one in items]


def wanted(made, fits=lambda one: True):
    names = ("allowed", "denied", "elevated", "observed")
    return [(at, path, names[decision]) for at, path, account, decision in sorted(made, reverse=True)
            if fits((at, path, account, decision))]


def found_as_they_were(owner, endpoint, made):
    whole = pages(owner, limit=35)
    assert shown(whole) == wanted(made), shown(whole)[:3]
    person = "acc_" + base64.b32encode(endpoint.person).decode().lower().rstrip("=")
    assert {one["account"] for one in whole} == {None, person} and {one["device"] for one in whole} == {endpoint.name}
    assert shown(pages(owner, "&account=" + person)) == wanted(made, lambda one: one[2] == endpoint.person)
    assert shown(pages(owner, f"&device={endpoint.name}&name=zqsystem")) == wanted(made, lambda one: "zqsystem" in one[1])
    assert shown(pages(owner, "&path=bin/zqmarker3")) == wanted(made, lambda one: "zqmarker3" in one[1])
    assert shown(pages(owner, "&decision=denied")) == wanted(made, lambda one: one[3] == 1)
    assert shown(pages(owner, "&package=zqpackage&sha256=" + "04" * 32)) == wanted(made, lambda one: one[3] == 3)
    assert pages(owner, "&package=none") == pages(owner, "&name=zqmarke") == pages(owner, "&sha256=" + "09" * 32) == []
    since = moment(endpoint.hour - 9000 - time.time())
    assert shown(pages(owner, "&from=" + since)) == wanted(made, lambda one: one[0] >= endpoint.hour - 9000)
    events = streamed(owner, "name=zqmarker2")
    assert shown(data for event, data in events if event == "launch") == wanted(made, lambda one: "zqmarker2" in one[1])
    assert events[-1] == ("end", {"next": None}) and any(event == "progress" for event, _ in events)
    rows = list(csv.reader(io.StringIO(Client(owner.house, {**owner.headers, "Accept": "text/csv"}).get("/v1/launches").decode())))
    assert len(rows) == len(made) + 1 and rows[1][:3] == [whole[0]["at"], endpoint.name, whole[0]["account"] or ""]


def launches_are_taken_in_once_and_found_again_by_what_they_are():
    with House() as house:
        owner, endpoint, made = given(house)
        again = [launch(endpoint.hour + 3.25, "/usr/bin/zqmarker0", endpoint.person)]
        upload(endpoint, 30, [(endpoint.person, again)])  # this number was stored before
        found_as_they_were(owner, endpoint, made)
        house.kill("custody-web")  # in the middle of an hour: what it could have folded stays as it is
        found_as_they_were(owner, endpoint, made)
        extra = (endpoint.hour + 9, "/usr/bin/zqlater", endpoint.person, 0)
        upload(endpoint, 31, [(endpoint.person, [launch(extra[0], extra[1], extra[2], package="zqpackage", sha256=b"\1" * 32)])])
        house.stop()  # which folds
        assert found_in(house.home, [b"zqmarker", b"zqsystem", b"zqpackage", b"zqlater"]) == []
        house.start()
        found_as_they_were(owner, endpoint, made + [extra])
        opened = [entry for entry in owner.get("/v1/log?act=launches.opened&limit=500")["items"]]
        assert opened and opened[0]["by"].startswith("usr_") and endpoint.name in opened[0]["on"]
        elevated = owner.get("/v1/log?act=launches.elevated&limit=500")["items"]
        assert sum(one["count"] for one in elevated) == sum(decision == 2 for *_, decision in made) > 0, elevated
        assert {one["by"] for one in elevated} == {endpoint.name}
        proven = {row["id"]: row for row in owner.get("/v1/prove")["promises"]}
        assert f" {len(made) + 1} launches;" in proven["collect.device"]["evidence"]
        assert proven["access.client-only"]["state"] == "kept", proven["access.client-only"]


def found_in(folder, markers):
    return [(str(file), marker) for file in folder.rglob("*") if file.is_file() for marker in markers if marker in file.read_bytes()]


def only_who_may_sees_them_and_a_device_speaks_for_itself_alone():
    with House() as house:
        owner, endpoint, made = given(house)
        other = house.claim("two")
        stranger = house.enrol(other)
        assert other.get("/v1/launches") == other.get(f"/v1/launches?device={endpoint.name}") == {"items": [], "next": None}
        assert other.get("/v1/log?act=launches.opened")["items"] == []
        refused(401, lambda: house.nobody().get("/v1/launches"))
        refused(403, lambda: house.member(owner, "auditor").get("/v1/launches"))
        assert len(house.member(owner, "viewer").get("/v1/launches")["items"]) == 100
        now = time.time()
        refused(403, lambda: upload(stranger, 1, [(endpoint.person, [launch(now, "/bin/sh")])]))
        refused(403, lambda: upload(stranger, 1, [(endpoint.id, [launch(now, "/bin/sh")])]))
        refused(400, lambda: upload(endpoint, 90, [(endpoint.person, [launch(now, "/bin/sh", secrets.token_bytes(16))])]))
        refused(400, lambda: upload(endpoint, 90, [(endpoint.id, [launch(now, "/bin/sh", decision=4)])]))
        refused(400, lambda: upload(endpoint, 90, [(endpoint.id, [launch(0, "/bin/sh")])]))
        refused(400, lambda: endpoint.post("/agent/v1/launches", b"nothing"))
        ugly = b"\x01" * 16384  # the longest there may be: in an answer each byte takes six
        refused(400, lambda: upload(endpoint, 90, [(endpoint.id, [launch(now, "/bin/sh", args=ugly + b"\x01")])]))
        for part in range(10):
            upload(endpoint, 92 + part, [(endpoint.id, [launch(now - 20 * part - one, "/bin/ugly", args=ugly) for one in range(20)])])
        assert len(pages(owner, limit=500)) == len(made) + 200
        events = [event for event, _ in streamed(owner)]
        assert events.count("launch") == len(made) + 200 and events[-1] == "end"
        owner.delete("/v1/devices/" + endpoint.name)
        assert owner.get("/v1/launches")["items"] == []
        refused(403, lambda: upload(endpoint, 91, [(endpoint.id, [launch(now, "/bin/sh")])]))


def searches_that_somebody_leaves_end_and_hold_up_nobody():
    with House() as house:
        owner = house.claim("one")
        endpoint, hour, many = house.enrol(owner), int(time.time()) // 3600 * 3600, 4000
        for number in range(1, 7):
            lines = [launch(hour - number * 3600 + one / 2, f"/usr/lib/a/folder/that/takes/some/room/zqtool{one}") for one in range(many)]
            upload(endpoint, number, [(endpoint.id, lines)])

        def begun():
            connection = http.client.HTTPSConnection("localhost", house.port, timeout=60, context=house.trust())
            connection.request("GET", "/v1/launches", headers={**owner.headers, "Accept": "text/event-stream"})
            answer = connection.getresponse()
            assert answer.status == 503 or answer.status == 200 and answer.read(64), answer.status
            return connection, answer

        def leave(searches):  # as the console's Cancel does
            for connection, answer in searches:
                answer.close(), connection.close()
        for _ in range(2):
            left = [begun()]
            while left[-1][1].status == 200:  # each waits for room that never comes, until there may be no more of them
                left.append(begun())
                assert len(left) < 200
            for form in ("application/json", "text/csv"):  # a page that has to look through much is one of them
                asks = Client(house, {**owner.headers, "Accept": form})
                refused(503, lambda: asks.get("/v1/launches?path=zqnothing"))
                assert asks.get("/v1/launches?limit=5")
            leave(left)
            until = time.monotonic() + 5
            while (again := begun())[1].status != 200:
                assert time.monotonic() < until, "a search that was left goes on"
                leave([again])
            leave([again])
        events = streamed(owner, "name=zqtool7")
        assert [event for event, _ in events].count("launch") == 6 and events[-1][0] == "end"


def what_is_switched_off_is_removed_answered_and_not_kept():
    with House() as house:
        owner, endpoint, made = given(house)
        settings = owner.get("/v1/settings")
        switches = {key: value for key, value in settings.items() if isinstance(value, bool)}
        assert switches["launches"] and endpoint.get("/agent/v1/settings")["launches"]
        owner.put("/v1/settings", {**switches, "launches": False})
        assert not endpoint.get("/agent/v1/settings")["launches"] and owner.get("/v1/launches")["items"] == []
        upload(endpoint, 40, [(endpoint.person, [launch(time.time(), "/bin/sh")])])
        assert owner.get("/v1/launches")["items"] == []
        owner.put("/v1/settings", switches)
        kept = [(time.time() // 1, "/bin/kept", endpoint.person, 0)]
        while True:  # what was sealed before has no row to stand under: a new key is made
            try:
                upload(endpoint, 41, [(endpoint.person, [launch(kept[0][0], "/bin/kept", endpoint.person)])])
                break
            except Refused as refusal:
                assert refusal.status == 503
        assert shown(owner.get("/v1/launches")["items"]) == wanted(kept)


def tried(person, rules, **ask):
    """The events of a rehearsal, in their order."""
    client = Client(person.house, {**person.headers, "Accept": "text/event-stream"})
    events = client.post("/v1/policies/rehearse", {"files": [{"name": "20-a.rules", "text": rules}], **ask}).decode()
    return [(one.split("\n")[0][7:], json.loads(one.split("\n")[1][6:])) for one in events.strip().split("\n\n")]


def rules_are_tried_on_what_was_recorded_before_they_are_signed():
    rules = "deny user=people : path=/usr/bin/zqmarker3 package=zqpackage\nallow user=people : trust=none path=/usr/sbin/zqsystem\ndefault allow\n"
    rule = {"file": "20-a.rules", "line": 1, "text": rules.split("\n")[0]}
    with House() as house:
        owner, endpoint, made = given(house)
        viewer = house.member(owner, "viewer")
        events = tried(viewer, rules, **{"from": moment(-5 * 86400)})
        assert [event for event, _ in events][-1] == "result" and all(told["done"] <= told["of"] == 121 for _, told in events[:-1])
        result = events[-1][1]
        threes = sum(path.endswith("zqmarker3") and decision != 1 for _, path, _, decision in made)
        denied = [one for one in result["changes"] if one["would"] == "deny"]
        person = "acc_" + base64.b32encode(endpoint.person).decode().lower().rstrip("=")
        assert sum(one["count"] for one in denied) == threes > 0 and {one["was"] for one in denied} == {"allow", "elevate", "observe"}
        assert all((one["path"], one["account"], one["device"], one["rule"]) == ("/usr/bin/zqmarker3", person, endpoint.name, rule) for one in denied)
        system = next(one for one in result["changes"] if one["path"].endswith("zqsystem"))
        assert (system["account"], system["was"], system["would"], system["count"], system["rule"]) == (None, "observe", "allow", 60, None)
        assert (result["judged"], result["unknown"], result["missing"], result["more"]) == (len(made), 0, [], 0)
        assert tried(viewer, rules, until="2001-01-01")[-1][1]["judged"] == 0
        assert tried(viewer, "deny any : trust=none\n", device=endpoint.name)[-1][1]["missing"] == ["trust"]
        launched = next(one for one in pages(viewer) if one["path"].endswith("zqmarker3"))
        ask = {"files": [{"name": "20-a.rules", "text": rules}], **launched}
        why = viewer.post("/v1/policies/explain", ask)
        assert (why["decision"], why["rule"], why["near"], why["missing"]) == ("deny", rule, [], [])
        why = viewer.post("/v1/policies/explain", {**ask, "package": None})
        assert why["decision"] == "allow" and why["rule"] is None and why["missing"] == ["package"]
        assert why["near"] == [{"rule": rule, "failed": "package=zqpackage", "unknown": True, "later": False}]
        refused(400, lambda: viewer.post("/v1/policies/explain", {**ask, "user": "anna"}))
        refused(400, lambda: tried(viewer, "denny\n")), refused(400, lambda: tried(viewer, rules, until="yesterday"))
        refused(403, lambda: tried(house.member(owner, "auditor"), rules))
        opened = owner.get("/v1/log?act=launches.opened")["items"]
        assert opened and all(entry["by"] == viewer.id and endpoint.name in entry["on"] for entry in opened), opened


def who_watches_sees_them_as_they_come_until_the_session_ends():
    with House() as house:
        owner, endpoint, made = given(house)
        connection = http.client.HTTPSConnection("localhost", house.port, timeout=30, context=house.trust())
        with contextlib.closing(connection):
            connection.request("GET", "/v1/launches/live?path=zqnew", headers=owner.headers)
            answer = connection.getresponse()
            assert answer.readline() == b":\n" and answer.getheader("Content-Type") == "text/event-stream"
            upload(endpoint, 50, [(endpoint.person, [launch(time.time(), "/bin/zqnew"), launch(time.time(), "/bin/other")])])
            lines = iter(answer.readline, b"")
            assert next(line for line in lines if line.startswith(b"event")) == b"event: launch\n"
            assert json.loads(next(lines)[6:])["path"] == "/bin/zqnew"
            owner.delete("/v1/session")
            assert next(line for line in lines if line.startswith(b"event")) == b"event: problem\n"
            assert json.loads(next(lines)[6:])["status"] == 401
        for _ in range(12):  # those that leave are noticed, and make room for others
            owner = house.sign_in("one")
            connection = http.client.HTTPSConnection("localhost", house.port, timeout=30, context=house.trust())
            with contextlib.closing(connection):
                connection.request("GET", "/v1/launches/live", headers=owner.headers)
                assert connection.getresponse().status in (200, 503)
        time.sleep(2.5)
        assert streamed(house.sign_in("one"), "limit=1")[-1][0] == "end"
        other = house.claim("two")
        with contextlib.ExitStack() as watching:  # and one client that takes all it can get leaves one for another
            for _ in range(6):
                connection = http.client.HTTPSConnection("localhost", house.port, timeout=30, context=house.trust())
                watching.enter_context(contextlib.closing(connection))
                connection.request("GET", "/v1/launches/live", headers=house.sign_in("one").headers)
                assert connection.getresponse().status in (200, 503)
            assert streamed(other, "limit=1")[-1][0] == "end"


def the_command_line_lists_searches_and_follows():
    with House() as house:
        owner, endpoint, made = given(house)
        token = owner.post("/v1/tokens", {"name": "reader", "role": "viewer", "days": 1})["token"]
        env = dict(os.environ, CUSTODY_CONFIG=str(house.folder / "login.json"), TZ="UTC")

        def custody(*words):
            return subprocess.run([BIN / "custody", *words], env=env, capture_output=True, text=True, timeout=60, check=True).stdout

        custody("login", "--url", f"https://localhost:{house.port}", "--token", token, "--insecure")
        assert len(json.loads(custody("launch", "list", "--json", "--limit", "5"))["items"]) == 5
        assert custody("launch", "list", "--all").count("/usr/") == len(made)
        found = custody("launch", "list", "--all", "--program", "zqmarker2", "--device", endpoint.name).splitlines()
        assert len(found) == len([one for one in made if one[1].endswith("zqmarker2")]) and all("zqmarker2" in line for line in found)
        assert custody("launch", "list", "--csv", "--decision", "denied").count("\n") == 1 + len([one for one in made if one[3] == 1])
        follow = subprocess.Popen([BIN / "custody", "launch", "list", "--follow", "--json"], env=env, stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(1.5)
            upload(endpoint, 60, [(endpoint.id, [launch(time.time(), "/usr/bin/zqfollowed")])])
            assert json.loads(follow.stdout.readline())["path"] == "/usr/bin/zqfollowed"
        finally:
            follow.terminate()
            follow.wait()


main([launches_are_taken_in_once_and_found_again_by_what_they_are, only_who_may_sees_them_and_a_device_speaks_for_itself_alone,
      searches_that_somebody_leaves_end_and_hold_up_nobody,
      what_is_switched_off_is_removed_answered_and_not_kept, who_watches_sees_them_as_they_come_until_the_session_ends,
      rules_are_tried_on_what_was_recorded_before_they_are_signed, the_command_line_lists_searches_and_follows])
