#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The evidence log over the real service: what is in it, and that its files prove it to somebody who trusts nobody."""
import base64, csv, http.client, io, os, random, secrets, sqlite3, threading

from house import *

KILLS = int(os.environ.get("CUSTODY_KILLS", "120")) // 6
SETTINGS = ("computer_name", "mac_address", "usernames", "logged_in", "ip_addresses", "connecting_ip", "programs", "launches")


def signed(owner, act="", least=0):
    """The log's entries once all that happened is signed, oldest first."""
    for _ in range(100):
        about = owner.get("/v1/log/about")
        if about["size"] == about["entries"] and about["size"] >= least:
            break
        time.sleep(0.1)
    else:
        raise AssertionError(f"entries are left unsigned: {about}")
    entries, cursor = [], ""
    while cursor is not None:
        page = owner.get(f"/v1/log?limit=500&act={act}" + cursor)
        entries += page["items"]
        cursor = page["next"] and "&cursor=" + page["next"]
    return entries[::-1]


def command(house, *words, token):
    environment = dict(os.environ, CUSTODY_URL=f"https://localhost:{house.port}", CUSTODY_TOKEN=token,
                       CUSTODY_CONFIG=str(house.folder / "login.json"))
    return subprocess.run([BIN / "custody", *words, "--insecure", *["--json"] * ("--csv" not in words)], env=environment, check=True,
                          capture_output=True, text=True).stdout


def verify(*words, good=True):
    done = subprocess.run([BIN / "custody-verify", *map(str, words)], capture_output=True, text=True)
    assert (done.returncode == 0) == good, (words, done.stdout, done.stderr)
    return done.stdout + done.stderr


def token_of(owner):
    return owner.post("/v1/tokens", {"name": "auditor", "role": "auditor", "days": 1})


def each_act_stands_in_the_log_once_in_its_order_and_names_who_did_it():
    with House() as house:
        owner = house.claim("one")
        member = owner.get("/v1/session")["user"]["id"]
        deployment = owner.post("/v1/deployment-keys", {"name": "held", "uses": 3, "days": 1, "hold": True})
        endpoint = house.enrol(owner, deployment["key"])
        owner.post(f"/v1/devices/{endpoint.name}/approve", None)
        person = secrets.token_bytes(16)
        endpoint.accounts([person])
        endpoint.accounts([person])
        endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, "zq-name")]),
                            item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2")])])
        owner.get("/v1/devices")
        token = token_of(owner)
        owner.ask("PUT", "/v1/settings", dict.fromkeys(SETTINGS, True) | {"programs": False})
        owner.post(f"/v1/devices/{endpoint.name}/revoke", None)
        owner.delete("/v1/devices/" + endpoint.name)
        owner.delete("/v1/tokens/" + token["id"])
        owner.delete("/v1/deployment-keys/" + deployment["id"])
        house.sign_in("one").delete("/v1/session")
        entries = signed(owner)
        assert [entry["seq"] for entry in entries] == list(range(len(entries)))
        acts = [(entry["act"], entry["by"].split("_")[0], entry.get("on", [None])[0]) for entry in entries]
        tenant = owner.get("/v1/session")["tenant"]["id"]
        assert acts == [
            ("tenant.made", "operator", tenant), ("tenant.claimed", "usr", None), ("kit.confirmed", "usr", None),
            ("deployment.made", "usr", deployment["id"]), ("device.enrolled", "dpl", endpoint.name),
            ("device.approved", "usr", endpoint.name), ("accounts.known", "dev", endpoint.name),
            ("records.opened", "usr", endpoint.name), ("token.made", "usr", token["id"]),
            ("collection.changed", "usr", None), ("device.revoked", "usr", endpoint.name),
            ("device.destroyed", "usr", endpoint.name), ("token.ended", "usr", token["id"]),
            ("deployment.ended", "usr", deployment["id"]), ("session.opened", "usr", None),
            ("session.ended", "usr", None)], acts
        assert {entry["by"] for entry in entries if entry["by"].startswith("usr")} == {member}
        assert [entry["count"] for entry in entries if entry["act"] == "collection.changed"] == [1]
        assert not any(name in json.dumps(entries) for name in ("zq-name", "bash", "First Owner", "auditor", "held"))


