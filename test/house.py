# SPDX-License-Identifier: Apache-2.0
"""A whole service for end-to-end tests: real processes, real TLS, a client that shares no code with the product.

    with House() as house:
        owner = house.claim("demo")
        endpoint = house.enrol(owner)
        endpoint.report(1, [item(PROGRAM, some_id, endpoint.id, [program("bash", "5.2")])])
        owner.get("/v1/devices")

The wire (protobuf, the zstd frame, HTTP) is written out here by hand, so that a fault in the product's own encoding
cannot hide behind the same fault in its decoding."""
import atexit, base64, contextlib, fcntl, hashlib, http.client, json, os, pathlib, random, re, secrets, shutil, signal, socket, ssl, subprocess, sys, tempfile, time
import traceback

BUILD = pathlib.Path(os.environ.get("CUSTODY_BUILD", "build"))
BIN = BUILD / "bin"
DEVICE, ADDRESS, ACCOUNT, GROUP, PROGRAM = 3, 4, 5, 6, 7
PASSWORD = "a long enough pass phrase"
ALL_ON = {"computer_name": True, "mac_address": True, "usernames": True, "logged_in": True, "ip_addresses": True,
          "connecting_ip": True, "programs": True, "launches": True}


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(tag, value):
    """One protobuf field: a number, bytes or text."""
    if isinstance(value, int):
        return varint(tag << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(tag << 3 | 2) + varint(len(value)) + value


def zstd(data):
    """A zstd frame (RFC 8878) of raw blocks, single segment, with its content size stated."""
    out, blocks = b"\x28\xb5\x2f\xfd\xe0" + len(data).to_bytes(8, "little"), range(0, len(data) or 1, 65536)
    for at in blocks:
        part = data[at:at + 65536]
        out += (len(part) << 3 | (at + 65536 >= len(data))).to_bytes(3, "little") + part
    return out


def item(concept, id, subject, entries):
    """One item of a report; entries None says that it is gone."""
    whole = b"" if entries is None else zstd(b"".join(field(1, entry) for entry in entries))
    return field(1, concept) + field(2, id) + field(3, subject) + (field(4, whole) if whole else b"")


def sealed_item(concept, id, subject, entries, sealed):
    """One item as an endpoint sends it that seals it by itself; `sealed` is taken as it is."""
    return field(1, concept) + field(2, id) + field(3, subject) + field(5, sealed) + field(6, entries)


def program(name, version):
    return field(1, name) + field(2, version)


def account(id, name, logged_in=False):
    return field(1, id) + field(2, name) + (field(3, 1) if logged_in else b"")


def launch(at, path, account=b"\0" * 16, decision=0, **more):
    """One packed launch; `at` in seconds."""
    out = field(1, int(at * 1000))
    out += field(2, decision) if decision else b""
    out += field(6, account) + field(7, path)
    for tag, name in ((8, "sha256"), (9, "package"), (10, "parent"), (11, "args"), (13, "reason")):
        out += field(tag, more[name]) if name in more else b""
    return out


def upload(endpoint, sequence, batches, epoch=None):
    """`batches`: pairs of a subject's id and its launches."""
    body = field(1, epoch or endpoint.epoch) + field(2, sequence)
    for subject, launches in batches:
        body += field(3, field(1, subject) + field(2, zstd(b"".join(field(1, one) for one in launches))))
    return endpoint.post("/agent/v1/launches", body)


ports_held = []


def free_port():
    """A port that is free now, and the one after it too, which no other test is given while this one runs: a locked file says
    so. Below those that the kernel gives to whoever connects."""
    while True:
        port = random.randrange(10000, 32000, 2)
        held = open(pathlib.Path(tempfile.gettempdir(), f"custody-port-{port}"), "w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for one in (port, port + 1):
                with socket.socket() as tried:
                    tried.bind(("127.0.0.1", one))
        except OSError:
            held.close()
            continue
        ports_held.append(held)
        atexit.register(pathlib.Path(held.name).unlink, missing_ok=True)
        return port


class Refused(Exception):
    def __init__(self, status, problem):
        super().__init__(f"{status} {problem}")
        self.status, self.problem = status, problem


# What no open session is enough for, of what many tests begin with: a person types PASSWORD again.
ONCE_MORE = re.compile(r"POST /v1/(tokens|invitations|keepers/[^/]+/approve|sso/remove)|PUT /v1/(break-glass|sso|scim)")


class Client:
    """Somebody who asks over HTTPS: a person with a cookie, a program with a token, or nobody."""

    def __init__(self, house, headers=None):
        self.house, self.headers = house, headers or {}

    def ask(self, method, path, body=None, again=True):
        if again and isinstance(body, dict) and "Cookie" in self.headers and ONCE_MORE.fullmatch(f"{method} {path}"):
            body = {"password": PASSWORD, **body}
        return self.send(method, path, None if body is None else json.dumps(body).encode())

    def send(self, method, path, body=None):
        """A body as it is, whatever it is."""
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPSConnection("localhost", self.house.port, timeout=60, context=self.house.trust())
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            cookie = answer.getheader("Set-Cookie")
            if cookie:
                self.headers["Cookie"] = cookie.split(";")[0]
            self.status = answer.status
            return unwrap(answer)

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body):
        return self.ask("POST", path, body)

    def put(self, path, body):
        return self.ask("PUT", path, body)

    def delete(self, path):
        return self.ask("DELETE", path)


def unwrap(answer):
    text = answer.read()
    if answer.status >= 400:
        raise Refused(answer.status, json.loads(text) if text else None)
    return json.loads(text) if "json" in answer.getheader("Content-Type", "") and text else text or None


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def passkey_of(person, password=PASSWORD, username=None, door="/v1"):
    """A passkey of a key that nobody has the private half of: P-256's generator. It is listed and removed, and never signs."""
    x, y = (bytes.fromhex(half) for half in ("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
                                             "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))
    options = person.post(door + "/passkeys/begin", {"username": username or "owner", "password": password})
    client = {"type": "webauthn.create", "challenge": options["challenge"], "origin": f"https://localhost:{person.house.port}"}
    data = hashlib.sha256(options["party"].encode()).digest() + bytes([0x45, 0, 0, 0, 0]) + bytes(16) + b"\0\x20" + secrets.token_bytes(32)
    data += bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y
    opens = {"prf": base64url(secrets.token_bytes(32)), "kept": options["kept"]} if door != "/v1" else {}
    return person.post(door + "/passkeys", {"client_data": base64url(json.dumps(client).encode()), "authenticator_data": base64url(data), **opens})


class Endpoint:
    """An enrolled endpoint that speaks for itself."""

    def __init__(self, house, folder, answer):
        self.house, self.folder = house, folder
        self.id, self.name = read_id(answer["device"]), answer["device"]
        self.epoch = secrets.token_bytes(16)
        (folder / "certificate.pem").write_text(answer["certificate"])

    def post(self, path, body):
        return self.ask("POST", path, body)

    def get(self, path):
        return self.ask("GET", path)

    def ask(self, method, path, body=None):
        context = self.house.trust()
        context.load_cert_chain(self.folder / "certificate.pem", self.folder / "key.pem")
        connection = http.client.HTTPSConnection("localhost", self.house.port + 1, timeout=60, context=context)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Content-Type": "application/x-protobuf"} if body is not None else {})
            return unwrap(connection.getresponse())

    def report(self, sequence, items, epoch=None):
        body = field(1, epoch or self.epoch) + field(2, sequence) + b"".join(field(3, one) for one in items)
        return self.post("/agent/v1/report", body)

    def accounts(self, ids):
        return self.post("/agent/v1/accounts", b"".join(ids))

    def recorded(self, subject, fragments, whole=True, made=None):
        """A recording, sealed by the recorder's own writer to what the service answered this endpoint; its id. `subject`: acc_… or dev_…"""
        folder = self.folder / ("recording-" + secrets.token_hex(4))
        folder.mkdir()
        (folder / "keys").write_bytes(self.post("/agent/v1/subjects?videos=yes", read_id(subject)))
        for number, bytes in enumerate(fragments):
            (folder / str(number)).write_bytes(bytes)
        command = [BUILD / "src/extract/recording_try", self.house.home / "store", folder / "keys", subject, str(int(made or time.time() * 1000))]
        done = subprocess.run(command + ["whole" if whole else "cut"] + [folder / str(number) for number in range(len(fragments))],
                              check=True, capture_output=True, text=True)
        shutil.rmtree(folder)
        return done.stdout.strip()


def moment(seconds=0):
    """RFC 3339, so many seconds from now."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def read_id(text):
    return base64.b32decode(text.split("_")[1].upper() + "======")


class House:
    def __init__(self, folder=None, *settings):
        self.settings, self.environment = settings, None  # of custodyd, besides home and port
        self.before = []  # what runs custodyd
        self.made = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="custody-e2e-"))
        self.folder.chmod(0o755)
        self.home, self.port, self.monitor = self.folder / "home", free_port(), None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind and kind is not Skipped: # what the service said is gone with its folder
            print((self.folder / "custodyd.log").read_text()[-4000:])
        if self.made:
            shutil.rmtree(self.folder)

    def start(self):
        self.log = open(self.folder / "custodyd.log", "a")
        command = [*self.before, BIN / "custodyd", "--home", self.home, "--port", str(self.port), *self.settings]
        self.monitor = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=self.environment)
        line = self.monitor.stdout.readline()
        if not line.startswith("ready"):
            raise RuntimeError("custodyd did not start: " + (self.folder / "custodyd.log").read_text())

    def stop(self):
        if self.monitor and self.monitor.poll() is None:
            self.monitor.terminate()
            self.monitor.wait(timeout=30)
        self.log.close()

    def children(self):
        """Process ids by name: custody-keys, custody-jobs and custody-web."""
        pids = pathlib.Path(f"/proc/{self.monitor.pid}/task/{self.monitor.pid}/children").read_text().split()
        return {pathlib.Path(f"/proc/{pid}/comm").read_text().strip(): int(pid) for pid in pids}

    def kill(self, name):
        """kill -9 of one process; returns once the service answers again."""
        before = self.children()
        os.kill(before[name], signal.SIGKILL)
        self.monitor.stdout.readline()

    def kill_all(self):
        """kill -9 of the monitor and all of its children, and a new start."""
        children = self.children()
        self.monitor.kill()
        for pid in children.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.monitor.wait()
        while any(pathlib.Path(f"/proc/{pid}").exists() and "Z" not in
                  pathlib.Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] for pid in children.values()):
            time.sleep(0.01)
        self.start()

    def trust(self):
        """Whoever answers: no authorities are loaded, which would take longer than what is asked."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def operator(self, method, path, body=None):
        command = ["curl", "--silent", "--show-error", "--unix-socket", self.home / "run/operator.sock", "-X", method,
                   "http://localhost" + path]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        text = subprocess.run(command, check=True, capture_output=True).stdout
        answer = json.loads(text) if text else {}
        if "status" in answer:
            raise Refused(answer["status"], answer)
        return answer

    def nobody(self):
        return Client(self)

    def claim(self, tenant, username="owner", full_name="First Owner", email="owner@example.com"):
        """A new tenant and its first owner's session, set-up finished; the kit is kept on the client."""
        claim = self.operator("POST", "/operator/v1/tenants", {"name": tenant})["claim"]
        owner = self.nobody()
        made = owner.post("/v1/claim", {"claim": claim, "username": username, "full_name": full_name, "email": email,
                                        "password": PASSWORD})
        owner.kit = made["kit"]
        owner.post("/v1/claim/kit", {"kit": made["kit"]})
        return owner

    def sign_in(self, tenant, username="owner", password=PASSWORD):
        person = self.nobody()
        person.post("/v1/session", {"tenant": tenant, "username": username, "password": password})
        return person

    def member(self, owner, role, username=None, keyed=True):
        """A person who was invited and has joined; with the key where the role needs it, unless it is to wait."""
        username, person = username or role, self.nobody()
        link = owner.post("/v1/invitations", {"role": role, "days": 1})["link"]
        session = person.post("/v1/join", {"invitation": link, "username": username, "full_name": username.title(),
                                           "email": username + "@example.com", "password": PASSWORD})
        if session["waiting"] and keyed:
            owner.post(f"/v1/members/{session['user']['id']}/key", None)
            person = self.sign_in(session["tenant"]["name"], username)
        person.id = session["user"]["id"]
        return person

    def agreement(self, version="1"):
        text = base64.urlsafe_b64encode(f"Agreement {version}: what is seen is kept to oneself.\n".encode()).rstrip(b"=").decode()
        self.operator("PUT", "/operator/v1/agreement", {"version": version, "text": text})

    def joined_staff(self, username="support"):
        """One of the provider's people, who has joined and is not current yet."""
        link = self.operator("POST", "/operator/v1/staff")["link"]
        return self.nobody().post("/operator/v1/join", {"invitation": link, "username": username, "full_name": username.title() + " Person",
                                                        "email": username + "@provider.example", "password": PASSWORD})

    def sign_agreement(self, username="support", version="1"):
        return self.nobody().post("/operator/v1/agreement/sign", {"username": username, "password": PASSWORD, "version": version})

    def trained(self, id, topics=("information-security", "privacy")):
        for topic in topics:
            self.operator("POST", f"/operator/v1/staff/{id}/trainings", {"topic": topic, "at": moment()})

    def staff(self, username="support"):
        """One of the provider's people who is current, signed in."""
        id = self.joined_staff(username)["id"]
        with contextlib.suppress(Refused): # it is in force already
            self.agreement()
        self.sign_agreement(username)
        self.trained(id)
        return self.staff_sign_in(username)

    def staff_sign_in(self, username="support"):
        person = self.nobody()
        person.id = person.post("/operator/v1/session", {"username": username, "password": PASSWORD})["id"]
        return person

    def enrol(self, owner, key=None, name="zq-name"):
        key = key or owner.post("/v1/deployment-keys", {"name": "test", "uses": 1, "days": 1})["key"]
        folder = pathlib.Path(tempfile.mkdtemp(prefix="endpoint-", dir=self.folder))
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                        "-keyout", folder / "key.pem", "-outform", "DER", "-out", folder / "request.der"],
                       check=True, capture_output=True)
        request = base64.urlsafe_b64encode((folder / "request.der").read_bytes()).rstrip(b"=").decode()
        return Endpoint(self, folder, self.nobody().post("/agent/v1/enrol", {"key": key, "name": name, "request": request}))


def work(owner, id, seconds=60):
    """The work once it has ended."""
    for _ in range(seconds * 10):
        found = next((each for each in owner.get("/v1/works")["items"] if each["id"] == id), None)
        if found and found["state"] in ("done", "failed"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"{id} has not ended: {found}")


def taken(owner):
    ended = work(owner, owner.post("/v1/snapshots", {})["work"])
    assert ended["state"] == "done", ended
    return next(one for one in owner.get("/v1/snapshots")["items"] if one["why"] == "asked") # the clock takes others


def promise(owner, id):
    return next(each for each in owner.get("/v1/prove")["promises"] if each["id"] == id)


def refused(status, act):
    """True where the act is refused with this status and a problem body."""
    try:
        act()
    except Refused as refusal:
        if refusal.status != status or refusal.problem["status"] != status or not refusal.problem["detail"]:
            raise AssertionError(f"refused with {refusal.status} {refusal.problem}, not {status}")
        return True
    raise AssertionError("not refused")


class Skipped(Exception):
    pass


def no_time():
    """Seconds: what takes no time may take a second; on a slow machine as long as ten programs take to start, and never six seconds."""
    began = time.monotonic()
    subprocess.run([BIN / "custody", "--version"], check=True, stdout=subprocess.DEVNULL)
    return min(max(1, 10 * (time.monotonic() - began)), 6)


def main(tests):
    """Runs the tests named by the arguments, or all, and prints the closing line."""
    passed = failed = skipped = 0
    for test in tests:
        if sys.argv[1:] and not any(part in test.__name__ for part in sys.argv[1:]):
            continue
        try:
            test()
            passed += 1
            print("ok     ", test.__name__, flush=True)
        except Skipped as why:
            skipped += 1
            print("skipped", test.__name__ + ":", why, flush=True)
        except Exception:
            failed += 1
            traceback.print_exc(file=sys.stdout)
            print("FAILED ", test.__name__, flush=True)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(failed > 0)
