#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Markers planted on a machine of the test's own, collected by the real agent, are in no file of the service, and not in what
its web process gets out of TLS.

Runs in namespaces of its own (network, mounts, host name), so that nothing of the real machine changes."""
import ctypes, functools, os, shutil

from house import *

MAC, IP, HOST = "02:5a:51:6d:61:72", "198.51.100.77", "zq-marker-host"
ACCOUNT_NAME, GROUP_NAME, PROGRAM_NAME = "zqmarkeraccount", "zqmarkergroup", "zqmarkerprogram"
PERSON = {"username": "zqmarkeruser", "full_name": "Zq Marker Person", "email": "zq.marker@example.com"}
SPACES = {"net": 0x40000000, "mount": 0x20000, "host": 0x4000000}


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def append_over(path, text, folder):
    """The file with more text, seen in this test's mounts only."""
    changed = folder / path.strip("/").replace("/", "-")
    changed.write_text(pathlib.Path(path).read_text() + text)
    changed.chmod(0o644)
    run("mount", "--bind", changed, path)


@functools.cache
def given_a_marked_machine():
    """Once, for all tests; its changed files live as long as this program."""
    made = tempfile.TemporaryDirectory(prefix="custody-marker-")
    folder = pathlib.Path(made.name)
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(sum(SPACES.values())) != 0:
        raise Skipped("namespaces of its own need root")
    run("mount", "--make-rprivate", "/")
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "marker0", "address", MAC, "type", "veth", "peer", "name", "marker1")
    run("ip", "address", "add", IP + "/32", "dev", "marker0")
    run("ip", "link", "set", "marker0", "up")
    run("hostname", HOST)
    append_over("/etc/passwd", f"{ACCOUNT_NAME}:x:4321:4321:,,,:/home/zq:/bin/sh\n", folder)
    append_over("/etc/group", f"{GROUP_NAME}:x:4321:{ACCOUNT_NAME}\n", folder)
    append_over("/var/lib/dpkg/status", f"\nPackage: {PROGRAM_NAME}\nStatus: install ok installed\nVersion: 9.8.7\n\n", folder)
    return made


def collect(house, owner):
    key = owner.post("/v1/deployment-keys", {"name": "marker", "uses": 1, "days": 1})["key"]
    state = house.folder / "agent"
    run(BIN / "custody-agent", "enrol", "--url", f"https://localhost:{house.port}", "--key", key, "--state", state)
    run(BIN / "custody-agent", "once", "--agent-url", f"https://localhost:{house.port + 1}", "--state", state)
    return owner.get("/v1/devices/" + owner.get("/v1/devices")["items"][0]["id"])


def forms(marker):
    """How a marker might stand in a file: as it is, in the other case, in UTF-16, in hex and base64, as raw bytes."""
    plain = marker.encode()
    yield from (plain, plain.upper(), marker.encode("utf-16-le"), plain.hex().encode(), base64.b64encode(plain)[:-4])
    if marker == MAC:
        yield bytes.fromhex(MAC.replace(":", ""))


def found_in(folder, markers):
    return [(str(file), marker) for file in folder.rglob("*") if file.is_file() for marker in markers
            for form in forms(marker) if form in file.read_bytes()]


def what_was_planted_is_shown_to_the_owner_and_stands_in_no_file_of_the_service():
    given_a_marked_machine()
    with House() as house:
        owner = house.claim("one", **PERSON)
        whole = collect(house, owner)
        assert whole["name"] == HOST
        assert MAC in [address["mac"] for address in whole["addresses"]]
        assert IP in [address["ip"] for address in whole["addresses"]]
        marked = [account for account in whole["accounts"] if account["name"] == ACCOUNT_NAME]
        assert len(marked) == 1 and not marked[0]["system"]
        assert marked[0]["id"] in [group for group in whole["groups"] if group["name"] == GROUP_NAME][0]["account"]
        assert {"name": PROGRAM_NAME, "version": "9.8.7"} in whole["programs"]
        secret = [MAC, HOST, IP, ACCOUNT_NAME, GROUP_NAME, PROGRAM_NAME, PASSWORD, owner.kit, *PERSON.values(),
                  owner.headers["Cookie"].split("=")[1]]
        house.operator("POST", "/operator/v1/tenants", {"name": "zqplain"})
        assert found_in(house.home, ["zqplain"]), "the search itself does not find what is there in clear"
        assert found_in(house.home, secret) == []
        house.stop()
        assert found_in(house.home, secret) == []
        assert not any(form in (house.folder / "custodyd.log").read_bytes() for marker in secret for form in forms(marker))


