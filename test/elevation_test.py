#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Elevation through Debian's own sudo: its plugin, the guard's answers, and a person at a terminal.

sudo reads /etc/sudo.conf and no other: the whole test runs in a view of the file system of its own, with its own file there."""
import pty, re, select
from house import *

TRY, PLUGIN = BUILD / "src/guard/elevate_try", (BUILD / "src/sudo/custody_sudo.so").absolute()
NOBODY = 65534
RULES = """
elevate any : path=/usr/bin/id
elevate needs=reason any : path=/usr/bin/whoami
elevate needs=approval,reason emergency=yes any : path=/usr/bin/env args="printf urgent"
elevate needs=approval any : path=/usr/bin/env
elevate as=33 any : path=/usr/bin/stat
elevate any : path=/**/own_tool
elevate needs=approval any : path=/**/waiting_tool
default observe
"""


class Guard:
    """The guard's answers to sudo, in a folder of its own; sudo asks them."""

    def __init__(self, plugin="custody_policy", seconds=None, agent=None):
        sudo_is_here()
        self.agent, self.folder = agent, agent.folder if agent else pathlib.Path(tempfile.mkdtemp(prefix="custody-elevation-"))
        self.key, self.rules, self.log = (self.folder / name for name in ("key", "rules", "log"))
        self.rules.write_text(RULES)
        if agent:
            self.key.write_text(agent.signer)
        else:
            (self.folder / "key.pem").write_text("a key of this machine")
            subprocess.run([TRY, "key", self.key], check=True)
        lines = [f"Plugin {name} {PLUGIN} socket={self.folder}/guard.sock" for name in plugin.split()]
        if plugin == "custody_approval":
            lines.append("Plugin sudoers_policy sudoers.so")
        (self.folder / "sudo.conf").write_text("\n".join(lines) + "\n")
        subprocess.run(["mount", "--bind", self.folder / "sudo.conf", "/etc/sudo.conf"], check=True)
        self.start(seconds)

    def start(self, seconds=None):
        began = self.log.exists() and self.log.read_text().count("guards")
        lasts = [str(seconds or 3600)] + ([self.agent.tenant, self.agent.device, self.agent.account] if self.agent else [])
        with self.log.open("a") as log:
            self.process = subprocess.Popen([TRY, "guard", self.folder, self.key, self.rules, *lasts], stdout=log)
        eventually(lambda: self.log.read_text().count("guards") > began)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *ended):
        self.process.terminate()
        self.process.wait()
        subprocess.run(["umount", "/etc/sudo.conf"], check=True)
        if not self.agent:
            shutil.rmtree(self.folder)

    def approve(self, how, shown, *command):
        """What an approver gives who was told the command: a note, or a code."""
        return subprocess.run([TRY, how, self.key, shown, "0", *command], check=True, capture_output=True, text=True).stdout

    def answer(self, request, text):
        path = self.folder / f"elevations/{request}.answer"
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").rename(path)

    def recorded(self):
        return [line for line in self.log.read_text().splitlines() if line != "guards"]


class WholeGuard(Guard):
    """custody-agent guard itself, which judges launches too, but of one file system alone."""

    def start(self, seconds=None):
        self.disk = self.folder / "disk"
        self.disk.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", self.disk], check=True)
        with self.log.open("a") as log:
            self.process = subprocess.Popen([BIN / "custody-agent", "guard", "--state", self.folder, "--only", self.disk, "--journal",
                                             self.folder / "journal"], stderr=log)
        eventually(lambda: (self.folder / "guard.sock").exists() or self.process.poll() is not None)
        if self.process.poll() is not None and "nobody judge" in self.log.read_text():
            raise Skipped("this kernel lets nobody judge launches")

    def __exit__(self, *ended):
        super().__exit__(*ended)
        subprocess.run(["umount", "-l", self.disk], check=True)


