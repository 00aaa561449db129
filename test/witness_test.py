#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The witness as a client runs it: a real process, asked over HTTP on 127.0.0.1, killed, and asked by two at once."""
import http.client, json, random, threading

from house import *

VERIFY = BIN / "custody-verify"
SIZES = [1, 2, 5, 8, 21, 55, 144, 256, 257, 300]
KILLS = int(os.environ.get("CUSTODY_KILLS", "120")) // 6


class Logs:
    """Two logs of one key that fork at their first entry, and a folder for everything."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-witness-"))
        for name in ("one", "other"):
            (self.folder / name).mkdir()
            subprocess.run([BUILD / "src/tlog/log_try", self.folder / name, name, *map(str, SIZES)], check=True)
        self.key = (self.folder / "one/key").read_text()
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def ask(self, old, new, name="one"):
        return (self.folder / name / f"{old}-{new}").read_bytes()


class Witness:
    def __init__(self, logs, folder="state", name="client.example/witness"):
        self.logs, self.state, self.process = logs, logs.folder / folder, None
        made = subprocess.run([VERIFY, "witness", "--state", self.state, "--new-key", "--name", name], check=True,
                              capture_output=True, text=True)
        self.key = made.stdout.strip()

    def start(self):
        command = [VERIFY, "witness", "--state", self.state, "--key", self.logs.key, "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        ready, url, key = self.process.stdout.readline().split()
        assert ready == "ready" and key == self.key, (url, key)
        self.port = int(url.split(":")[2].split("/")[0])
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=10) == 0

    def post(self, body, method="POST", path="/add-checkpoint"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("Content-Type")

    def announce(self, length):
        """The answer to a body of that length, before any of it is sent."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.putrequest("POST", "/add-checkpoint")
            connection.putheader("Content-Length", str(length))
            connection.endheaders()
            return connection.getresponse().status

    def size(self):
        """What it cosigned last, as it says itself."""
        status, body, kind = self.post(self.logs.ask(300, 300))
        assert (status, kind) == (409, "text/x.tlog.size") or status == 200, (status, body)
        return int(body) if status == 409 else 300


@contextlib.contextmanager
def witness(folder="state"):
    with Logs() as logs:
        one = Witness(logs, folder).start()
        try:
            yield one
        finally:
            one.kill()


def a_cosigned_checkpoint_verifies_with_the_witness_key():
    with witness() as one:
        status, line, _ = one.post(one.logs.ask(0, 8))
        assert status == 200 and line.startswith("— client.example/witness ".encode()), (status, line)
        both = one.logs.folder / "both"
        both.write_bytes((one.logs.folder / "one/8").read_bytes() + line)
        found = subprocess.run([VERIFY, "checkpoint", both, "--key", one.logs.key, "--witness", one.key, "--json"],
                               capture_output=True, text=True)
        said = json.loads(found.stdout)
        assert found.returncode == 0 and said["size"] == 8 and said["witnesses"][0]["name"] == "client.example/witness", said
        assert abs(time.time() - time.mktime(time.strptime(said["witnesses"][0]["seen"], "%Y-%m-%dT%H:%M:%SZ")) + time.timezone) < 60


def each_refusal_has_its_status():
    with witness() as one:
        ask = one.logs.ask
        assert one.post(ask(0, 5))[0] == 200
        assert one.post(ask(0, 8)) == (409, b"5\n", "text/x.tlog.size")
        assert one.post(ask(2, 8)) == (409, b"5\n", "text/x.tlog.size")
        assert one.post(ask(5, 5, "other")) == (409, b"5\n", "text/x.tlog.size")
        assert one.post(ask(5, 8, "other"))[0] == 422
        assert one.post(ask(5, 8).replace(b"old 5", b"old 9"))[0] == 400
        assert one.post(ask(5, 8).replace(b"old 5", b"old 05"))[0] == 400
        assert one.post(b"")[0] == 400
        assert one.post(ask(5, 8)[:-1])[0] == 400
        assert one.post(ask(5, 8).replace(b"log.example/one\n8\n", b"log.example/two\n8\n"))[0] == 404
        assert one.post(ask(5, 8).replace(b"log.example/one\n8\n", b"log.example/one\n7\n"))[0] == 403
        assert one.post(None, method="GET")[0] == 405
        assert one.post(b"", path="/")[0] == 404
        assert one.announce(1_000_000) == 413
        assert one.size() == 5
        assert one.post(ask(5, 8))[0] == 200 and one.post(ask(8, 8))[0] == 200


