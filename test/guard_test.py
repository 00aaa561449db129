#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guard: launches are judged whatever way they are tried, and written down once, whatever happens to it.

On a file system of its own, in memory, beside a killer: a question that nobody answers would hold up whoever launches."""
import contextlib, errno, hashlib, mmap, re, threading

from guarding import *

HANGING = pathlib.Path(__file__).with_name("hanging.py")
PERSON = 54321


def count(launches, **what):
    return sum(max(one["count"], 1) for one in launches if all(one[name] == value for name, value in what.items()))


def what_is_forbidden_does_not_run_under_another_name_or_another_way():
    with Guard("deny any : path=AT/no/**\ndefault observe\n") as guard:
        at, forbidden = guard.at, guard.at / "no/true"
        assert runs(at / "true") and not runs(forbidden)
        (at / "bound").mkdir()
        subprocess.run(["mount", "--bind", at / "no", at / "bound"], check=True)
        assert not runs(at / "bound/true"), "a bind mount"
        subprocess.run(["umount", at / "bound"], check=True)
        os.link(forbidden, at / "linked")
        os.symlink(forbidden, at / "pointed")
        assert not runs(at / "linked") and not runs(at / "pointed")
        assert not runs(at / "ld.so", forbidden) and runs(at / "ld.so", at / "true")
        assert not runs(at / "ld.so", "--library-path", "/lib", forbidden)
        assert not runs("unshare", "--mount", forbidden), "another mount namespace"
        shutil.copy("/bin/dash", at / "no/other")
        os.link(at / "no/other", at / "others")
        script = guard.script("no/script", at / "sh")
        os.link(script, at / "scripted")
        assert not runs(at / "others", "-c", "exit 0") and not runs(at / "scripted") and not runs(at / "sh", at / "scripted")


def namespace(*mounts, then, user=PERSON):
    """What becomes of `then` in a mount namespace that an ordinary user makes, or root where no user may: a shell's status."""
    inside = ["unshare", "--user", "--map-root-user", "--mount"] if user else ["unshare", "--mount"]
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    lines = "".join(f"{line} || exit 99\n" for line in mounts) + str(then)
    done = subprocess.run([*become, *inside, "/bin/sh", "-c", lines], capture_output=True, text=True, timeout=30)
    if user and done.returncode == 1 and "unshare" in done.stderr:
        return namespace(*mounts, then=then, user=0)
    assert done.returncode != 99, done.stderr
    return done.returncode


def what_somebody_mounts_for_himself_gives_a_file_no_other_name():
    with Guard("deny any : path=AT/no/**\ndefault observe\n") as guard:
        at = guard.at
        for name in ("yes/true", "bound/true", "jail/x"):
            guard.copy("/bin/true", name)
        jailed = f"chroot {at}/jail /true 2>&1 | grep -q 'not permitted' && exit 126"
        (at / "jail").chmod(0o755)
        (at / "jail/true").touch()
        assert namespace(f"mount --bind {at}/yes {at}/bound", then=f"{at}/bound/true") == 0
        assert namespace(f"mount --bind {at}/no {at}/bound", then=f"{at}/bound/true") == 126, "a folder"
        assert namespace(f"mount --bind {at}/no/true {at}/bound/true", then=f"{at}/bound/true") == 126, "a file"
        assert namespace(f"mount --bind {at} {at}/jail", then=f"{at}/jail/no/true") == 126, "the whole file system"
        assert namespace(f"mount --bind {at}/no/true {at}/jail/true", then=jailed) == 126, "and a root of his own"
        assert namespace(f"mount --bind {at}/yes/true {at}/no/true", then=f"{at}/no/true") == 0, "what lies above it"
        outside = subprocess.Popen(["unshare", "--mount", "/bin/sh", "-c", f"mount --bind {at}/no {at}/bound && echo && exec sleep 20"],
                                   stdout=subprocess.PIPE)
        try:
            outside.stdout.readline()
            assert not runs(f"/proc/{outside.pid}/root{at}/bound/true"), "out of another's namespace"
            assert runs(f"/proc/{outside.pid}/root{at}/yes/true")
        finally:
            outside.kill(), outside.communicate()
        denied = [one["path"] for one in guard.launches() if one["decision"] == 1]
        assert set(denied[:-1]) == {str(at / "no/true")}, denied


