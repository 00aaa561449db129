#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A machine is lost: what is left are the snapshots, the keyring's copy and the root key. In an empty folder it is brought back: its
owner signs in and reads a device, whoever was forgotten stays so, and the evidence goes on where its mirror ends."""
import sqlite3

from house import *

GONE = "zq-forgotten"


def given_a_client(house, name):
    owner = house.claim(name)
    endpoint, endpoint.person, endpoint.gone = house.enrol(owner, name="zq-" + name), secrets.token_bytes(16), secrets.token_bytes(16)
    return owner, endpoint


def reported(endpoint, sequence, name):
    people = [(endpoint.person, "zq-alice"), (endpoint.gone, GONE)]
    endpoint.accounts([id for id, _ in people])
    endpoint.report(sequence, [item(DEVICE, endpoint.id, endpoint.id, [field(4, name)]),
                               item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program("zq-program", "1.0")])] +
                    [item(ACCOUNT, id, id, [account(id, text)]) for id, text in people])


def forgotten(owner):
    found = owner.post("/v1/people/search", {"name": GONE})["items"]
    owner.post("/v1/people/forget", {"accounts": [found[0]["id"]], "typed": GONE, "password": PASSWORD, "mentions": 0})


def mirrored(house):
    """The logs stand beside the snapshots as far as they are signed."""
    sizes = lambda folder: {one.parent.name: one.read_text().split("\n")[1] for one in folder.glob("*/checkpoint")}
    until = time.time() + 30
    while (now := sizes(house.home / "log")) != sizes(house.elsewhere / "snapshots/log") or len(now) < 2:
        assert time.time() < until
        time.sleep(0.1)


def lost(house):
    """All that the machine had, but the root key: that is kept apart."""
    root = (house.home / "root.key").read_bytes()
    house.stop()
    shutil.rmtree(house.home)
    return root


def rebuilt(house, root, **more):
    house.home.mkdir()
    (house.home / "root.key").write_bytes(root)
    (house.home / "root.key").chmod(0o600)
    return subprocess.run([BIN / "custodyd", "rebuild", "--home", house.home, *house.settings], capture_output=True, text=True, **more)


def accepted(house):
    house.operator("POST", "/operator/v1/marks/accept", {"typed": "the keyring is older"})
    until = time.time() + 30
    while house.operator("GET", "/operator/v1/marks")["keyring"]:
        assert time.time() < until, house.operator("GET", "/operator/v1/marks")
        time.sleep(0.2)


def a_machine_that_was_lost_is_brought_back_in_an_empty_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-e2e-"))
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    house = House(folder, "--snapshots", elsewhere / "snapshots", "--keyring-copy", elsewhere / "keyring", "--erasure-cooling", "0")
    house.elsewhere = elsewhere
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        with house:
            owner, endpoint = given_a_client(house, "one")
            reported(endpoint, 1, "zq-laptop")
            other, neighbour = given_a_client(house, "other")
            reported(neighbour, 1, "zq-neighbour")
            taken(owner), taken(other)
            forgotten(owner)
            work(owner, owner.post("/v1/drills", {})["work"])
            drill = owner.get("/v1/drills")["items"][0]
            assert drill["trouble"] is None and drill["rows"] > 3, drill
            mirrored(house)
            key, size = owner.get("/v1/log/about")["key"], owner.get("/v1/log/about")["size"]
            root = lost(house)

            failed = rebuilt(house, secrets.token_bytes(32))
            assert failed.returncode != 0 and "root key does not open" in failed.stderr, failed
            shutil.rmtree(house.home)
            done = rebuilt(house, root)
            assert done.returncode == 0 and "2 clients are back" in done.stdout, done
            again = subprocess.run([BIN / "custodyd", "rebuild", "--home", house.home, *house.settings], capture_output=True, text=True)
            assert again.returncode != 0 and "keyring.db is there" in again.stderr, again

            house.start()
            refused(503, lambda: house.sign_in("one"))
            accepted(house)
            owner = house.sign_in("one")
            whole = owner.get("/v1/devices/" + endpoint.name)
            assert whole["name"] == "zq-laptop" and [one["name"] for one in whole["accounts"]] == ["zq-alice"], whole
            assert [one["name"] for one in whole["programs"]] == ["zq-program"]
            assert house.sign_in("other").get("/v1/devices")["items"][0]["name"] == "zq-neighbour"
            assert GONE not in json.dumps([owner.get("/v1/devices/" + endpoint.name), owner.post("/v1/people/search", {"name": GONE})])
            endpoint.epoch = secrets.token_bytes(16)
            reported(endpoint, 1, "zq-laptop-again")
            assert owner.get("/v1/devices/" + endpoint.name)["name"] == "zq-laptop-again"
            for _ in range(100):
                about = owner.get("/v1/log/about")
                if about["size"] == about["entries"] and about["size"] > size:
                    break
                time.sleep(0.1)
            assert about["key"] == key and about["size"] > size, (about, size)
            log = house.home / "log" / about["origin"].split("/")[1]
            checked = subprocess.run([BIN / "custody-verify", "log", log, "--key", key], capture_output=True, text=True)
            assert checked.returncode == 0, checked
            assert work(owner, owner.post("/v1/snapshots", {})["work"])["state"] == "done"
            assert work(owner, owner.post("/v1/drills", {})["work"])["state"] == "done", owner.get("/v1/works")


def a_rebuild_that_was_killed_is_asked_for_again_and_nothing_is_served_before():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-e2e-"))
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere").chmod(0o755)
    house = House(folder, "--snapshots", folder / "elsewhere/snapshots", "--keyring-copy", folder / "elsewhere/keyring")
    house.elsewhere = folder / "elsewhere"
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        with house:
            owner, endpoint = given_a_client(house, "one")
            reported(endpoint, 1, "zq-laptop")
            taken(owner)
            assert work(owner, owner.post("/v1/drills", {})["work"])["state"] == "done", owner.get("/v1/works")
            mirrored(house)
            root = lost(house)
            for milliseconds in (5, 15, 40, 80, 150):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    shutil.rmtree(house.home, ignore_errors=True)
                    rebuilt(house, root, timeout=milliseconds / 1000)
                if (house.home / "rebuilding").exists():
                    monitor = subprocess.run([BIN / "custodyd", "--home", house.home, *house.settings], capture_output=True, text=True, timeout=30)
                    assert monitor.returncode != 0 and "a rebuild has not ended" in monitor.stderr, monitor
                    done = subprocess.run([BIN / "custodyd", "rebuild", "--home", house.home, *house.settings], capture_output=True, text=True)
                    assert done.returncode == 0 and "1 clients are back" in done.stdout, done
            if (house.home / "rebuilding").exists() or not (house.home / "keyring/keyring.db").exists():
                shutil.rmtree(house.home)
                assert rebuilt(house, root).returncode == 0
            (house.home / "rebuilding").touch()
            again = lambda: subprocess.run([BIN / "custodyd", "rebuild", "--home", house.home, *house.settings], capture_output=True, text=True)
            done = again()
            assert done.returncode == 0 and "there already, and as its snapshot has it" in done.stdout, done
            (house.home / "rebuilding").touch()
            store = next((house.home / "store/tenants").glob("*.db"))
            with contextlib.closing(sqlite3.connect(store)) as database, database:
                database.execute("update devices set seen = seen + 1")
            done = again()
            assert done.returncode != 0 and "differ" in done.stdout and (house.home / "rebuilding").exists(), done
            shutil.rmtree(house.home)
            assert rebuilt(house, root).returncode == 0
            house.start()
            accepted(house)
            assert house.sign_in("one").get("/v1/devices")["items"][0]["name"] == "zq-laptop"


main([a_machine_that_was_lost_is_brought_back_in_an_empty_folder, a_rebuild_that_was_killed_is_asked_for_again_and_nothing_is_served_before])