def what_was_cosigned_survives_kill_9_at_any_moment():
    chance, starts = random.Random(1), 0
    with witness() as one:
        answered, asked = 0, 0
        for _ in range(KILLS):
            threading.Timer(chance.uniform(0, 0.02), one.process.kill).start()
            try:
                while asked < len(SIZES):
                    old = SIZES[asked - 1] if asked else 0
                    status, body, _ = one.post(one.logs.ask(old, SIZES[asked]))
                    assert status in (200, 409), (status, body)
                    if status == 200:
                        answered = SIZES[asked]
                    asked += 1
            except (OSError, http.client.HTTPException):
                pass
            one.process.wait()
            one.start()
            starts += 1
            size = one.size()
            assert size >= answered and size in [0] + SIZES, (size, answered)
            if size:
                assert one.post(one.logs.ask(size, 300, "other"))[0] == (422 if size < 300 else 409)
            asked = SIZES.index(size) + 1 if size else 0
            if size == 300:
                shutil.rmtree(one.state), one.kill()
                one = Witness(one.logs).start()
                answered, asked = 0, 0
        one.kill()
    assert starts == KILLS


def at_once(one, bodies):
    """The statuses of these questions, asked at the same moment."""
    start, statuses = threading.Barrier(len(bodies)), [None] * len(bodies)

    def ask(i):
        start.wait()
        statuses[i] = one.post(bodies[i])[0]

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def of_two_at_once_from_the_same_size_one_is_cosigned():
    for round in range(8):
        with witness() as one:
            assert sorted(at_once(one, [one.logs.ask(0, 8), one.logs.ask(0, 8, "other")])) == [200, 409]
        with witness() as one:
            assert one.post(one.logs.ask(0, 2))[0] == 200
            statuses = at_once(one, [one.logs.ask(2, new) for new in (5, 8, 21, 55)])
            assert sorted(statuses) == [200, 409, 409, 409], statuses


def two_processes_do_not_share_a_folder():
    with witness() as one:
        again = subprocess.run([VERIFY, "witness", "--state", one.state, "--key", one.logs.key, "--once"],
                               input=one.logs.ask(0, 2), capture_output=True)
        assert again.returncode == 7 and not again.stdout, again
        one.stop()
        again = subprocess.run([VERIFY, "witness", "--state", one.state, "--key", one.logs.key, "--once"],
                               input=one.logs.ask(0, 2), capture_output=True)
        assert again.returncode == 0 and again.stdout.startswith("—".encode()), again
        one.start()
        assert one.size() == 2


def a_folder_that_was_tampered_with_is_not_used():
    with witness() as one:
        assert one.post(one.logs.ask(0, 5))[0] == 200
        one.stop()
        kept, = one.state.glob("*.checkpoint")
        command = [VERIFY, "witness", "--state", one.state, "--key", one.logs.key, "--once"]
        for bytes in ((one.logs.folder / "one/2").read_bytes(), kept.read_bytes().replace(b"\n5\n", b"\n4\n"), b""):
            before = kept.read_bytes()
            kept.write_bytes(bytes)
            run = subprocess.run(command, input=one.logs.ask(0, 2), capture_output=True)
            assert run.returncode == 70 and not run.stdout, run
            kept.write_bytes(before)
        assert subprocess.run(command, input=one.logs.ask(5, 8), capture_output=True).returncode == 0
        assert (one.state / "key").stat().st_mode & 0o777 == 0o600
        again = subprocess.run([VERIFY, "witness", "--state", one.state, "--new-key", "--name", "x"], capture_output=True)
        assert again.returncode == 5, again


def the_program_links_nothing_of_the_server():
    linked = subprocess.run(["ldd", VERIFY], check=True, capture_output=True, text=True).stdout
    for library in ("libssl", "libcrypto", "libsqlite", "libcurl", "libevent_openssl", "libprotobuf", "libjansson", "libzstd"):
        assert library not in linked, linked


main([the_program_links_nothing_of_the_server, a_cosigned_checkpoint_verifies_with_the_witness_key, each_refusal_has_its_status,
      what_was_cosigned_survives_kill_9_at_any_moment, of_two_at_once_from_the_same_size_one_is_cosigned,
      two_processes_do_not_share_a_folder, a_folder_that_was_tampered_with_is_not_used])