class Agent:
    """This machine, enrolled with the service by the real agent, which runs."""

    def __init__(self, house, owner):
        self.folder = house.folder / "agent"
        key = owner.post("/v1/deployment-keys", {"name": "test", "uses": 1, "days": 1})["key"]
        said = subprocess.run([BIN / "custody-agent", "enrol", "--url", f"https://localhost:{house.port}", "--key", key, "--state", self.folder],
                              check=True, capture_output=True, text=True).stdout
        self.device = re.search(r"dev_\w+", said)[0]
        self.tenant = owner.get("/v1/session")["tenant"]["id"]
        self.signer = owner.get("/v1/signers")["key"]
        self.command = [BIN / "custody-agent", "run", "--agent-url", f"https://localhost:{house.port + 1}", "--state", self.folder]
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        self.account = eventually(self.nobody)

    def restart(self):
        """A new run begins with a cycle: nobody waits for the minute."""
        self.process.terminate()
        self.process.wait()
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)

    def nobody(self):
        """The id that this machine gave to the account nobody, once it has reported."""
        accounts = json.loads((self.folder / "state.json").read_text()).get("accounts", [])
        return next((account["id"] for account in accounts if account["name"] == "nobody"), None)

    def __enter__(self):
        return self

    def __exit__(self, *ended):
        self.process.terminate()
        self.process.wait()


def become():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def sudo(*command, cwd="/", **environment):
    """Without a terminal, as nobody: what came of it."""
    return subprocess.run(["sudo", "-n", *command], cwd=cwd, capture_output=True, text=True, preexec_fn=become,
                          env={"PATH": "/usr/bin:/bin", **environment}, stdin=subprocess.DEVNULL, start_new_session=True)


class Terminal:
    """A person who types at a terminal."""

    def __init__(self, *command):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            become()
            os.chdir("/")
            os.execve("/usr/bin/sudo", ["sudo", *command], {"PATH": "/usr/bin:/bin", "TERM": "dumb"})

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            part = os.read(self.fd, 65536).decode()
        except OSError:  # the other end is closed
            part = ""
        self.text += part
        return bool(part)

    def expect(self, pattern, seconds=10):
        until = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            assert self.read(max(0, until - time.monotonic())), f"no {pattern} in {self.text!r}"
        self.text = self.text[found.end():]
        return found

    def waits(self):
        """The request, and what is read out to an approver."""
        request = self.expect(r"(elv_[a-z2-7]{26}) waits")[1]
        return request, self.expect(r"([0-9A-Z]{5}(-[0-9A-Z]{1,5}){10,})\r\n")[1]

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """The status it ends with; what it said is in text."""
        while self.read(10):
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def a_rule_grants_and_without_one_nothing_runs():
    with Guard() as guard:
        assert sudo("id", "-u").stdout == "0\n"
        refused = sudo("cat", "/etc/shadow")
        assert refused.returncode == 1 and not refused.stdout and "no rule" in refused.stderr, refused
        assert sudo("-u", "#33", "stat", "-c", "%u", "/proc/self/").stdout == "33\n"
        assert sudo("-u", "root", "stat", "/").returncode == 1
        assert [line.split()[0] for line in guard.recorded()] == ["elevated", "refused", "elevated", "refused"]


def the_environment_is_made_anew():
    with Guard() as guard:
        (guard.folder / "own_tool").write_text("#!/bin/sh\n/usr/bin/env\n")
        guard.folder.chmod(0o755)
        (guard.folder / "own_tool").chmod(0o755)
        said = sudo(guard.folder / "own_tool", LD_PRELOAD="/tmp/x.so", TERM="dumb", LC_ALL="C.UTF-8", LANG="../x", SECRET="1",
                    BASH_ENV="/tmp/x").stdout
        names = {line.split("=")[0]: line.split("=", 1)[1] for line in said.splitlines()}
        assert {"LD_PRELOAD", "SECRET", "BASH_ENV", "LANG"}.isdisjoint(names), names
        assert names["TERM"] == "dumb" and names["LC_ALL"] == "C.UTF-8" and names["USER"] == "root", names
        assert names["SUDO_UID"] == str(NOBODY) and names["PATH"].startswith("/usr/local/sbin:"), names
        assert sudo("X=1", "id").returncode == 1 and sudo("-E", "id").returncode == 1 and sudo("-i", "id").returncode == 1


