#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guard: launches are judged whatever way they are tried, and written down once, whatever happens to it.

On a file system of its own, in memory, beside a killer: a question that nobody answers would hold up whoever launches."""
import threading

from house import *

TRY, AGENT = BUILD / "src/agent/guard_try", BIN / "custody-agent"
LOADER = next(pathlib.Path("/").glob("lib*/ld-linux-*.so.*"), None)
PERSON = 54321
LAUNCHES = int(os.environ.get("CUSTODY_LAUNCHES", 1500))  # of each of two lanes


def tried(*args):
    return subprocess.run([TRY, *map(str, args)], check=True, capture_output=True, text=True).stdout


class Guard:
    """A guard over one file system. `at` is where that is mounted, with programs to run; `enrol` what makes its folder."""

    def __init__(self, rules=None, enrol=lambda state: tried("enrol", state)):
        if os.geteuid() != 0:
            raise Skipped("only root may judge launches")
        self.rules, self.enrol = rules, enrol

    def __enter__(self):
        try:
            return self.open()
        except BaseException:
            self.__exit__()
            raise

    def open(self):
        self.number, self.process = 0, None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-guard-"))
        self.at, self.state, self.log = self.folder / "disk", self.folder / "state", self.folder / "log"
        self.at.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m,mode=755", "tmpfs", self.at], capture_output=True).returncode:
            raise Skipped("nothing can be mounted here")
        self.folder.chmod(0o755)
        for name, program in {"true": "/bin/true", "sh": "/bin/sh", "python3": os.path.realpath(sys.executable),
                              "no/true": "/bin/true"}.items():
            self.copy(program, name)
        self.copy(LOADER, "ld.so")
        self.enrol(self.state)
        if self.rules:
            self.policy(self.rules)
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        while subprocess.run(["umount", "-l", self.at], capture_output=True).returncode == 0:
            pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def copy(self, program, name):
        (self.at / name).parent.mkdir(exist_ok=True)
        shutil.copy(program, self.at / name)
        return self.at / name

    def script(self, name, interpreter, text="exit 0"):
        path = self.at / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{interpreter}\n{text}\n")
        path.chmod(0o755)
        return path

    def start(self):
        said = self.said().count("judging launches")
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([AGENT, "guard", "--state", self.state, "--only", self.at, "--journal",
                                             self.folder / "journal"], stderr=log)
        self.killer = threading.Timer(60 + LAUNCHES / 100, self.process.kill)
        self.killer.start()
        self.wait(lambda: self.said().count("judging launches") > said)

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.killer.cancel()

    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def wait(self, truth, seconds=10):
        until = time.monotonic() + seconds
        while not truth():
            if self.process.poll() is not None or time.monotonic() > until:
                if "nobody judge" in self.said() or "tells nothing" in self.said():
                    raise Skipped("this kernel lets nobody judge launches")
                raise AssertionError(self.said())
            time.sleep(0.02)

    def worker(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.wait(lambda: children.read_text())
        return int(children.read_text().split()[0])

    def policy(self, rules):
        """A signed policy arrives; `AT` is where the file system is mounted."""
        self.number += 1
        (self.folder / "rules").write_text(rules.replace("AT", str(self.at)))
        tried("policy", self.state, self.number, self.folder / "rules")
        if self.process:
            self.wait(lambda: f"policy {self.number} is in force" in self.said())

    def launches(self):
        """All that was handed over until the guard was stopped."""
        self.stop()
        return [json.loads(line) for line in tried("launches", self.state).splitlines()]

    def trouble(self):
        return self.state / "policy/state.json"

    def counts(self):
        return json.loads((self.state / "guard.json").read_text())


def runs(*command, **options):
    """Whether the kernel let it begin, and it ended well."""
    try:
        return subprocess.run([str(word) for word in command], timeout=20, capture_output=True, **options).returncode == 0
    except PermissionError:
        return False


def count(launches, **what):
    return sum(max(one["count"], 1) for one in launches if all(one[name] == value for name, value in what.items()))


def what_is_forbidden_does_not_run_under_another_name_or_another_way():
    with Guard("deny any : path=AT/no/**\ndefault observe\n") as guard:
        at, forbidden = guard.at, guard.at / "no/true"
        assert runs(at / "true") and not runs(forbidden)
        os.link(forbidden, at / "linked")
        os.symlink(forbidden, at / "pointed")
        (at / "bound").mkdir()
        subprocess.run(["mount", "--bind", at / "no", at / "bound"], check=True)
        assert not runs(at / "linked") and not runs(at / "pointed")
        assert not runs(at / "bound/true"), "a bind mount"
        assert not runs(at / "ld.so", forbidden) and runs(at / "ld.so", at / "true")
        assert not runs(at / "ld.so", "--library-path", "/lib", forbidden)
        assert not runs("unshare", "--mount", forbidden), "another mount namespace"
        subprocess.run(["umount", at / "bound"], check=True)


def what_is_forbidden_by_its_content_does_not_run_as_a_copy():
    with Guard() as guard:
        forbidden = guard.at / "no/true"
        forbidden.write_bytes(forbidden.read_bytes() + b"marked")
        digest = subprocess.run(["sha256sum", forbidden], check=True, capture_output=True, text=True).stdout.split()[0]
        assert runs(forbidden)
        guard.policy(f"deny any : sha256={digest}\ndefault observe\n")
        assert not runs(forbidden) and not runs(guard.copy(forbidden, "copied")) and runs(guard.at / "true")
        shutil.copyfile(forbidden, guard.at / "true")
        assert not runs(guard.at / "true"), "a file that was allowed, and then changed"


def scripts_are_judged_through_their_interpreters():
    with Guard("deny any : path=AT/no/**\ndeny any : script=AT/other/**\ndefault observe\n") as guard:
        at = guard.at
        for name in ("no/run", "other/run"):
            forbidden, allowed = guard.script(name, at / "sh"), guard.script("yes", at / "sh")
            assert runs(allowed) and runs(at / "sh", allowed) and runs(at / "sh", "-e", allowed)
            assert not runs(forbidden) and not runs(at / "sh", forbidden) and not runs(at / "sh", "-e", "--", forbidden)
            assert not runs(at / "sh", name, cwd=at), "a path from where the caller is"
            assert not runs(at / "ld.so", at / "sh", forbidden)
            assert runs(at / "sh", "-c", "exit 0", forbidden), "an argument that is no script"
        copied = guard.copy("/bin/dash", "innocent")
        assert runs(copied, at / "yes") and not runs(copied, at / "no/run"), "an interpreter under another name"
        python = guard.script("no/python", at / "python3", "pass")
        assert not runs(at / "python3", "-I", "-W", "ignore", python) and runs(at / "python3", "-c", "pass")


def what_runs_from_memory_is_stopped():
    with Guard("deny any : path=/memfd:*\ndefault observe\n") as guard:
        program = ("import os, sys\nfd = os.memfd_create('x')\nos.write(fd, open('/bin/sleep', 'rb').read())\n"
                   "os.execve(fd, ['sleep', '20'], {})\n")
        begun = time.monotonic()
        ended = subprocess.run([guard.at / "python3", "-I", "-c", program], timeout=30).returncode
        assert ended == -signal.SIGKILL and time.monotonic() - begun < 10, ended
        denied = [one for one in guard.launches() if one["decision"] == 1]
        assert len(denied) == 1 and "memfd" in denied[0]["path"] and denied[0]["reason"] == "stopped after it had begun"


def a_person_is_told_from_the_system_and_each_launch_is_written_down_once():
    rules = ("deny record=path user=people : path=AT/no/**\nobserve record=none any : path=AT/sh\n"
             "observe record=all any : path=AT/python3\ndefault observe\n")
    with Guard(rules) as guard:
        as_person = ["setpriv", f"--reuid={PERSON}", f"--regid={PERSON}", "--clear-groups"]
        for _ in range(3):
            assert runs(guard.at / "true") and runs(guard.at / "no/true") and runs(guard.at / "sh", "-c", "exit 0")
            assert not runs(*as_person, guard.at / "no/true") and runs(*as_person, guard.at / "true")
        assert runs(guard.at / "python3", "-I", "-c", "pass", "--password", "hunter2")
        launches = guard.launches()
        assert count(launches, path=str(guard.at / "true")) == 6, launches
        assert count(launches, path=str(guard.at / "no/true"), decision=3, rule=0) == 3
        assert count(launches, path=str(guard.at / "no/true"), decision=1, rule=1) == 3
        assert not count(launches, path=str(guard.at / "sh")), "record=none"
        told = next(one for one in launches if one["path"] == str(guard.at / "python3"))
        assert told["args"] == "-I -c pass --password •••" and told["sha256"] and told["policy"] == 1, told
        assert all(one["parent"] is None for one in launches if one["rule"] == 1), "only what its rule lets be recorded"


def a_guard_that_is_killed_holds_up_nobody_and_loses_nothing():
    with Guard("deny any : path=AT/no/**\ndefault observe\n") as guard:
        times, launched = 5, 0
        for turn in range(times):
            os.kill(guard.worker(), signal.SIGKILL)
            for _ in range(10):
                begun = time.monotonic()
                assert runs(guard.at / "true") and time.monotonic() - begun < 2
                launched += 1
            guard.wait(lambda: guard.said().count("begun anew") == turn + 1)
            time.sleep(turn * 0.02)
        guard.wait(lambda: "judging" in guard.said().rsplit("begun anew")[-1])
        assert not runs(guard.at / "no/true")
        guard.stop(signal.SIGKILL)
        assert runs(guard.at / "no/true"), "without a guard nothing is judged"
        guard.start()
        launches = guard.launches()
        assert count(launches, path=str(guard.at / "true")) == launched, (launched, launches)
        assert count(launches, path=str(guard.at / "no/true"), decision=1) == 1


def a_guard_that_is_stopped_is_seen_to_be_and_begun_anew():
    with Guard("deny any : path=AT/no/**\ndefault observe\n") as guard:
        os.kill(guard.worker(), signal.SIGSTOP)
        begun = time.monotonic()
        assert runs(guard.at / "true") and time.monotonic() - begun < 8
        guard.wait(lambda: guard.said().count("judging launches") == 2)
        assert "gives no sign of life" in guard.said() and not runs(guard.at / "no/true")
        os.kill(guard.process.pid, signal.SIGSTOP)
        guard.wait(lambda: "the watching process was stopped" in guard.said())
        guard.stop()
        assert guard.process.returncode == 0
        guard.start()
        guard.stop()


def a_thousand_launches_a_second_are_all_written_down():
    with Guard() as guard:
        loop = f"i=0; while [ $i -lt {LAUNCHES} ]; do {guard.at}/true; i=$((i+1)); done"
        begun = time.monotonic()
        lanes = [subprocess.Popen(["/bin/sh", "-c", loop]) for _ in range(2)]
        assert [lane.wait() for lane in lanes] == [0, 0]
        rate = 2 * LAUNCHES / (time.monotonic() - begun)
        launches = guard.launches()
        assert count(launches, path=str(guard.at / "true")) == 2 * LAUNCHES, (rate, count(launches), guard.counts())
        assert guard.counts()["lost"] == 0


def what_was_launched_is_found_by_the_client():
    with House() as house:
        owner = house.claim("one")
        key = owner.post("/v1/deployment-keys", {"name": "lab", "uses": 1, "days": 1})["key"]
        agent_url = f"https://localhost:{house.port + 1}"

        def enrol(state):
            run(AGENT, "enrol", "--url", f"https://localhost:{house.port}", "--key", key, "--state", state)
            run(AGENT, "once", "--agent-url", agent_url, "--state", state)

        with Guard(enrol=enrol) as guard:
            assert runs(guard.at / "true") and (guard.state / "guard.sock").is_socket()
            guard.stop()
            assert list((guard.state / "launches").iterdir())
            run(AGENT, "once", "--agent-url", agent_url, "--state", guard.state)
            assert not list((guard.state / "launches").iterdir()), "a batch leaves once it is answered"
            found = owner.get("/v1/launches")["items"]
            assert [one["path"] for one in found] == [str(guard.at / "true")], found


def run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def another_clients_policy_or_an_unsigned_one_changes_nothing():
    with Guard("deny any : path=AT/no/**\ndefault observe\n") as guard:
        arrived = guard.state / "policy/arrived"
        note = arrived.read_text()
        for altered in (note.replace("deny", "allow"), note.replace("number 1", "number 2"), "nothing"):
            before = guard.trouble().stat().st_mtime_ns
            arrived.write_text(altered)
            guard.wait(lambda: guard.trouble().stat().st_mtime_ns != before)
            told = json.loads(guard.trouble().read_text())
            assert told["trouble"] in ("unsigned", "damaged") and told["number"] == 1 and not runs(guard.at / "no/true"), told


def what_is_put_into_the_agents_folder_changes_nothing_that_is_obeyed():
    with Guard() as guard:
        own = guard.folder / "state.guard"
        kept = {}
        for rules in ("default observe\n", "deny any : path=AT/no/**\ndefault observe\n"):
            guard.policy(rules)
            kept[guard.number] = guard.trouble().with_name("arrived").read_bytes()
        assert own.stat().st_mode & 0o777 == 0o700 and (own / "current").read_bytes() == kept[2]

        def obeys(trouble, number=2):
            guard.wait(lambda: guard.trouble().exists() and json.loads(guard.trouble().read_text())["trouble"] == trouble)
            assert json.loads(guard.trouble().read_text())["number"] == number
            assert runs(guard.at / "no/true") == (number == 0) and runs(guard.at / "true")

        def put(name, data):
            guard.trouble().unlink(missing_ok=True)
            (guard.state / name).write_bytes(data)

        def again(take=None):
            guard.stop()
            if take:
                (own / take).unlink()
            guard.trouble().unlink(missing_ok=True)
            guard.start()

        (guard.state / "policy/current").unlink()
        put("policy/arrived", kept[1])
        obeys("older")
        again(), obeys("older")
        put("policy/current", kept[1])
        again(), obeys("older")
        again("current"), obeys("older", 0)
        put("policy/arrived", kept[2])
        obeys("none")

        stranger = guard.folder / "stranger"
        tried("enrol", stranger), tried("policy", stranger, 9, guard.folder / "rules")
        signer = (guard.state / "signer").read_bytes()
        put("signer", (stranger / "signer").read_bytes())
        obeys("signer")
        put("policy/arrived", (stranger / "policy/arrived").read_bytes())
        obeys("signer")
        again(), obeys("signer")
        assert (own / "signer").read_bytes().strip() == signer.strip() and "names another signing key" in guard.said()

        guard.stop()
        state = json.loads((guard.state / "state.json").read_text())
        (guard.state / "state.json").write_bytes((stranger / "state.json").read_bytes())
        guard.start()
        assert f"goes on for {state['device']}" in guard.said() and not runs(guard.at / "no/true")
        guard.stop()
        run(AGENT, "guard", "--state", guard.state, "--forget")
        guard.start()
        guard.wait(lambda: "policy 9 is in force" in guard.said())


main([what_is_forbidden_does_not_run_under_another_name_or_another_way,
      what_is_forbidden_by_its_content_does_not_run_as_a_copy, scripts_are_judged_through_their_interpreters,
      what_runs_from_memory_is_stopped, a_person_is_told_from_the_system_and_each_launch_is_written_down_once,
      a_guard_that_is_killed_holds_up_nobody_and_loses_nothing, a_guard_that_is_stopped_is_seen_to_be_and_begun_anew,
      a_thousand_launches_a_second_are_all_written_down, what_was_launched_is_found_by_the_client,
      another_clients_policy_or_an_unsigned_one_changes_nothing,
      what_is_put_into_the_agents_folder_changes_nothing_that_is_obeyed])