def what_is_refused_is_told_of_without_a_word_of_what_was_said():
    said = ["zqpathmarker", "zqquerymarker", "zqbodymarker", "zqheadermarker", "zqtenantmarker"]
    path, query, body, header, tenant = said
    with House() as house:
        owner, before = house.claim("one"), (house.folder / "custodyd.log").stat().st_size
        bearer = Client(house, {"Authorization": "Bearer " + header})
        refused(404, lambda: owner.get(f"/v1/{path}?{query}"))
        refused(404, lambda: owner.get(f"/v1/devices/{path}"))
        refused(400, lambda: owner.get(f"/v1/devices?limit={query}"))
        refused(400, lambda: owner.post("/v1/tokens", {"name": "a", body: body}))
        refused(400, lambda: owner.post("/v1/tokens", {"name": "a", "role": body, "days": 1}))
        refused(401, lambda: bearer.get("/v1/devices"))
        refused(401, lambda: house.sign_in(tenant, PERSON["username"], body))
        text = (house.folder / "custodyd.log").read_bytes()[before:]
        lines = [line for line in text.splitlines() if line.startswith(b"web: refused:")]
        assert len(lines) == 7, lines
        assert not [(marker, line) for marker in [*said, *PERSON.values(), "127.0.0.1"] for form in forms(marker) for line in lines if form in line]


def tapped(house):
    """All that the web process has read so far."""
    whole = house.tap.read_bytes()
    return whole[8:8 + int.from_bytes(whole[:8], "little")]


def what_an_endpoint_collects_is_sealed_before_the_web_process_sees_it():
    given_a_marked_machine()
    with tempfile.TemporaryDirectory(prefix="custody-tap-") as folder:
        house = House()
        house.tap = pathlib.Path(folder, "tap")
        house.environment = {**os.environ, "LD_PRELOAD": str(BUILD.resolve() / "test/tap.so"), "CUSTODY_TAP": str(house.tap),
                             "ASAN_OPTIONS": "verify_asan_link_order=0"}
        with house:
            owner, state = house.claim("one"), house.folder / "agent"
            key = owner.post("/v1/deployment-keys", {"name": "marker", "uses": 2, "days": 1})["key"]
            clear = house.enrol(owner, key)
            clear.report(1, [item(PROGRAM, b"\1" * 16, clear.id, [program("sent-in-clear", "1")])])
            run(BIN / "custody-agent", "enrol", "--url", f"https://localhost:{house.port}", "--key", key, "--state", state)
            before = tapped(house)
            assert b"sent-in-clear" in before and HOST.encode() in before, "the tap does not see what goes in clear"
            run(BIN / "custody-agent", "once", "--agent-url", f"https://localhost:{house.port + 1}", "--state", state)
            heard = tapped(house)[len(before):]
            device = next(one for one in owner.get("/v1/devices")["items"] if one["name"] == HOST)
            whole = owner.get("/v1/devices/" + device["id"])
            assert ACCOUNT_NAME in [account["name"] for account in whole["accounts"]] and whole["broken"] == []
            assert b"/agent/v1/report" in heard and len(heard) > 4096
            assert not [marker for marker in (MAC, HOST, IP, ACCOUNT_NAME, GROUP_NAME, PROGRAM_NAME) for form in forms(marker)
                        if form in heard]
            assert zstd(b"")[:4] not in heard, "a list in clear, which compression would hide"


main([what_is_refused_is_told_of_without_a_word_of_what_was_said,
      what_an_endpoint_collects_is_sealed_before_the_web_process_sees_it,
      what_was_planted_is_shown_to_the_owner_and_stands_in_no_file_of_the_service])