def a_reason_is_asked_for_at_the_terminal_and_recorded():
    with Guard() as guard:
        assert sudo("whoami").returncode == 1
        silent = Terminal("whoami")
        silent.expect("Why does this have to be done")
        silent.type("\x03")
        assert silent.end() != 0
        terminal = Terminal("whoami")
        terminal.expect("Why does this have to be done")
        terminal.type("the disk is full\n")
        terminal.expect("root")
        assert terminal.end() == 0
        assert "(the disk is full)" in guard.recorded()[-1], guard.recorded()


def an_approval_that_arrives_lets_the_command_run_once():
    with Guard() as guard:
        terminal = Terminal("env", "printf", "ran")
        request, shown = terminal.waits()
        note = guard.approve("note", shown, "/usr/bin/env", "printf", "ran")
        guard.answer(request, note)
        terminal.expect("ran")
        assert terminal.end() == 0
        again = Terminal("env", "printf", "ran")
        other, _ = again.waits()
        assert other != request
        guard.answer(other, note)  # signed, for another request
        again.expect("another request")
        assert again.end() == 1


def ctrl_c_leaves_the_request_open_and_the_same_command_finds_it_even_after_the_guard_was_killed():
    with Guard() as guard:
        first = Terminal("env", "true")
        request, shown = first.waits()
        first.type("\x03")
        assert first.end() != 0
        guard.kill()
        refused = sudo("env", "true")
        assert refused.returncode == 1 and "guard does not run" in refused.stderr, refused
        guard.start()
        second = Terminal("env", "true")
        assert second.waits() == (request, shown)
        guard.kill()
        guard.start()  # while it waits
        guard.answer(request, guard.approve("note", shown, "/usr/bin/env", "true"))
        assert second.end() == 0, second.text


def a_code_is_typed_where_there_is_no_service():
    with Guard() as guard:
        terminal = Terminal("env", "printf", "by code")
        _, shown = terminal.waits()
        wrong = guard.approve("code", shown, "/usr/bin/env", "printf", "another")
        right = guard.approve("code", shown, "/usr/bin/env", "printf", "by code")
        terminal.type(right[:60].lower() + "\n")
        terminal.expect("mistyped|not whole")
        terminal.type(wrong + "\n")
        terminal.expect("not signed by this client's signer")
        terminal.type(right.lower().replace("-", " ") + "\n")
        terminal.expect("by code$")
        assert terminal.end() == 0
        assert [line.split()[0] for line in guard.recorded()] == ["refused", "elevated"], guard.recorded()


def an_emergency_takes_the_word_and_a_reason():
    with Guard() as guard:
        terminal = Terminal("env", "printf", "urgent")
        terminal.expect("Why does this have to be done")
        terminal.type("the house burns\n")
        terminal.expect("type EMERGENCY")
        terminal.type("EMERGENCY\n")
        terminal.expect("runs as an emergency")
        assert terminal.end() == 0
        assert guard.recorded() == ["elevated emergency /usr/bin/env printf urgent (the house burns) "], guard.recorded()


def a_program_of_ones_own_runs_as_it_was_judged_and_not_as_it_became_meanwhile():
    with Guard() as guard:
        guard.folder.chmod(0o755)
        for name in ("own_tool", "waiting_tool"):
            shutil.copy("/usr/bin/id", guard.folder / name)
            os.chown(guard.folder / name, NOBODY, NOBODY)
        assert sudo("./own_tool", "-u", cwd=guard.folder).stdout == "0\n"
        terminal = Terminal(str(guard.folder / "waiting_tool"), "-u")
        request, shown = terminal.waits()
        (guard.folder / "waiting_tool").write_text("#!/bin/sh\necho swapped\n")
        guard.answer(request, guard.approve("note", shown, str(guard.folder / "waiting_tool"), "-u"))
        terminal.expect("changed after the approval was asked for")
        assert terminal.end() == 1


def what_lies_on_a_disk_that_anybody_may_have_mounted_runs_as_it_was_judged_whoever_it_says_is_its_owner():
    with Guard() as guard:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "nosuid,nodev,mode=755", "stick", "/mnt"], check=True)
        try:
            tool = shutil.copy("/usr/bin/id", "/mnt/waiting_tool")
            terminal = Terminal(tool, "-u")
            request, shown = terminal.waits()
            pathlib.Path(tool).write_text("#!/bin/sh\necho swapped\n")
            guard.answer(request, guard.approve("note", shown, tool, "-u"))
            terminal.expect("changed after the approval was asked for")
            assert terminal.end() == 1
        finally:
            subprocess.run(["umount", "/mnt"], check=True)


