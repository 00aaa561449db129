#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each process of the service is shut in: what it could reach if somebody took it over, by trying.

`cage_try` becomes the user of a process, shuts itself in with what that process asks for, and tries one thing."""
from house import *

TRY = BUILD / "src/sys/cage_try"
WEB, KEYS = (61801, 61802) if os.geteuid() == 0 else (os.geteuid(), os.geteuid())


def attempt(house, role, user, act, what):
    """done, refused, absent, failed or killed."""
    command = [TRY, role, house.home, str(house.port), str(user), act, str(what)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, value in (line.split(":", 1) for line in lines)}


def whole_cage(house):
    if "this kernel has no" in (house.folder / "custodyd.log").read_text():
        raise Skipped("the kernel of this machine has not all that a cage is made of")


def the_web_process_reaches_nothing_of_the_keys_even_as_their_user():
    with House() as house:
        whole_cage(house)
        house.claim("one")
        secrets_of_it = [house.home / name for name in ("keyring/keyring.db", "keyring/keyring.db-wal", "keyring/kek")]
        outside = [house.home / "root.key", house.home / "store/../root.key", house.folder / "custodyd.log", "/etc/passwd",
                   f"/proc/{house.children()['custody-keys']}/status", f"/proc/{house.monitor.pid}/cmdline"]
        for path in secrets_of_it:
            assert attempt(house, "free", KEYS, "read", path) == "done", f"{path} is not there"
        for user in (WEB, KEYS):
            for path in secrets_of_it + outside:
                assert attempt(house, "web", user, "read", path) == "refused", path
            for folder in (house.home / "keyring", house.home, house.home / "store/..", "/", "/tmp"):
                assert attempt(house, "web", user, "list", folder) == "refused", folder
            assert attempt(house, "web", user, "write", house.home / "other") == "refused"
        assert attempt(house, "web", WEB, "read", house.home / "store/control.db") == "done"
        assert attempt(house, "web", WEB, "write", house.home / "run/some") == "done"


def the_keys_process_reaches_nothing_of_the_store_even_as_its_user():
    with House() as house:
        whole_cage(house)
        house.claim("one")
        outside = [house.home / "store/control.db", house.home / "keyring/../store/control.db", house.home / "run/operator.sock",
                   house.home / "root.key", "/etc/passwd"]
        assert attempt(house, "free", WEB, "read", house.home / "store/control.db") == "done"
        for user in (KEYS, WEB):
            for path in outside:
                assert attempt(house, "keys", user, "read", path) == "refused", path
            assert attempt(house, "keys", user, "list", house.home / "store/tenants") == "refused"
        assert attempt(house, "keys", KEYS, "read", house.home / "keyring/keyring.db") == "done"


def neither_connects_or_runs_a_program_and_only_the_web_process_listens_where_it_should():
    with House() as house:
        whole_cage(house)
        other = free_port()
        assert attempt(house, "free", WEB, "connect", house.port) == "done"
        assert attempt(house, "free", WEB, "bind", other) == "done"
        for role, user in (("web", WEB), ("keys", KEYS)):
            assert attempt(house, role, user, "connect", house.port) == "killed"
            assert attempt(house, role, user, "run", "/bin/true") == "killed"
        assert attempt(house, "keys", KEYS, "bind", other) == "killed"
        assert attempt(house, "web", WEB, "bind", other) == "refused"
        assert attempt(house, "web", WEB, "bind", house.port) == "failed"  # taken, by the service


def shut_in(house):
    """Both processes, every thread of each."""
    children = house.children()
    for name, user in (("custody-web", WEB), ("custody-keys", KEYS)):
        for thread in pathlib.Path(f"/proc/{children[name]}/task").iterdir():
            about = status(thread.name)
            assert about["Seccomp"] == ["2"] and about["NoNewPrivs"] == ["1"], f"{name} is not shut in"
            assert about["Uid"] == [str(user)] * 4 and about["Gid"][0] == str(user if os.geteuid() == 0 else os.getegid())
            assert os.geteuid() != 0 or (about["Groups"] == [] and int(about["CapPrm"][0], 16) == 0)
    return children


def both_processes_are_shut_in_and_again_after_each_restart():
    with House() as house:
        whole_cage(house)
        before = shut_in(house)
        for victim in ("custody-web", "custody-keys"):
            house.kill(victim)
            after = shut_in(house)
            assert after[victim] != before[victim]
            before = after
        house.claim("one").get("/v1/devices")
        house.stop()
        assert "may not" not in (house.folder / "custodyd.log").read_text(), "a process overstepped"


@contextlib.contextmanager
def small_disk(size):
    """A folder on a disk of its own, as large as asked for."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-disk-"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True).returncode:
        folder.rmdir()
        raise Skipped("no disk of its own can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def new_passwords_are_held_against_debians_word_lists_and_where_there_are_none_the_log_says_so():
    said = "Debian's word lists are not there"
    claim = lambda house: house.operator("POST", "/operator/v1/tenants", {"name": "one"})["claim"]
    person = {"username": "owner", "full_name": "First Owner", "email": "owner@example.com", "password": "administrator"}
    def refusal(house):
        try:
            house.nobody().post("/v1/claim", {"claim": claim(house), **person})
        except Refused as refusal:
            return refusal.problem["detail"]
    with House() as house:
        assert "the word lists say" in refusal(house)
        assert said not in (house.folder / "custodyd.log").read_text()
    house = House()
    house.before = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /var/cache/cracklib && exec "$@"', "--"]
    if subprocess.run([*house.before, "true"], capture_output=True).returncode:
        raise Skipped("no disk can be mounted here")
    with house:
        assert "easy to guess" in refusal(house)
        assert said in (house.folder / "custodyd.log").read_text()


def fill(path):
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass


def a_full_disk_ends_no_process_and_room_lets_work_go_on():
    with small_disk("32m") as folder, House(folder) as house:
        owner = house.claim("one")
        endpoint = house.enrol(owner)
        items = [item(PROGRAM, secrets.token_bytes(16), endpoint.id, [program(f"p{i}", "1" * 200)]) for i in range(200)]
        endpoint.report(1, items)
        before = house.children()
        fill(folder / "filler")
        refused(503, lambda: [endpoint.report(2 + i, items, secrets.token_bytes(16)) for i in range(20)])
        refused(503, lambda: [owner.post("/v1/deployment-keys", {"name": f"k{i}", "uses": 1, "days": 1}) for i in range(200)])
        assert house.children() == before, "a process ended"
        (folder / "filler").unlink()
        endpoint.report(30, items)
        owner.post("/v1/tokens", {"name": "last", "role": "viewer", "days": 1})
        assert house.children() == before, "a process ended"


main([the_web_process_reaches_nothing_of_the_keys_even_as_their_user,
      the_keys_process_reaches_nothing_of_the_store_even_as_its_user,
      neither_connects_or_runs_a_program_and_only_the_web_process_listens_where_it_should,
      both_processes_are_shut_in_and_again_after_each_restart,
      new_passwords_are_held_against_debians_word_lists_and_where_there_are_none_the_log_says_so, a_full_disk_ends_no_process_and_room_lets_work_go_on])