def what_runs_in_a_container_is_judged_by_the_names_that_the_machine_has_for_it():
    with Guard("deny any : path=AT/merged/usr/no/**\ndeny any : path=/inner/sleep\ndefault observe\n") as guard:
        at, image = guard.at, guard.at / "image"
        libraries = re.findall(r"(/\S+)", subprocess.run(["ldd", "/bin/sh"], check=True, capture_output=True, text=True).stdout)
        for program, name in [("/bin/true", "usr/no/true"), ("/bin/true", "usr/yes/true"), ("/bin/sleep", "sleep"), ("/bin/sh", "bin/sh"),
                              *((library, library[1:]) for library in libraries)]:
            guard.copy(program, image / name)
        for name in ("merged", "upper", "work", "image/old", "image/inner"):
            (at / name).mkdir()
        (image / "run").write_text("for what in '/usr/yes/true' '/usr/no/true' '/inner/sleep 20'; do $what; echo $?; done\n")
        layers = f"lowerdir={image},upperdir={at}/upper,workdir={at}/work"
        if subprocess.run(["mount", "-t", "overlay", "-o", layers, "overlay", at / "merged"], capture_output=True).returncode:
            raise Skipped("no layered file system can be mounted here")
        try:
            guard.stop()
            guard.only = f"{at}:{at}/merged"
            guard.start()
            enter = f"cd {at}/merged && mount -t tmpfs own inner && cp sleep inner/ && pivot_root . old && exec /bin/sh /run"
            begun = time.monotonic()
            done = subprocess.run(["unshare", "--pid", "--fork", "--mount", "/bin/sh", "-c", enter], capture_output=True, text=True)
            assert done.stdout.split() == ["0", "126", "137"] and time.monotonic() - begun < 10, done
            denied = {one["path"]: one["reason"] for one in guard.launches() if one["decision"] == 1}
            assert denied == {f"{at}/merged/usr/no/true": None, "/inner/sleep": "stopped after it had begun"}, denied
        finally:
            guard.stop()
            subprocess.run(["umount", "-l", at / "merged"], check=True)


def what_is_mounted_over_a_name_is_allowed_nothing_by_it():
    rules = "allow any : path=AT/yes/**,AT/sh\nallow any : package=any\nallow any : trust=system\ndefault deny\n"
    with Guard(rules) as guard:
        at, evil = guard.at, guard.copy("/bin/true", "evil")
        os.chown(guard.copy("/bin/true", "yes/true"), PERSON, PERSON)
        for path in (at, evil):
            path.chmod(0o777)
        tac = os.path.realpath("/usr/bin/tac")
        assert runs(at / "yes/true") and not runs(evil)
        assert namespace(f"mount --bind {evil} {at}/yes/true", then=f"{at}/yes/true") == 126
        assert namespace(f"mount --bind {evil} {tac}", then=f"{tac} /dev/null") == 126, "taken for a package's"
        own = f"{at}/sh -c 'cp /bin/sleep {at}/yes/mine && {at}/yes/mine 20; exit $?'"
        begun = time.monotonic()
        ended = namespace(f"mount -t tmpfs own {at}/yes", then=own)
        assert ended in (126, 128 + signal.SIGKILL) and time.monotonic() - begun < 10, ended


def what_calls_itself_a_loader_is_judged_as_itself_where_it_is_not_roots_alone():
    with Guard("deny any : path=AT/no/**\nobserve record=path,args any : path=AT/yes/**\ndefault observe record=none\n") as guard:
        at, stranger, own = guard.at, guard.copy(LOADER, "no/loader"), guard.copy(LOADER, "yes/loader")
        assert not runs(stranger, at / "true"), "as if it were the program that it names"
        assert runs(own, at / "true") and not runs(own, at / "no/true") and not runs(own, at / "sh", guard.script("no/run", at / "sh"))
        there = LOADER.resolve()
        assert namespace(f"mount --bind {own} {there}", then=f"{at}/true") == 0
        assert namespace(f"mount --bind {stranger} {there}", then=f"{at}/true") == 126, "as the loader of a program that may run"
        told = [one for one in guard.launches() if one["path"] == str(own)]
        assert told and all(one["args"].startswith(str(at / "true")) for one in told), told


