#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The log as the client of a witness: a real custody-verify witness cosigns it; ones that are down, behind, elsewhere or lie
hold nothing up; and a client's address leads to no place that the operator has not opened."""
import http.client, http.server, re, threading

from house import *

VERIFY = BIN / "custody-verify"


class Witness:
    """As a client runs it."""

    def __init__(self, house, owner, port, folder="witness"):
        self.state, self.port, self.process = house.folder / folder, port, None
        self.log_key = owner.get("/v1/log/about")["key"]
        made = subprocess.run([VERIFY, "witness", "--state", self.state, "--new-key", "--name", "client.example/" + folder],
                              check=True, capture_output=True, text=True)
        self.key = made.stdout.strip()

    def __enter__(self):
        self.process = subprocess.Popen([VERIFY, "witness", "--state", self.state, "--key", self.log_key, "--listen",
                                         f"127.0.0.1:{self.port}"], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().startswith("ready")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Served:
    """A server of HTTP that answers as `answer(path, body)` says: status, body, headers."""

    def __init__(self, port, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                status, body, headers = answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Liar(Served):
    """It says what it was told to, whatever it is asked."""

    def __init__(self, port, status, body, **headers):
        self.asked = []
        super().__init__(port, lambda *asked: (self.asked.append(asked), (status, body, headers))[1])


class Proxy(Served):
    """TLS before a witness, as its client puts it there."""

    def __init__(self, port, witness_port, certificate):
        def answer(path, body):
            there = http.client.HTTPConnection("127.0.0.1", witness_port)
            there.request("POST", path, body)
            answered = there.getresponse()
            return answered.status, answered.read(), {}

        super().__init__(port, answer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.handle_error = lambda *_: None  # who refuses its certificate


def near(port, *more):
    return House(None, "--witness-ports", f"{port},{port + 1}", "--witness-near", "yes", *more)


def settled(owner):
    """How far the log is signed, once that is all of it."""
    for _ in range(100):
        about = owner.get("/v1/log/about")
        if about["size"] == about["entries"]:
            return about
        time.sleep(0.1)
    raise AssertionError(about)


def name(owner, port, key, path=""):
    owner.ask("PUT", "/v1/log/witness", {"url": f"http://127.0.0.1:{port}{path}", "key": key})


def told(owner, wanted, seconds=20):
    """What is said of the witness, once it is that."""
    for _ in range(seconds * 10):
        witness = owner.get("/v1/log/about")["witness"]
        if wanted(witness):
            return witness
        time.sleep(0.1)
    raise AssertionError(witness)


def cosigned(house, owner):
    file = house.folder / "cosigned"
    file.write_bytes(owner.get("/v1/log/file?path=cosigned"))
    return file


def checked(house, owner, key, good=True):
    """The size that is cosigned, as custody-verify finds it."""
    done = subprocess.run([VERIFY, "checkpoint", cosigned(house, owner), "--key", owner.get("/v1/log/about")["key"], "--witness", key,
                           "--json"], capture_output=True, text=True)
    assert (done.returncode == 0) == good, done
    return json.loads(done.stdout)["size"] if good else None


def entry(owner):
    owner.delete("/v1/tokens/" + owner.post("/v1/tokens", {"name": "t", "role": "viewer", "days": 1})["id"])


def a_witness_cosigns_the_log_and_its_growth():
    port = free_port()
    with near(port) as house:
        owner = house.claim("one")
        with Witness(house, owner, port) as witness:
            assert owner.get("/v1/log/about")["witness"] is None
            refused(404, lambda: owner.get("/v1/log/file?path=cosigned"))
            name(owner, port, witness.key, "/")
            first = told(owner, lambda one: one["seen"])["size"]
            assert checked(house, owner, witness.key) == first >= 3
            for _ in range(150):
                entry(owner)
            size = settled(owner)["size"]  # the entry of the change itself may be signed too late for this visit
            name(owner, port, witness.key)
            size = told(owner, lambda one: one["size"] >= size and not one["trouble"])["size"]
            assert checked(house, owner, witness.key) == size > 300
            token = owner.post("/v1/tokens", {"name": "auditor", "role": "auditor", "days": 1})["token"]
            environment = dict(os.environ, CUSTODY_URL=f"https://localhost:{house.port}", CUSTODY_TOKEN=token,
                               CUSTODY_CONFIG=str(house.folder / "none.json"))
            say = lambda *words: subprocess.run([BIN / "custody", *words, "--insecure"], env=environment, check=True,
                                                capture_output=True, text=True).stdout
            say("log", "mirror", house.folder / "copy")
            assert (house.folder / "copy/cosigned").read_bytes() == cosigned(house, owner).read_bytes()
            assert re.search(rf"^Cosigned to +{size}$", say("witness", "show"), re.M), say("witness", "show")
            assert json.loads(say("witness", "show", "--json"))["key"] == witness.key, say("witness", "show", "--json")
            acts = [one["act"] for one in owner.get("/v1/log?act=witness")["items"]]
            assert acts == ["witness.changed"] * 2
            owner.delete("/v1/log/witness")
            assert owner.get("/v1/log/about")["witness"] is None


def the_moment_is_cosigned_anew_each_minute_though_nothing_happens():
    port = free_port()
    with near(port) as house:
        owner = house.claim("one")
        with Witness(house, owner, port) as witness:
            name(owner, port, witness.key)
            settled(owner)
            first = told(owner, lambda one: one["seen"] and one["size"] == settled(owner)["size"], 90)
            later = told(owner, lambda one: one["seen"] != first["seen"], 90)
            assert later["size"] == first["size"] and checked(house, owner, witness.key) == first["size"]


def a_witness_that_is_further_than_we_know_is_asked_again_from_where_it_is():
    port = free_port()
    with near(port) as house:
        owner = house.claim("one")
        with Witness(house, owner, port) as witness:
            name(owner, port, witness.key)
            told(owner, lambda one: one["seen"])
            owner.delete("/v1/log/witness")  # with it goes what was known of it
            entry(owner)
            size = settled(owner)["size"]
            name(owner, port, witness.key)
            now = told(owner, lambda one: one["size"] >= size)
            assert now["trouble"] is None and checked(house, owner, witness.key) == now["size"]


def a_witness_that_is_down_is_told_and_signing_goes_on():
    port = free_port()
    with near(port) as house:
        owner = house.claim("one")
        witness = Witness(house, owner, port)
        name(owner, port, witness.key)
        assert told(owner, lambda one: one["trouble"])["trouble"] == "nobody answers"
        before = settled(owner)["size"]
        entry(owner)
        about = settled(owner)
        assert about["size"] == before + 2 and about["witness"]["seen"] is None
        with witness:
            name(owner, port, witness.key)
            told(owner, lambda one: one["seen"] and not one["trouble"])


def a_witness_that_saw_another_history_is_told_so():
    port = free_port()
    with near(port) as house:
        owner = house.claim("one")
        with Witness(house, owner, port) as witness:
            name(owner, port, witness.key)
            told(owner, lambda one: one["seen"])
        with Liar(port, 409, b"999999\n"):
            name(owner, port, witness.key)
            assert told(owner, lambda one: one["trouble"])["trouble"].startswith("the witness has cosigned 999999 entries")
        with Liar(port, 422, b"no"):
            name(owner, port, witness.key)
            assert "does not continue" in told(owner, lambda one: one["trouble"] and "continue" in one["trouble"])["trouble"]
        assert checked(house, owner, witness.key)  # what was cosigned stays


def nonsense_is_not_kept():
    port = free_port()
    with near(port) as house:
        owner = house.claim("one")
        witness = Witness(house, owner, port)
        assert settled(owner)
        clock = (house.home / "log" / owner.get("/v1/session")["tenant"]["id"] / "checkpoint").read_bytes().splitlines(True)[-1]
        forged = "— client.example/witness ".encode() + base64.b64encode(secrets.token_bytes(76)) + b"\n"
        for status, body, wanted in ((200, b"", "no signature"), (200, b"hello\n", "no signature"), (200, clock, "no signature"),
                                     (200, forged, "no signature"), (200, b"\n\n\xff\x00" * 100, "no signature"),
                                     (200, b"x" * 1_000_000, "larger"), (409, b"many\n", "the witness has cosigned"),
                                     (409, b"0\n", "the witness has cosigned"), (500, b"zq-words", "status 500"), (404, b"", "log's key")):
            with Liar(port, status, body):
                name(owner, port, witness.key)
                trouble = told(owner, lambda one: one["trouble"])["trouble"]
                assert wanted in trouble and "zq-words" not in trouble, (status, body[:20], trouble)
                refused(404, lambda: owner.get("/v1/log/file?path=cosigned"))
        assert settled(owner)


def a_witness_behind_tls_cosigns_where_its_certificate_is_of_its_name():
    port = free_port()
    house = near(port)
    certificate = house.folder / "tls.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=w",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", certificate, "-out", house.folder / "authority.pem"],
                   check=True, capture_output=True)
    with open(certificate, "a") as both:
        both.write((house.folder / "authority.pem").read_text())
    house.settings += ("--witness-authority", house.folder / "authority.pem")
    with house:
        owner = house.claim("one")
        with Witness(house, owner, free_port()) as witness, Proxy(port, witness.port, certificate):
            put = lambda host: owner.ask("PUT", "/v1/log/witness", {"url": f"https://{host}:{port}", "key": witness.key})
            put("127.0.0.1")
            assert told(owner, lambda one: one["trouble"])["trouble"].startswith("TLS does not hold")
            put("localhost")
            told(owner, lambda one: one["seen"] and not one["trouble"])
            assert checked(house, owner, witness.key)


def a_redirect_is_not_followed_and_the_question_holds_the_checkpoint():
    port = free_port()
    with near(port) as house:
        owner = house.claim("one")
        witness = Witness(house, owner, port)
        with Liar(port + 1, 200, b"") as other, Liar(port, 307, b"", Location=f"http://127.0.0.1:{port + 1}/elsewhere") as liar:
            name(owner, port, witness.key, "/some/place")
            assert "status 307" in told(owner, lambda one: one["trouble"])["trouble"]
            path, body = liar.asked[0]
            assert path == "/some/place/add-checkpoint" and body.startswith(b"old 0\n\ncustody/ten_") and not other.asked


def a_clients_address_leads_nowhere_that_the_operator_has_not_opened():
    port = free_port()
    with House() as house:
        owner = house.claim("one")
        key = Witness(house, owner, port).key
        refused(403, lambda: owner.ask("PUT", "/v1/log/witness", {"url": "https://witness.example", "key": key}))
    with House(None, "--witness-ports", f"443,{port}") as house, Liar(port, 200, b"") as liar:
        owner = house.claim("one")
        witness = Witness(house, owner, port)

        def put(url, key=witness.key):
            owner.ask("PUT", "/v1/log/witness", {"url": url, "key": key})
        for denied in (f"http://127.0.0.1:{port}", f"http://witness.example:{port}", "https://witness.example:22",
                       "https://witness.example:8444", f"smtp://127.0.0.1:{port}"):
            refused(403, lambda: put(denied))
        for wrong in ("file:///etc/passwd", "gopher://x", f"https://a@b:{port}", f"https://x:{port}/?a", f"https://x:{port}/#a", "https://x:0",
                      f"https://x:{port}/%0d%0a", "https://", "x"):
            refused(400, lambda: put(wrong))
        for wrong in ("x", owner.get("/v1/log/about")["key"], owner.get("/v1/log/about")["clock"]):
            refused(400, lambda: put("https://witness.example", wrong))
        for near_us in (f"https://127.0.0.1:{port}", f"https://localhost:{port}", f"https://[::1]:{port}", f"https://2130706433:{port}",
                        "https://169.254.169.254", "https://10.0.0.1"):
            put(near_us)
            assert "not of the public internet" in told(owner, lambda one: one["trouble"])["trouble"]
        assert not liar.asked
        assert "may not" not in (house.folder / "custodyd.log").read_text(), "a process overstepped"


main([a_witness_cosigns_the_log_and_its_growth, a_witness_that_is_further_than_we_know_is_asked_again_from_where_it_is,
      a_witness_that_is_down_is_told_and_signing_goes_on, a_witness_that_saw_another_history_is_told_so, nonsense_is_not_kept,
      a_witness_behind_tls_cosigns_where_its_certificate_is_of_its_name,
      a_redirect_is_not_followed_and_the_question_holds_the_checkpoint,
      a_clients_address_leads_nowhere_that_the_operator_has_not_opened,
      the_moment_is_cosigned_anew_each_minute_though_nothing_happens])
