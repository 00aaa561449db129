# SPDX-License-Identifier: Apache-2.0
"""A sign-in provider that is not ours, and does what it is told: its tokens are written out by hand and signed by openssl.

    with Provider() as provider, House(None, *provider.settings()) as house:
        owner = house.claim("acme")
        provider.named(owner)
        who = provider.enters(house, "acme", sub="vera")"""
import base64, hashlib, hmac, http.server, json, pathlib, secrets, subprocess, tempfile, threading, time, urllib.parse

SLOW = 12  # seconds: past what is waited for


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


class Key:
    def __init__(self, kid):
        self.kid, self.path = kid, pathlib.Path(tempfile.mkdtemp(prefix="provider-")) / "key.pem"
        subprocess.run(["openssl", "genrsa", "-out", self.path, "2048"], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True, capture_output=True, text=True)
        self.n = b64(bytes.fromhex(modulus.stdout.strip().split("=")[1]))

    def jwk(self):
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "n": self.n, "e": "AQAB"}

    def sign(self, text):
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=text.encode(), check=True, capture_output=True).stdout


class Provider:
    def __init__(self, client="custody", secret="s3cret & more"):
        self.client, self.secret = client, secret
        self.key, self.keys = Key("one"), []
        self.codes, self.asked, self.mood = {}, [], None
        self.document = {}

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.port = self.server.server_address[1]
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.keys = [self.key]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def settings(self):
        return ["--sso-ports", str(self.port), "--sso-near", "yes"]

    def body(self, **more):
        return {"issuer": self.issuer, "client": self.client, "secret": self.secret, "opens": "passphrase passkey keeper", **more}

    def named(self, owner, **more):
        """The owner names it, and it is reached."""
        owner.put("/v1/sso", self.body(**more))
        return self.fetched(owner)

    def fetched(self, owner, after=None):
        for _ in range(200):
            said = owner.get("/v1/sso")
            if said["fetched"] and said["fetched"] != after:
                return said
            time.sleep(0.02)
        raise AssertionError(said)

    def says(self):
        return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize", "token_endpoint": self.issuer + "/token",
                "jwks_uri": self.issuer + "/jwks", "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True, **self.document}

    def token(self, nonce, header=None, key=None, **claims):
        """A token; a claim of None is left out."""
        key = key or self.key
        said = {"iss": self.issuer, "sub": "vera", "aud": self.client, "nonce": nonce, "iat": int(time.time()),
                "exp": int(time.time()) + 300, **claims}
        text = b64(json.dumps(header or {"alg": "RS256", "kid": key.kid})) + "." + b64(json.dumps({k: v for k, v in said.items() if v is not None}))
        return text + "." + b64(key.sign(text))

    def begun(self, house, tenant, **ask):
        """A browser that was sent here: its cookie, and what the address asks for."""
        browser = house.nobody()
        location = browser.post("/v1/sso/begin", ask or {"tenant": tenant})["location"]
        return browser, self.asks(location)

    def asks(self, location):
        assert location.startswith(self.issuer + "/authorize?"), location
        return {name: value[0] for name, value in urllib.parse.parse_qs(location.split("?", 1)[1]).items()}

    def code(self, asks, token=None, **claims):
        """A code for what the browser asked; `token` instead of a good one."""
        code = secrets.token_urlsafe(12)
        self.codes[code] = (token or self.token(asks["nonce"], **claims), asks["code_challenge"], asks["redirect_uri"])
        return code

    def comes(self, browser, asks, code, **more):
        """The browser comes back, and asks until something came of it."""
        back = {"state": asks["state"], "issuer": self.issuer, "code": code, **more}
        for _ in range(600):
            outcome = browser.post("/v1/sso/come", {name: value for name, value in back.items() if value is not None})
            if outcome["state"] != "waits":
                return outcome
            time.sleep(0.02)
        raise AssertionError("the service still waits")

    def enters(self, house, tenant, token=None, **claims):
        browser, asks = self.begun(house, tenant)
        return browser, self.comes(browser, asks, self.code(asks, token and token(asks["nonce"]), **claims))

    def exchange(self, form, authorization):
        expected = "Basic " + base64.b64encode(f"{self.client}:{urllib.parse.quote(self.secret, safe='')}".encode()).decode()
        token, challenge, back = self.codes.pop(form.get("code"), (None, None, None))
        proof = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if authorization != expected:
            return 401, {"error": "invalid_client"}
        if not token or proof != challenge or form.get("redirect_uri") != back or form.get("grant_type") != "authorization_code":
            return 400, {"error": "invalid_grant", "error_description": "zq-marker-of-the-provider"}
        return 200, {"id_token": token, "access_token": "at", "token_type": "Bearer"}

    def answer(self, path, form, authorization):
        if path == "/.well-known/openid-configuration":
            return 200, self.says()
        if path == "/jwks":
            return 200, {"keys": [key.jwk() for key in self.keys]}
        return self.exchange(form, authorization) if path == "/token" else (404, {})

    def handler(provider):
        class Handler(http.server.BaseHTTPRequestHandler):
            def reply(self):
                form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                provider.asked.append(self.path)
                status, said = provider.answer(self.path, {k: v[0] for k, v in urllib.parse.parse_qs(form).items()}, self.headers.get("Authorization"))
                if provider.mood == "slow":
                    time.sleep(SLOW)
                if provider.mood == "redirects":
                    status, self.elsewhere = 302, provider.issuer + "/elsewhere"
                body = b"x" * 10_000_000 if provider.mood == "floods" else json.dumps(said).encode()
                if provider.mood == "down":
                    self.connection.close()
                    return
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", self.elsewhere)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass # it has heard enough

            do_GET = do_POST = reply

            def log_message(self, *_):
                pass

        return Handler


def hs256(provider, nonce):
    """Signed with what is public of it, as if that were a shared secret."""
    good = provider.token(nonce).split(".")
    text = b64(json.dumps({"alg": "HS256", "kid": provider.key.kid})) + "." + good[1]
    public = subprocess.run(["openssl", "rsa", "-in", provider.key.path, "-pubout"], check=True, capture_output=True).stdout
    return text + "." + b64(hmac.new(public, text.encode(), hashlib.sha256).digest())


def unsigned(provider, nonce):
    return b64(json.dumps({"alg": "none"})) + "." + provider.token(nonce).split(".")[1] + "."