def past_the_policys_end_nothing_is_elevated():
    with Guard(seconds=1) as guard:
        time.sleep(1.1)
        assert "past its end" in sudo("id").stderr


def in_front_of_sudoers_it_refuses_what_no_rule_elevates():
    with Guard("custody_approval") as guard:
        sudoers = guard.folder / "sudoers"
        sudoers.write_text("nobody ALL=(ALL) NOPASSWD: ALL\n")
        sudoers.chmod(0o440)
        subprocess.run(["mount", "--bind", sudoers, "/etc/sudoers"], check=True)
        try:
            assert sudo("id", "-u").stdout == "0\n"
            assert sudo("cat", "/etc/shadow").returncode == 1
            assert sudo("-u", "#33", "id", "-u").returncode == 1
            guard.kill()
            assert sudo("id", "-u").returncode == 1, "without a guard nothing passes it"
        finally:
            subprocess.run(["umount", "/etc/sudoers"], check=True)


def an_approver_answers_in_the_service_and_the_machine_does_it():
    with House() as house:
        owner = house.claim("one")
        with Agent(house, owner) as agent, Guard(agent=agent) as guard:
            terminal = Terminal("env", "printf", "approved by %s", "the owner")
            request, _ = terminal.waits()
            [asked] = eventually(lambda: owner.get("/v1/elevations?state=open")["items"])
            assert asked["id"] == request and asked["device"] == agent.device and asked["yours"], asked
            assert [asked["path"], *asked["args"]] == ["/usr/bin/env", "printf", "approved by %s", "the owner"], asked
            assert refused(403, lambda: owner.post(f"/v1/elevations/{request}/approve", {"password": "not " + PASSWORD}))
            try:
                house.member(owner, "administrator", "nobody").post(f"/v1/elevations/{request}/approve", {"password": PASSWORD})
                raise AssertionError("nobody said yes to what nobody asked for")
            except Refused as refusal:
                assert "it is about you" in refusal.problem["detail"], refusal.problem
            assert owner.post(f"/v1/elevations/{request}/approve", {"password": PASSWORD})["state"] == "approved"
            terminal.expect("approved by the owner")
            assert terminal.end() == 0
            assert eventually(lambda: owner.get(f"/v1/elevations/{request}")["state"] == "used")
            other = Terminal("env", "printf", "no")
            request, _ = other.waits()
            eventually(lambda: owner.get("/v1/elevations?state=open")["items"])
            owner.post(f"/v1/elevations/{request}/refuse", None)
            other.expect("it was refused")
            assert other.end() == 1
            acts = ["elevation.approved", "elevation.asked", "elevation.asked", "elevation.refused", "elevation.used"]
            assert eventually(lambda: sorted(entry["act"] for entry in owner.get("/v1/log?act=elevation.")["items"]) == acts)
            for path in house.home.rglob("*"):
                assert not path.is_file() or b"approved by" not in path.read_bytes(), path


def the_guard_itself_elevates_by_the_policy_that_was_published_and_the_launch_is_on_record():
    with House() as house:
        owner = house.claim("one")
        rules = {"name": "10-all.rules", "text": 'elevate needs=reason record=all any : path=/usr/bin/whoami\ndefault observe record=none\n'}
        with Agent(house, owner) as agent, WholeGuard(agent=agent) as guard:
            assert "no policy is in force" in sudo("whoami").stderr
            owner.post("/v1/policies", {"files": [rules], "days": 1, "password": PASSWORD})
            agent.restart()
            eventually(lambda: "policy 1 is in force" in guard.log.read_text())
            terminal = Terminal("whoami")
            terminal.expect("Why does this have to be done")
            terminal.type("to see who that is\n")
            terminal.expect("root")
            assert terminal.end() == 0
            guard.process.terminate()
            guard.process.wait()
            agent.restart()
            launches = eventually(lambda: [one for one in owner.get("/v1/launches")["items"] if one["path"] == "/usr/bin/whoami"])
            assert [(one["decision"], one["reason"], one["policy"]) for one in launches] == [("elevated", "to see who that is", 1)], launches


