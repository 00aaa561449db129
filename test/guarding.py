# SPDX-License-Identifier: Apache-2.0
"""A guard for the tests, over one file system in memory.

    with Guard("deny any : path=AT/no/**\n") as guard:
        assert not runs(guard.at / "no/true")
        guard.policy("allow any : any\n")"""
import threading

from house import *

TRY, AGENT = BUILD / "src/agent/guard_try", BIN / "custody-agent"
LOADER = next(pathlib.Path("/").glob("lib*/ld-linux-*.so.*"), None)
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
        self.only = str(self.at)
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
        (self.at / name).parent.mkdir(exist_ok=True, parents=True)
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
            self.process = subprocess.Popen([AGENT, "guard", "--state", self.state, "--only", self.only, "--journal",
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