def the_log_is_filtered_paged_and_given_as_csv():
    with House() as house:
        owner = house.claim("one")
        for _ in range(300):
            owner.get("/v1/session")
        tokens = [token_of(owner)["id"] for _ in range(5)]
        for token in tokens:
            owner.delete("/v1/tokens/" + token)
        assert [entry["on"] for entry in signed(owner, "token.ended")] == [[token] for token in tokens]
        by = owner.get("/v1/session")["user"]["id"]
        assert len(owner.get("/v1/log?by=" + by)["items"]) == 12
        assert owner.get("/v1/log?by=operator")["items"][0]["act"] == "tenant.made"
        assert owner.get("/v1/log?until=2020-01-01") == {"items": [], "next": None}
        assert len(owner.get("/v1/log?from=2020-01-01")["items"]) == 13
        page = owner.get("/v1/log?limit=4")
        assert [entry["seq"] for entry in page["items"]] == [12, 11, 10, 9] and page["next"] == "9"
        for wrong in ("limit=0", "limit=501", "cursor=14", "cursor=x"):
            refused(400, lambda: owner.get("/v1/log?" + wrong))
        assert {entry["act"] for entry in owner.get("/v1/log?on=" + tokens[2])["items"]} == {"token.made", "token.ended"}
        assert owner.get(f"/v1/log?on={tokens[2]}&act=token.ended")["items"][0]["on"] == [tokens[2]]
        for none in (tokens[2][:-1], tokens[2][1:], "%22", ",", "tok_"):
            assert owner.get("/v1/log?on=" + none)["items"] == []
        owner.headers["Accept"] = "text/csv"
        lines = owner.get("/v1/log?act=token.made").decode().splitlines()
        assert lines[0] == "at,act,by,entry" and len(lines) == 6 and all(",token.made," in line for line in lines[1:])


def many_entries(house, owner, count):
    """So many more in the journal, as the keys process writes them; it is the service that makes a log of them."""
    tenant = base64.b32decode(owner.get("/v1/session")["tenant"]["id"][4:].upper() + "======")[:16]
    database = sqlite3.connect(house.home / "keyring/keyring.db", timeout=30, isolation_level=None)
    with contextlib.closing(database):
        database.execute("begin immediate")
        first, = database.execute("select entries from logs where id = ?", (tenant,)).fetchone()
        rows = ((tenant, seq, b'{"seq":%d,"at":"2026-01-02T03:04:05Z","act":"device.%s","by":"operator","on":["dev_%s"]}'
                 % (seq, (b"revoked", b"approved")[seq % 2], b"a" * 26)) for seq in range(first, first + count))
        database.executemany("insert into journal (log, seq, entry) values (?, ?, ?)", rows)
        database.execute("update logs set entries = entries + ?, behind = 1 where id = ?", (count, tenant))
        database.execute("commit")
    return first + count


def a_csv_of_any_length_is_given_whole_by_pages():
    with House() as house:
        owner = house.claim("one")
        token, many = token_of(owner)["token"], 20000
        signed(owner)
        size = many_entries(house, owner, many)
        deadline = time.monotonic() + 60
        while owner.get("/v1/log/about")["size"] < size:
            assert time.monotonic() < deadline, owner.get("/v1/log/about")
            time.sleep(0.2)
        head, *lines = csv_lines(command(house, "log", "list", "--csv", token=token))
        assert head == ["at", "act", "by", "entry"]
        assert [json.loads(line[3])["seq"] for line in lines] == list(range(size - 1, -1, -1))
        chosen = csv_lines(command(house, "log", "list", "--csv", "--act", "device.approved", token=token))[1:]
        assert len(chosen) == many // 2 and {line[1] for line in chosen} == {"device.approved"}
        rare = csv_lines(command(house, "log", "list", "--csv", "--act", "tenant.", token=token))[1:]
        assert [line[1] for line in rare] == ["tenant.claimed", "tenant.made"]


