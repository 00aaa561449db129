#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Agents that are not ours, in the shapes that osquery and Santa send, against the whole service. The emulators were written
from those projects' own documents and test servers; the real clients have not been run."""
import gzip, sqlite3, zlib

from house import *

UUID = "4C4C4544-0042-3510-8052-B4C04F4A4E32"


def post(house, path, body, encoding=None, headers=None):
    """The raw answer: status, headers, body as JSON. What is sent is compressed as the encoding says."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    data = {"gzip": gzip.compress, "deflate": zlib.compress}.get(encoding, bytes)(data)
    headers = {"Content-Type": "application/json", **({"Content-Encoding": encoding} if encoding else {}), **(headers or {})}
    connection = http.client.HTTPSConnection("localhost", house.port, timeout=60, context=house.trust())
    with contextlib.closing(connection):
        connection.request("POST", path, data, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read() or b"{}")


class Osquery:
    """As osqueryd does it: it reads the body of an answer, never its status."""

    def __init__(self, house, secret, name="zq-desk", uuid=UUID):
        self.house, self.key = house, None
        self.enrolled = self.ask("enrol", {"enroll_secret": secret, "host_identifier": name, "platform_type": "9", "host_details": {
            "system_info": {"computer_name": name, "hostname": name, "uuid": uuid, "hardware_serial": "zq-serial"},
            "os_version": {"platform": "ubuntu", "name": "zq-os"}, "osquery_info": {"version": "5.9.1"}}})
        self.key = self.enrolled.get("node_key")

    def ask(self, call, body, **how):
        return post(self.house, "/foreign/v1/osquery/" + call, {**({"node_key": self.key} if self.key else {}), **body}, **how)[2]

    def schedule(self):
        return self.ask("config", {})["schedule"]

    def log(self, results, **how):
        return self.ask("log", {"log_type": "result", "data": results}, **how)


def snapshot(name, rows):
    return {"name": name, "action": "snapshot", "hostIdentifier": "zq-desk", "calendarTime": "Sat Nov 28 06:00:00 2026 UTC",
            "unixTime": 1795845600, "epoch": 0, "counter": 0, "numerics": False, "snapshot": rows}


INVENTORY = [
    snapshot("custody_name", [{"name": "zq-desk"}]),
    snapshot("custody_macs", [{"mac": "02:00:5e:10:00:01"}]),
    snapshot("custody_ips", [{"address": "127.0.0.1"}, {"address": "192.0.2.7"}]),
    snapshot("custody_users_linux", [{"uid": "0", "username": "root", "logged_in": "0"},
                                     {"uid": "1000", "username": "zq-alice", "logged_in": "1", "directory": "/home/zq-alice"},
                                     {"uid": "1001", "username": "zq-bob", "logged_in": "0"}]),
    snapshot("custody_groups_linux", [
        {"gid": "27", "groupname": "sudo", "uid": "1000", "username": "zq-alice", "namesake": ""},
        {"gid": "27", "groupname": "sudo", "uid": "0", "username": "root", "namesake": ""},
        {"gid": "1000", "groupname": "zq-alice", "uid": "1000", "username": "zq-alice", "namesake": "1000"}]),
    snapshot("custody_debs", [{"name": "bash", "version": "5.2.15-2"}, {"name": "vim", "version": "9"}]),
    snapshot("their_own_query", [{"secret": "zq-secret"}])]


def deployment(owner, **rule):
    return owner.post("/v1/deployment-keys", {"name": "foreign", "uses": 9, "days": 1, **rule})


def only_device(owner):
    devices = owner.get("/v1/devices")["items"]
    assert len(devices) == 1, devices
    return owner.get("/v1/devices/" + devices[0]["id"])


def stands_somewhere(house, text):
    return [path for path in house.folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def what_osquery_finds_is_the_inventory_and_its_names_stand_in_no_file():
    with House() as house:
        owner = house.claim("one")
        agent = Osquery(house, deployment(owner)["key"])
        assert agent.key.startswith("cfn_") and agent.enrolled["node_invalid"] is False
        assert agent.schedule()["custody_users_linux"]["snapshot"] is True
        assert agent.log(INVENTORY, encoding="gzip") == {"node_invalid": False}
        whole = only_device(owner)
        people = {one["name"]: one for one in whole["accounts"]}
        assert whole["name"] == "zq-desk" and whole["state"] == "approved"
        assert {"mac": "02:00:5e:10:00:01", "ip": None, "connected_from": None} in whole["addresses"]
        assert [one["ip"] for one in whole["addresses"] if one["ip"]] == ["192.0.2.7"]
        assert [one["connected_from"] for one in whole["addresses"] if one["connected_from"]] == ["127.0.0.1"]
        assert set(people) == {"root", "zq-alice", "zq-bob"} and people["root"]["system"] and not people["zq-alice"]["system"]
        assert people["zq-alice"]["logged_in"] and not people["zq-bob"]["logged_in"]
        assert whole["groups"] == [{"name": "sudo", "account": [people["zq-alice"]["id"], people["root"]["id"]]}]
        assert whole["programs"] == [{"name": "bash", "version": "5.2.15-2"}, {"name": "vim", "version": "9"}]
        agent.log([snapshot("custody_users_linux", [{"uid": "1000", "username": "zq-alice", "logged_in": "0"}])])
        again = {one["name"]: one for one in only_device(owner)["accounts"]}
        assert set(again) == {"zq-alice"} and again["zq-alice"]["id"] == people["zq-alice"]["id"]
        for text in ("zq-alice", "zq-bob", "zq-desk", "zq-serial", "zq-secret", "zq-os", UUID, UUID.lower()):
            assert not stands_somewhere(house, text), text


def what_is_switched_off_is_not_asked_for_and_inventory_is_asked_anew():
    with House() as house:
        owner = house.claim("one")
        agent = Osquery(house, deployment(owner)["key"])
        queries = agent.ask("distributed/read", {})
        assert "custody_debs" in queries["queries"] and "custody_debs" in queries["discovery"]
        rows = {one["name"]: one["snapshot"] for one in INVENTORY}
        assert agent.ask("distributed/write", {"queries": rows, "statuses": {name: 0 for name in rows}}) == {"node_invalid": False}
        assert agent.ask("distributed/read", {})["queries"] == {} and len(only_device(owner)["programs"]) == 2
        switches = [name for name, on in owner.get("/v1/settings").items() if isinstance(on, bool)]
        owner.put("/v1/settings", {name: name not in ("programs", "usernames") for name in switches})
        assert not any("deb" in name or "user" in name or "group" in name for name in agent.schedule())
        assert "custody_ips" in agent.ask("distributed/read", {})["queries"]
        agent.log(INVENTORY)
        whole = only_device(owner)
        assert whole["programs"] == whole["accounts"] == whole["groups"] == [] and whole["name"] == "zq-desk"


def a_machine_that_waits_is_asked_nothing_and_what_it_sends_is_not_taken():
    with House() as house:
        owner = house.claim("one")
        agent = Osquery(house, deployment(owner, pattern="lab-*")["key"])
        assert agent.schedule() == {} and agent.ask("distributed/read", {})["queries"] == {}
        assert agent.log(INVENTORY)["error"] and agent.ask("log", {"log_type": "status", "data": [{"message": "zq"}]}) == {"node_invalid": False}
        device = only_device(owner)
        assert device["state"] == "pending" and device["name"] == "zq-desk" and device["programs"] == []
        owner.post(f"/v1/devices/{device['id']}/approve", {})
        assert agent.schedule() and agent.log(INVENTORY) == {"node_invalid": False}
        owner.post(f"/v1/devices/{device['id']}/revoke", {})
        assert agent.schedule() == {} and "node_invalid" not in agent.log(INVENTORY)
        owner.delete("/v1/devices/" + device["id"])
        assert agent.ask("config", {}) == {"node_invalid": True} == agent.log(INVENTORY)


def only_an_unknown_node_is_told_that_it_is():
    with House() as house:
        owner, other = house.claim("one"), house.claim("two")
        agent, wrong = Osquery(house, deployment(owner)["key"]), deployment(owner)["key"]
        for key in ("cdk_AAAA", "x", wrong[:40] + ("B" if wrong[40] == "A" else "A") + wrong[41:]): # the last has another secret
            refusal = Osquery(house, key).enrolled
            assert refusal["node_invalid"] is True and "node_key" not in refusal and refusal["error"]
        header = {"Authorization": "NodeKey " + agent.key}
        assert "schedule" in post(house, "/foreign/v1/osquery/config", {}, headers=header)[2]
        assert post(house, "/foreign/v1/osquery/config", {"node_key": "cfn_AAAA"})[2] == {"node_invalid": True}
        status, _, problem = post(house, "/foreign/v1/osquery/log", b"{", headers=header)
        assert status == 400 and problem["error"] and "node_invalid" not in problem
        Osquery(house, deployment(other)["key"])
        assert len(other.get("/v1/devices")["items"]) == 1 == len(owner.get("/v1/devices")["items"])
        assert agent.ask("config", {})["node_invalid"] is False
        refused(404, lambda: house.nobody().get("/foreign/v1/osquery/config"))


def what_is_too_large_is_refused_however_small_it_was_sent():
    with House() as house:
        owner = house.claim("one")
        agent = Osquery(house, deployment(owner)["key"])
        header = {"Authorization": "NodeKey " + agent.key}
        bomb = zlib.compress(b" " * (64 << 20), 9)
        assert len(bomb) < 1 << 20
        for body, headers in ((bomb, {"Content-Encoding": "deflate"}), (b'{"a":[' + b"[]," * 410000 + b"1]}", {}), (b" " * ((1 << 20) + 1), {})):
            status, _, problem = post(house, "/foreign/v1/osquery/log", body, headers={**header, **headers})
            assert status == 413 and problem["error"], (status, problem)
        assert post(house, "/foreign/v1/osquery/log", b"x", "identity", {**header, "Content-Encoding": "br"})[0] == 400
        assert post(house, "/foreign/v1/osquery/log", b"no zlib", headers={**header, "Content-Encoding": "deflate"})[0] == 400
        assert post(house, "/v1/session", b" " * ((64 << 10) + 1))[0] == 413
        assert agent.log(INVENTORY) == {"node_invalid": False}


class Santa:
    def __init__(self, house, key, machine=UUID, host="zq-mac.example"):
        self.house, self.base, self.machine, self.host = house, "/foreign/v1/santa/" + key, machine, host

    def ask(self, stage, body, encoding="deflate"):
        return post(self.house, f"{self.base}/{stage}/{self.machine}", {"machine_id": self.machine, **body}, encoding)

    def preflight(self, **more):
        return self.ask("preflight", {"serial_num": "zq-serial", "hostname": self.host, "os_version": "14.5", "model_identifier": "zq-model",
                                      "santa_version": "2025.1", "primary_user": "zq-carol", "client_mode": "MONITOR", "sipStatus": 111,
                                      "rulesHash": "h", **more})


def a_santa_enrols_with_its_first_preflight_and_tells_name_and_owner():
    with House() as house:
        owner, other = house.claim("one"), house.claim("two")
        agent = Santa(house, deployment(owner)["key"])
        assert agent.ask("eventupload", {"events": []})[0] == 403
        status, _, orders = agent.preflight()
        assert status == 200 and orders["full_sync_interval"] == 600 and "client_mode" not in orders
        assert agent.preflight()[0] == 200
        whole = only_device(owner)
        assert whole["name"] == "zq-mac.example" and [one["name"] for one in whole["accounts"]] == ["zq-carol"]
        assert agent.ask("eventupload", {"events": [{"file_path": "/x", "file_name": "y", "execution_time": 1.5, "executing_user": "zq-dave"}]})[0] == 200
        assert agent.ask("ruledownload", {}, None)[2] == {"rules": []} and agent.ask("postflight", {"rules_received": 0}, "gzip")[0] == 200
        for stranger in (Santa(house, deployment(other)["key"]), Santa(house, "cdk_AAAA"), Santa(house, agent.base[-30:])):
            assert stranger.ask("postflight", {})[0] == 403
            status, headers, _ = stranger.ask("xsrf", {}, None)
            assert status == 200 and headers["X-XSRF-TOKEN"]
        assert Santa(house, "cdk_AAAA").preflight()[0] == 403
        for text in ("zq-carol", "zq-dave", "zq-mac", "zq-serial", "zq-model", UUID):
            assert not stands_somewhere(house, text), text


def a_mac_with_both_agents_is_one_device():
    with House() as house:
        owner = house.claim("one")
        key = deployment(owner)["key"]
        agent, santa = Osquery(house, key, "zq-mac.example"), Santa(house, key)
        agent.log([snapshot("custody_users_macos", [{"uid": "501", "username": "zq-carol", "logged_in": "1"}])])
        assert santa.preflight()[0] == 200
        assert [(one["name"], one["logged_in"]) for one in only_device(owner)["accounts"]] == [("zq-carol", True)]
        assert owner.get("/v1/deployment-keys")["items"][0]["used"] == 1


def publish(owner, rules):
    return owner.post("/v1/policies", {"files": [{"name": "20-test.rules", "text": rules}], "days": 30, "password": PASSWORD})


def launch(path, name="custody_launches_linux", **columns):
    return {"name": name, "action": "added", "hostIdentifier": "zq-desk", "unixTime": int(time.time()), "epoch": 0, "counter": 1,
            "columns": {"time": str(int(time.time())), "path": path, "uid": "1000", "username": "zq-alice", "cmdline": "zq --secret", **columns}}


def launches_are_kept_as_the_policy_has_them_recorded():
    with House() as house:
        owner = house.claim("one")
        agent = Osquery(house, deployment(owner)["key"])
        assert not any("launches" in name for name in agent.schedule())
        agent.log([launch("/usr/bin/zq-before")])
        publish(owner, "observe record=none any : path=/opt/**\ndeny record=path,sha256 user=system : path=/usr/**\ndefault observe record=path\n")
        assert "custody_launches_linux" in agent.schedule()
        agent.log([launch("/usr/bin/zq-vim"), launch("/opt/zq-none"), launch("/usr/bin/zq-id", uid="0", username="root")])
        kept = {one["path"]: one for one in owner.get("/v1/launches")["items"]}
        assert set(kept) == {"/usr/bin/zq-vim", "/usr/bin/zq-id"}, kept
        people = {one["name"]: one["id"] for one in only_device(owner)["accounts"]}
        assert set(people) == {"zq-alice"} and kept["/usr/bin/zq-vim"]["account"] == people["zq-alice"]
        owner.put("/v1/settings", {name: name != "launches" for name, on in owner.get("/v1/settings").items() if isinstance(on, bool)})
        assert not any("launches" in name for name in agent.schedule())
        for text in ("zq-alice", "zq-vim", "zq-secret"):
            assert not stands_somewhere(house, text), text


def a_santa_gets_what_it_can_hold_of_the_policy_and_says_when_it_does():
    with House() as house:
        owner = house.claim("one")
        agent, digest = Santa(house, deployment(owner)["key"]), "ab" * 32
        agent.preflight()
        publish(owner, f"deny any : sha256={digest}\ndeny any : path=/tmp/**\nallow any : path=/Applications/*\ndeny group=zq : path=/opt/x\ndefault observe\n")
        orders = agent.preflight()[2]
        assert orders["client_mode"] == "MONITOR" and orders["sync_type"] == "CLEAN"
        assert orders["blocked_path_regex"] == "^(/tmp/[\\s\\S]*)\\z" and orders["allowed_path_regex"] == "^(/Applications/[^/]*)\\z"
        assert agent.ask("ruledownload", {})[2] == {"rules": [{"identifier": digest, "policy": "BLOCKLIST", "rule_type": "BINARY"}]}
        assert rollout(owner)["state"] == "silent"
        agent.ask("postflight", {"rules_received": 1, "rules_processed": 0})
        assert (rollout(owner)["state"], rollout(owner)["trouble"]) == ("trouble", "rules")
        agent.ask("postflight", {"rules_received": 1, "rules_processed": 1})
        said = rollout(owner)
        assert (said["number"], said["trouble"], said["left_out"]) == (1, "partly", 1), said
        assert agent.preflight(binary_rule_count=1)[2]["sync_type"] == "NORMAL" and agent.ask("ruledownload", {})[2] == {"rules": []}
        publish(owner, "default deny record=path\n")
        assert agent.preflight(binary_rule_count=1)[2]["client_mode"] == "LOCKDOWN"
        agent.ask("postflight", {"rules_received": 1, "rules_processed": 1})
        assert [rollout(owner)[name] for name in ("state", "number", "left_out")] == ["current", 2, 0]
        assert agent.preflight(binary_rule_count=0)[2]["sync_type"] == "CLEAN" and rollout(owner)["number"] == 0
        assert len(agent.ask("ruledownload", {})[2]["rules"]) == 1
        event = {"file_sha256": digest, "file_path": "/tmp", "file_name": "zq-x", "executing_user": "zq-dave", "execution_time": time.time(),
                 "decision": "BLOCK_BINARY", "parent_name": "zq-parent"}
        assert agent.ask("eventupload", {"events": [event]})[0] == 200
        kept = owner.get("/v1/launches")["items"]
        assert [(one["path"], one["decision"]) for one in kept] == [("/tmp/zq-x", kept[0]["decision"])] and "den" in str(kept[0]["decision"])
        device = only_device(owner)
        assert {one["name"] for one in device["accounts"]} == {"zq-carol", "zq-dave"}
        [store] = (house.home / "store/tenants").glob("*.db")
        with contextlib.closing(sqlite3.connect(store)) as altered, altered:
            assert altered.execute("update policies set note = replace(note, 'record=path', 'record=none') where number = 2").rowcount == 1
        assert "client_mode" not in agent.preflight()[2] and agent.ask("ruledownload", {})[2] == {"rules": []}
        owner.post(f"/v1/devices/{device['id']}/revoke", {})
        assert agent.preflight()[0] == 403 == agent.ask("ruledownload", {})[0]


def rollout(owner):
    return owner.get("/v1/policies/rollout")["items"][0]


main([what_osquery_finds_is_the_inventory_and_its_names_stand_in_no_file, what_is_switched_off_is_not_asked_for_and_inventory_is_asked_anew,
      a_machine_that_waits_is_asked_nothing_and_what_it_sends_is_not_taken, only_an_unknown_node_is_told_that_it_is,
      what_is_too_large_is_refused_however_small_it_was_sent, a_santa_enrols_with_its_first_preflight_and_tells_name_and_owner,
      a_mac_with_both_agents_is_one_device, launches_are_kept_as_the_policy_has_them_recorded,
      a_santa_gets_what_it_can_hold_of_the_policy_and_says_when_it_does])
