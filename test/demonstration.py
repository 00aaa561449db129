# SPDX-License-Identifier: Apache-2.0
"""`make run` as it is, in a folder and on ports of the test's own."""
from house import *

SOURCE = pathlib.Path(os.environ.get("CUSTODY_SOURCE", "."))


class Demonstration:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-demo-"))
        self.folder.chmod(0o755)
        self.home, self.port = self.folder / "demo", free_port()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)

    def start(self):
        """Returns once the last line of the summary is printed; `said` is all of it."""
        env = {**os.environ, "CUSTODY_HOME": str(self.home), "CUSTODY_PORT": str(self.port), "CUSTODY_BUILD": str(BUILD.resolve())}
        self.process = subprocess.Popen([SOURCE / "tools/demo"], env=env, text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ctrl-C"):
                return
        raise RuntimeError("the demonstration ended: " + self.said)

    def stop(self, ctrl_c=True):
        """Ctrl-C, as a terminal sends it, to the whole group; or a kill of the one process that was started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT) if ctrl_c else self.process.terminate()
            self.process.wait(timeout=30)

    def facts(self):
        return json.loads((self.home / "demo.json").read_text())

    def custody(self, *arguments, stdin=""):
        env = {**os.environ, "CUSTODY_CONFIG": str(self.folder / "login.json")}
        return subprocess.run([BIN / "custody", *arguments], env=env, input=stdin, capture_output=True, text=True)