def csv_lines(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def a_copy_of_the_log_verifies_without_the_service_and_grows_with_each_visit():
    with House() as house:
        owner = house.claim("one")
        token = token_of(owner)
        for _ in range(140):
            owner.delete("/v1/tokens/" + token_of(owner)["id"])
        first = len(signed(owner))
        tiles = house.home / "log" / owner.get("/v1/session")["tenant"]["id"] / "tile"
        for _ in range(20):
            left = [file for folder in ("0", "entries") for file in (tiles / folder / "000.p").glob("*")]
            if not left:
                break
            time.sleep(0.1)
        assert not left and (tiles / "0/000").exists() and list((tiles / "0/001.p").glob("*")), left
        copy = house.folder / "copy"
        command(house, "log", "mirror", copy, token=token["token"])
        key = (copy / "key").read_text()
        about = owner.get("/v1/log/about")
        assert key == about["key"]
        verify("log", copy, "--key", key)
        verify("checkpoint", copy / "checkpoint", "--key", key, "--witness", about["clock"])
        for _ in range(40):
            owner.delete("/v1/tokens/" + token_of(owner)["id"])
        last = len(signed(owner, least=first + 80))
        command(house, "log", "mirror", copy, token=token["token"])
        verify("log", copy, "--key", key)
        verify("consistency", copy / f"checkpoint.{first}", copy / f"checkpoint.{last}", "--key", key, "--log", copy)
        for seq in (0, 255, 256, last - 1):
            command(house, "log", "proof", str(seq), "--output", copy / "one.tlog-proof", token=token["token"])
            (copy / "entry").write_text(command(house, "log", "show", str(seq), token=token["token"]).rstrip("\n"))
            verify("proof", copy / "one.tlog-proof", "--key", key, "--entry", copy / "entry")
            (copy / "entry").write_text("{}")
            verify("proof", copy / "one.tlog-proof", "--key", key, "--entry", copy / "entry", good=False)
        refused(404, lambda: owner.get(f"/v1/log/{last + 100}/proof"))
        refused(400, lambda: owner.get("/v1/log/file?path=../../root.key"))
        refused(400, lambda: owner.get("/v1/log/file?path=tile/0/..%2f..%2fcheckpoint"))


def another_client_and_an_unknown_one_see_nothing_of_it():
    with House() as house:
        owner, other = house.claim("one"), house.claim("two")
        token_of(owner)
        signed(owner)
        assert {entry["act"] for entry in signed(other)} == {"tenant.made", "tenant.claimed", "kit.confirmed"}
        assert owner.get("/v1/log/about")["key"] != other.get("/v1/log/about")["key"]
        for path in ("/v1/log", "/v1/log/about", "/v1/log/0", "/v1/log/0/proof", "/v1/log/file?path=checkpoint"):
            refused(401, lambda: house.nobody().get(path))


def an_altered_log_is_not_written_on_and_the_copy_says_so():
    with House() as house:
        owner = house.claim("one")
        token = token_of(owner)
        size = len(signed(owner))
        log = house.home / "log" / owner.get("/v1/session")["tenant"]["id"]
        tile = log / f"tile/entries/000.p/{size}"
        tile.write_bytes(tile.read_bytes().replace(b"kit.confirmed", b"kit.forgotten"))
        copy = house.folder / "copy"
        command(house, "log", "mirror", copy, token=token["token"])
        assert "tampered" in verify("log", copy, "--key", owner.get("/v1/log/about")["key"], good=False)
        owner.delete("/v1/tokens/" + token["id"])
        time.sleep(1.5)
        about = owner.get("/v1/log/about")
        assert about["size"] == size < about["entries"], about
        assert f"do not lead to its checkpoint of {size} entries" in (house.folder / "custodyd.log").read_text()


def no_kill_loses_an_entry_of_an_act_that_was_answered_or_breaks_the_log():
    with House() as house:
        owner = house.claim("one")
        token, made, chance = token_of(owner), [], random.Random(3)
        for turn in range(KILLS):
            for _ in range(chance.randrange(1, 12)):
                made.append(token_of(owner)["id"])
            if turn % 3 == 0:
                with contextlib.suppress(Refused):
                    owner.ask("PUT", "/v1/settings", dict.fromkeys(SETTINGS, True))
            victim = chance.choice(["custody-jobs", "custody-jobs", "custody-keys", "custody-web", "all"])
            time.sleep(chance.uniform(0, 0.3))
            house.kill_all() if victim == "all" else house.kill(victim)
        entries = signed(owner)
        assert [entry["seq"] for entry in entries] == list(range(len(entries)))
        told = [entry["on"][0] for entry in entries if entry["act"] == "token.made"]
        assert told == [token["id"]] + made, (len(told), len(made))
        versions = [entry["count"] for entry in entries if entry["act"] == "collection.changed"]
        assert versions == list(range(1, len(versions) + 1)), versions
        assert len(versions) == owner.get("/v1/settings")["version"]
        copy = house.folder / "copy"
        command(house, "log", "mirror", copy, token=token["token"])
        verify("log", copy, "--key", owner.get("/v1/log/about")["key"])


class Opener(threading.Thread):
    """Opens one device's records over and over; counts what was answered."""

    def __init__(self, owner, device):
        super().__init__()
        self.owner, self.device, self.answered, self.refused, self.stopping, self.fault = owner, device, 0, 0, False, None

    def run(self):
        while not self.stopping and not self.fault:
            try:
                assert self.owner.get("/v1/devices/" + self.device)["programs"]
                self.answered += 1
            except Refused as refusal:
                self.refused += 1
                self.fault = refusal if refusal.status != 503 else None
            except (http.client.HTTPException, OSError):
                self.refused += 1
                time.sleep(0.02)
            except AssertionError as fault:
                self.fault = fault


def no_kill_loses_the_entry_of_an_open_that_was_answered():
    with House() as house:
        owner, devices = house.claim("one"), []
        for number in range(2):
            endpoint = house.enrol(owner)
            endpoint.report(1, [item(DEVICE, endpoint.id, endpoint.id, [field(4, f"zq-{number}")]),
                                item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("bash", "5.2")])])
            devices.append(endpoint.name)
        count = lambda device: sum(device in entry["on"] for entry in signed(owner, "records.opened"))
        before = {device: count(device) for device in devices}
        owner.get("/v1/devices/" + devices[0])
        each = count(devices[0]) - before[devices[0]]
        before[devices[0]] += each
        openers, chance = [Opener(Client(house, dict(owner.headers)), device) for device in devices], random.Random(5)
        for opener in openers:
            opener.start()
        for _ in range(max(KILLS // 2, 4)):
            time.sleep(chance.uniform(0.05, 0.3))
            house.kill("custody-keys")
        for opener in openers:
            opener.stopping = True
        for opener in openers:
            opener.join()
            assert not opener.fault, opener.fault
            told = count(opener.device) - before[opener.device]
            assert each >= 1 and told >= each * opener.answered > 0, (each, told, opener.answered)
            assert told <= each * (opener.answered + opener.refused), "what was never asked for"
        entries = signed(owner)
        assert [entry["seq"] for entry in entries] == list(range(len(entries)))
        assert promise(owner, "access.client-only")["state"] == "kept"
        print(f"        {sum(o.answered for o in openers)} answered opens, {sum(o.refused for o in openers)} refused")


def the_moment_is_signed_anew_each_minute_though_nothing_happens():
    with House() as house:
        owner = house.claim("one")
        signed(owner)
        checkpoint = house.home / "log" / owner.get("/v1/session")["tenant"]["id"] / "checkpoint"
        before = checkpoint.read_text()
        for _ in range(80):
            time.sleep(1)
            if checkpoint.read_text() != before:
                break
        after = checkpoint.read_text()
        assert after != before and after.splitlines()[:5] == before.splitlines()[:5]


main([each_act_stands_in_the_log_once_in_its_order_and_names_who_did_it, the_log_is_filtered_paged_and_given_as_csv,
      a_csv_of_any_length_is_given_whole_by_pages,
      a_copy_of_the_log_verifies_without_the_service_and_grows_with_each_visit,
      another_client_and_an_unknown_one_see_nothing_of_it, an_altered_log_is_not_written_on_and_the_copy_says_so,
      no_kill_loses_an_entry_of_an_act_that_was_answered_or_breaks_the_log, no_kill_loses_the_entry_of_an_open_that_was_answered,
      the_moment_is_signed_anew_each_minute_though_nothing_happens])
