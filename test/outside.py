# SPDX-License-Identifier: Apache-2.0
"""What notices go to, outside of the service: a mail relay that is not ours, and receivers of webhooks that check what they
are posted by the text of Standard Webhooks alone, or misbehave."""
import email, email.policy, hashlib, hmac, http.server, threading

from house import *

RELAY = pathlib.Path(__file__).resolve().parent / "relay.py"


class Relay:
    def __init__(self, folder, port=None, *certificate):
        self.folder, self.port, self.certificate, self.process = folder / "mails", port or free_port(), certificate, None
        self.folder.mkdir(exist_ok=True)

    def __enter__(self):
        self.process = subprocess.Popen(["/usr/bin/python3", RELAY, str(self.port), self.folder, *self.certificate],
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def mails(self, count, seconds=30):
        """So many, once they are there; a moment later there are no more."""
        for _ in range(seconds * 10):
            if len([file for file in self.folder.iterdir() if not file.name.startswith(".")]) >= count:
                break
            time.sleep(0.1)
        time.sleep(1.5)
        files = sorted(self.folder.iterdir(), key=lambda file: int(file.name))
        assert len(files) == count, f"{len(files)} mails, not {count}"
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


@contextlib.contextmanager
def folder():
    at = pathlib.Path(tempfile.mkdtemp(prefix="custody-notices-"))
    at.chmod(0o755)
    (at / "service").mkdir()
    try:
        yield at
    finally:
        shutil.rmtree(at)


def certificate(at, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", at / "key.pem", "-out", at / "cert.pem"],
                   check=True, capture_output=True)
    return at / "cert.pem", at / "key.pem"


def checked(secrets, headers, body):
    """By which of the secrets a post is signed; its moment is near."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60 and headers["Content-Type"] == "application/json", headers
    given = headers["webhook-signature"].split(" ")
    made = lambda secret: "v1," + base64.b64encode(hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()).decode()
    return [secret for secret in secrets if made(secret) in given]


class Receiver:
    """Keeps what it is posted, and answers as `answer(path, count)` says: a status, and headers if it likes; None: it hangs."""

    def __init__(self, answer=lambda path, count: 200, port=None, certificate=None):
        receiver = self
        self.posts, self.port = [], port or free_port()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((self.path, dict(self.headers), body))
                said = answer(self.path, len([post for post in receiver.posts if post[0] == self.path]))
                if said is None:
                    time.sleep(120)
                if isinstance(said, bytes):
                    return self.wfile.write(said)
                status, headers = said if isinstance(said, tuple) else (said, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def do_GET(self):
                receiver.posts.append((self.path, dict(self.headers), None))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.server.handle_error = lambda *_: None  # who went away
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def posted(self, count, seconds=20):
        """So many, once they are there; a moment later there are no more."""
        for _ in range(seconds * 10):
            if len(self.posts) >= count:
                break
            time.sleep(0.1)
        time.sleep(1.5)
        assert len(self.posts) == count, f"{len(self.posts)} posts, not {count}"
        return self.posts