def the_command_line_approves_and_makes_codes_by_a_password_or_by_a_key_that_the_service_never_has():
    with House() as house:
        owner = house.claim("one")
        config = {"CUSTODY_CONFIG": str(house.folder / "login.json"), "PATH": "/usr/bin:/bin"}

        def custody(*words, said=PASSWORD + "\n"):
            done = subprocess.run([BIN / "custody", *words], input=said, env=config, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return done.stdout + done.stderr

        def is_approved(*options):
            terminal = Terminal("env", "printf", "by hand")
            request, _ = terminal.waits()
            eventually(lambda: request in custody("elevation", "list", "--state", "open"))
            assert "/usr/bin/env printf 'by hand'" in custody("elevation", "show", request)
            assert "wants to run, as root" in custody("elevation", "approve", request, *options)
            assert terminal.end() == 0 and "by hand" in terminal.text, terminal.text

        def runs_by_a_code(*options):
            terminal = Terminal("env", "printf", "away")
            _, shown = terminal.waits()
            code = custody("elevation", "code", "--shown", shown, *options, "--", "/usr/bin/env", "printf", "away").split("\n")[0]
            terminal.type(code + "\n")
            assert terminal.end() == 0 and terminal.text.endswith("away"), terminal.text

        custody("login", "--url", f"https://localhost:{house.port}", "--tenant", "one", "--username", "owner", "--insecure")
        with Agent(house, owner) as agent, Guard(agent=agent) as guard:
            is_approved()
            runs_by_a_code()
            verifier = custody("policy", "key", agent.tenant, "--output", str(house.folder / "signer")).split("\n")[0]
            custody("signer", "pin", verifier, "--yes")
            guard.kill()
            guard.key.write_text(verifier)
            guard.start()
            is_approved("--key", str(house.folder / "signer"))
            agent.process.terminate()  # the machine is away
            runs_by_a_code("--key", str(house.folder / "signer"))
            assert eventually(lambda: owner.get("/v1/log?act=elevation.code")["items"])
            assert len(owner.get("/v1/log?act=elevation.approved")["items"]) == 2


def eventually(holds):
    until = time.monotonic() + 15
    while not (found := holds()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def sudo_is_here():
    """sudo reads one file only: without root it cannot be given another."""
    if os.geteuid() != 0 or not shutil.which("sudo"):
        raise Skipped("takes root, and sudo")


def with_both_lines_one_question_is_asked():
    with Guard("custody_policy custody_approval") as guard:
        assert sudo("id", "-u").stdout == "0\n"
        assert sudo("cat", "/etc/shadow").returncode == 1
        assert [line.split()[0] for line in guard.recorded()] == ["elevated", "refused"], guard.recorded()


if os.geteuid() == 0 and shutil.which("sudo") and not os.environ.get("CUSTODY_OWN_VIEW"):
    os.environ["CUSTODY_OWN_VIEW"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, __file__, *sys.argv[1:]])

main([a_rule_grants_and_without_one_nothing_runs, the_environment_is_made_anew,
      a_reason_is_asked_for_at_the_terminal_and_recorded, an_approval_that_arrives_lets_the_command_run_once,
      ctrl_c_leaves_the_request_open_and_the_same_command_finds_it_even_after_the_guard_was_killed,
      a_code_is_typed_where_there_is_no_service, an_emergency_takes_the_word_and_a_reason,
      a_program_of_ones_own_runs_as_it_was_judged_and_not_as_it_became_meanwhile,
      what_lies_on_a_disk_that_anybody_may_have_mounted_runs_as_it_was_judged_whoever_it_says_is_its_owner,
      an_approver_answers_in_the_service_and_the_machine_does_it,
      the_guard_itself_elevates_by_the_policy_that_was_published_and_the_launch_is_on_record,
      the_command_line_approves_and_makes_codes_by_a_password_or_by_a_key_that_the_service_never_has,
      past_the_policys_end_nothing_is_elevated, in_front_of_sudoers_it_refuses_what_no_rule_elevates,
      with_both_lines_one_question_is_asked])