@contextlib.contextmanager
def roots_folder():
    """A file system of its own, in folders that nobody but root may write to."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cg", dir="/run"))
    folder.chmod(0o755)
    try:
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], capture_output=True)
        folder.rmdir()


def a_loader_that_is_believed_is_believed_where_a_program_names_it_alone():
    with roots_folder() as at, Guard(f"deny any : path=AT/no/**,{at}/jail/no/**\ndefault observe\n") as guard:
        guard.stop()
        guard.only += f":{at}"
        guard.start()
        shutil.copy(LOADER, at / "ld.so")
        binary = pathlib.Path("/bin/true").read_bytes()
        there = re.search(rb"/lib[\w/]*/ld-linux[\w.-]+", binary)[0]
        (at / "true").write_bytes(binary.replace(there, str(at / "ld.so").encode().ljust(len(there), b"\0")))
        (at / "true").chmod(0o755)
        jail = at / "jail"
        for folder in ("bin", "no"):
            (jail / folder).mkdir(parents=True)
        shutil.copy("/bin/true", jail / "no/true")
        os.link(at / "ld.so", jail / "bin/true")  # where the machine's own /bin/true is another
        os.symlink("/bin/true", jail / "pointed")
        for _ in range(2):  # the first time nothing is known of it
            assert runs(at / "true") and runs(at / "ld.so", at / "true")
            assert not runs(at / "ld.so", guard.at / "no/true") and not runs("ld.so", guard.at / "no/true", executable=at / "ld.so")
            for name in ("/bin/true", "/pointed"):
                done = subprocess.run(["chroot", jail, name, "/no/true"], capture_output=True, text=True)
                assert "not permitted" in done.stderr, done
        shutil.copy(at / "true", at / "fresh")
        program = (f"import ctypes, os\nctypes.CDLL(None).execve(b'{at}/fresh', ctypes.c_void_p(1), None)\n"
                   f"os.execv('{at}/ld.so', ['ld.so', '{guard.at}/no/true'])\n")
        assert not runs(sys.executable, "-I", "-c", program), "behind a program whose launch fails once it may go on"
        (at / "true").unlink()
        os.symlink(at / "ld.so", at / "true")
        assert not runs(at / "true", guard.at / "no/true"), "under the name of a program that it was believed for"


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


def a_file_that_is_changed_without_a_trace_is_judged_by_what_it_is_now():
    kinds = [pathlib.Path(f"/bin/{name}").read_bytes() for name in ("true", "echo")]
    good, other = (kind.ljust(max(map(len, kinds)), b"\0") for kind in kinds)
    with Guard() as guard, tempfile.TemporaryDirectory(dir="/var/tmp") as disk:
        guard.stop()
        guard.only += f":{disk}"
        guard.start()
        digest = hashlib.sha256(good).hexdigest()
        guard.policy(f"allow any : sha256={digest}\ndeny any : path=AT/mine,{disk}/mine\ndefault observe\n")
        os.chmod(disk, 0o755)
        for path in (guard.at / "mine", pathlib.Path(disk, "mine")):
            path.write_bytes(good)
            path.chmod(0o755), os.chown(path, PERSON, PERSON)
            assert runs(path) and runs(path)
            with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
                mapped[:] = good  # from here on these pages are written to without a sign, on a disk until they are put there
                try:
                    runs(path)
                except OSError as busy:
                    assert busy.errno == errno.ETXTBSY
                mapped[:] = other
            assert path.read_bytes() == other and not runs(path)


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


def what_runs_from_memory_is_stopped_with_all_that_it_has_forked():
    with Guard("deny any : path=/memfd:*\ndefault observe\n") as guard:
        for ends in ("exit 0", "sleep 5"):
            program = ("import os\nfd = os.memfd_create('x')\nos.write(fd, open('/bin/dash', 'rb').read())\n"
                       f"os.execve(fd, ['sh', '-c', '(while :; do :; done) >/dev/null 2>&1 & echo $!; {ends}'], {{}})\n")
            said = ""
            while not said.strip():  # some are stopped before they have forked
                said = subprocess.run([guard.at / "python3", "-I", "-c", program], timeout=30, stdout=subprocess.PIPE, text=True).stdout
            child = pathlib.Path("/proc", said.strip(), "stat")
            try:
                guard.wait(lambda: not child.exists() or child.read_text().rsplit(")")[-1].split()[0] == "Z")
            finally:
                subprocess.run(["kill", "-9", said.strip()], capture_output=True)


def what_the_kernel_had_no_room_to_tell_of_is_looked_for():
    with Guard("deny any : path=/memfd:*\ndefault observe\n") as guard:
        processor = min(os.sched_getaffinity(0))
        program = (f"import mmap, os\nos.sched_setaffinity(0, [{processor}])\nfd = os.memfd_create('x')\n"
                   "os.write(fd, open('/bin/sleep', 'rb').read())\nprint('ready', flush=True)\ninput()\n"
                   "for _ in range(40000):\n    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC, flags=mmap.MAP_PRIVATE).close()\n"
                   "os.execve(fd, ['sleep', '20'], {})\n")
        one = subprocess.Popen([guard.at / "python3", "-I", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert one.stdout.readline() == "ready\n"
        time.sleep(0.2)
        worker = guard.worker()
        os.kill(worker, signal.SIGSTOP)
        print(file=one.stdin, flush=True)
        guard.wait(lambda: "memfd" in os.readlink(f"/proc/{one.pid}/exe"))
        os.kill(worker, signal.SIGCONT)
        assert one.wait(timeout=10) == -signal.SIGKILL
        guard.stop()
        assert guard.counts()["lost"] and guard.said().count("judging launches") == 1


def a_person_is_told_from_the_system_and_each_launch_is_written_down_once():
    rules = ("deny record=path user=people : path=AT/no/**\nobserve record=none any : path=AT/sh\n"
             "observe record=all any : path=AT/python3\ndeny group=nobody-here,root : path=/x\ndefault observe\n")
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
        assert guard.said().count("the rules name the group nobody-here") == 1 and "group root" not in guard.said()
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
        assert count(launches, path=str(guard.at / "true")) == launched, (launched, guard.counts(), launches)
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


@contextlib.contextmanager
def slow_files(guard, text, seconds):
    """A folder whose files hold `text`, and answer after so many seconds, or never."""
    if not os.path.exists("/dev/fuse"):
        raise Skipped("no file system can be made here")
    folder = guard.folder / "slow"
    folder.mkdir()
    served = subprocess.Popen([sys.executable, HANGING, "mount", folder, text, str(seconds)], stdout=subprocess.PIPE, text=True)
    try:
        if not served.stdout.readline():
            raise Skipped("no file system can be mounted here")
        yield folder
    finally:
        served.kill(), served.wait()
        subprocess.run(["umount", "-l", folder], capture_output=True)


def what_could_not_be_judged_in_time_is_judged_as_it_runs():
    with Guard("deny any : path=AT/sleep args=20\ndefault observe\n") as guard:
        sleep = guard.copy("/bin/sleep", "sleep")
        with slow_files(guard, "20", 4) as folder:
            time.sleep(0.5)  # what is known of files is forgotten where something is mounted
            assert not runs(sleep, "20") and runs(sleep, "0")
            begun = time.monotonic()
            ended = subprocess.run([sys.executable, HANGING, "run", folder / "1", sleep], timeout=30).returncode
            assert ended == -signal.SIGKILL and time.monotonic() - begun < 15, ended
            assert "could not be judged in time" in guard.said()


def who_never_answers_holds_up_nobody_else():
    with Guard("deny any : path=AT/no/**\ndefault observe\n") as guard:
        with slow_files(guard, "", 0) as folder:
            hung = [subprocess.Popen([sys.executable, "-I", HANGING, "run", folder / str(i), guard.at / "sh"]) for i in range(72)]
            try:
                guard.wait(lambda: "nothing can be judged any more" in guard.said(), 40)
                begun = time.monotonic()
                assert runs(guard.at / "true") and time.monotonic() - begun < 5
                guard.wait(lambda: guard.said().count("judging launches") == 2)
                assert not runs(guard.at / "no/true")
                guard.stop()
                begun = time.monotonic()
                assert guard.process.returncode == 0 and runs(guard.at / "no/true") and time.monotonic() - begun < 5
                guard.start()
                assert not runs(guard.at / "no/true")
            finally:
                for one in hung:
                    one.kill()


def a_thousand_launches_a_second_are_all_written_down():
    with Guard() as guard:
        processors = sorted(os.sched_getaffinity(0))[:2]
        loop = f"i=0; while [ $i -lt {LAUNCHES} ]; do {guard.at}/true; i=$((i+1)); done"
        for pid in (guard.process.pid, guard.worker()):
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), processors)
        begun = time.monotonic()
        lanes = [subprocess.Popen(["taskset", "--cpu-list", str(processors[lane % len(processors)]), "/bin/sh", "-c", loop])
                 for lane in range(2)]
        assert [lane.wait() for lane in lanes] == [0, 0]
        rate = 2 * LAUNCHES / (time.monotonic() - begun)
        assert rate >= 1000 or "CUSTODY_LAUNCHES" not in os.environ, f"{rate:.0f} a second are too few to say anything"
        launches = guard.launches()
        assert count(launches, path=str(guard.at / "true")) == 2 * LAUNCHES, (rate, count(launches), guard.counts())
        assert guard.counts()["lost"] == 0


def without_room_for_its_journal_a_guard_does_not_begin_and_says_why():
    with Guard() as guard:
        guard.stop()
        small = guard.folder / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=True)
        try:
            refused = subprocess.run([AGENT, "guard", "--state", guard.state, "--only", guard.at, "--journal", small / "journal"],
                                     capture_output=True, text=True, timeout=30)
            assert refused.returncode != 0 and "no room for" in refused.stderr, refused
            assert guard.counts()["ended"] and runs(guard.at / "true")
        finally:
            subprocess.run(["umount", "-l", small], check=True)


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

            for turn in range(2, 5):
                guard.start()
                assert runs(guard.copy("/bin/true", f"true{turn}"))
                guard.stop()
                if turn == 3:  # as after a machine lost what was not written down yet
                    (guard.folder / "state.guard/launched").unlink()
                run(AGENT, "once", "--agent-url", agent_url, "--state", guard.state)
            found = sorted(one["path"] for one in owner.get("/v1/launches")["items"])
            assert found == [str(guard.at / f"true{turn}") for turn in ("", 2, 3, 4)], found


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


def nobody_is_waited_for_in_the_agents_folder():
    with Guard("deny any : path=AT/no/**\ndefault observe\n") as guard:
        state, kept = guard.state / "state.json", (guard.state / "state.json").read_bytes()
        for put in (os.mkfifo, lambda at: at.symlink_to("/dev/zero")):
            guard.trouble().unlink()
            state.unlink()
            put(state)
            (guard.state / "policy/arrived").write_text("nothing")
            time.sleep(1)
            state.unlink()
            state.write_bytes(kept)
            guard.wait(lambda: guard.trouble().exists() and json.loads(guard.trouble().read_text())["trouble"] == "damaged")
            assert not runs(guard.at / "no/true")


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
      what_somebody_mounts_for_himself_gives_a_file_no_other_name, what_is_mounted_over_a_name_is_allowed_nothing_by_it,
      what_runs_in_a_container_is_judged_by_the_names_that_the_machine_has_for_it,
      what_calls_itself_a_loader_is_judged_as_itself_where_it_is_not_roots_alone,
      a_loader_that_is_believed_is_believed_where_a_program_names_it_alone,
      what_is_forbidden_by_its_content_does_not_run_as_a_copy,
      a_file_that_is_changed_without_a_trace_is_judged_by_what_it_is_now, scripts_are_judged_through_their_interpreters,
      what_runs_from_memory_is_stopped,
      what_runs_from_memory_is_stopped_with_all_that_it_has_forked, what_the_kernel_had_no_room_to_tell_of_is_looked_for, a_person_is_told_from_the_system_and_each_launch_is_written_down_once,
      a_guard_that_is_killed_holds_up_nobody_and_loses_nothing, a_guard_that_is_stopped_is_seen_to_be_and_begun_anew,
      what_could_not_be_judged_in_time_is_judged_as_it_runs, who_never_answers_holds_up_nobody_else,
      a_thousand_launches_a_second_are_all_written_down,
      without_room_for_its_journal_a_guard_does_not_begin_and_says_why, what_was_launched_is_found_by_the_client,
      another_clients_policy_or_an_unsigned_one_changes_nothing,
      nobody_is_waited_for_in_the_agents_folder,
      what_is_put_into_the_agents_folder_changes_nothing_that_is_obeyed])
