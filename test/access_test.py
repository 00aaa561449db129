#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may open what, over the real service."""
import secrets

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
      a_removed_device_is_gone_and_its_certificate_refused])
