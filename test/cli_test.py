#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line against a real service: every command at least once, as a person and as a script use it.

The tests share one demonstration and go from reading to destroying."""
import base64, csv, hashlib, hmac, io, pty, re, shlex, struct, types, urllib.parse
from demonstration import *

COMPLETIONS = {"bash": "custody.bash", "zsh": "_custody", "fish": "custody.fish"}
ONCE_MORE = [("token", "create"), ("invitation", "create"), ("scim", "map"), ("keeper", "approve"), ("key", "set-break-glass"),
             ("sso", "set"), ("sso", "remove")] # these take the password again
ran = set()


def custody(*arguments, stdin=None, env=None, config="login.json", terminal=False):
    """One run. The environment says nothing of Custody but what is given; `terminal` types stdin at a terminal."""
    stdin = stdin if stdin is not None else demo.facts()["password"] + "\n" if arguments[:2] in ONCE_MORE else ""
    around = {name: value for name, value in os.environ.items() if not name.startswith("CUSTODY_")}
    around |= {"CUSTODY_CONFIG": str(demo.folder / config), **(env or {})}
    ran.update(zip(arguments, arguments[1:]), zip(arguments, [None] * len(arguments)))
    if not terminal:
        return subprocess.run([BIN / "custody", *arguments], env=around, input=stdin, capture_output=True, text=True, timeout=60)
    person, program = pty.openpty()
    try:
        os.write(person, stdin.encode())
        return subprocess.run([BIN / "custody", *arguments], env=around, stdin=program, capture_output=True, text=True, timeout=60)
    finally:
        os.close(person), os.close(program)


def ok(*arguments, **more):
    done = custody(*arguments, **more)
    assert done.returncode == 0, (arguments, done.returncode, done.stderr)
    return done.stdout


def as_json(*arguments, **more):
    return json.loads(ok(*arguments, "--json", **more))


def wrong(status, said, *arguments, **more):
    """Refused with this status, as lines for a person and as a problem for a program; nothing on standard output."""
    done = custody(*arguments, **more)
    assert done.returncode == status and not done.stdout, (arguments, done.returncode, done.stdout, done.stderr)
    assert said in done.stderr and ("api" in arguments or "\n  next: " in done.stderr), (arguments, done.stderr)
    if more.get("terminal"):
        return done.stderr
    problem = custody(*arguments, "--json", **more)
    assert problem.returncode == status and set(json.loads(problem.stderr)) == {"type", "title", "status", "detail"}
    return done.stderr


def authority():
    """The service's authority, as an endpoint pinned it when it enrolled."""
    kept = demo.folder / "authority.pem"
    kept.write_bytes((demo.home / "agent/authority.pem").read_bytes())
    return str(kept)


def token_env():
    return {"CUSTODY_URL": demo.facts()["url"], "CUSTODY_TOKEN": demo.facts()["api_token"], "CUSTODY_AUTHORITY": authority()}


def sign_in(config="login.json"):
    facts = demo.facts()
    ok("login", "--url", facts["url"], "--tenant", facts["tenant"], "--username", facts["login"], "--authority", authority(),
       stdin=facts["password"] + "\n", config=config)


def this_machine():
    return next(device for device in as_json("device", "list")["items"] if device["name"] == socket.gethostname())


def enrol(key):
    """One more endpoint with that deployment key: its id."""
    state = tempfile.mkdtemp(prefix="endpoint-", dir=demo.folder)
    done = subprocess.run([BIN / "custody-agent", "enrol", "--url", demo.facts()["url"], "--key", "-", "--state", state],
                          input=key + "\n", capture_output=True, text=True, check=True)
    return re.search(r"dev_[a-z2-7]{26}", done.stdout).group()


# Signing in

def a_person_signs_in_by_the_authority_and_out_again():
    facts = demo.facts()
    ok("logout")
    login = ["login", "--url", facts["url"], "--tenant", facts["tenant"], "--username", facts["login"]]
    wrong(70, "does not prove to be the service", *login, stdin=facts["password"] + "\n")
    wrong(3, "", *login, "--authority", authority(), stdin="not this one at all\n")
    wrong(3, "nobody is signed in", "whoami")
    sign_in()
    assert (demo.folder / "login.json").stat().st_mode & 0o777 == 0o600
    assert re.search(r"^Role +owner$", ok("whoami"), re.M) and as_json("whoami")["user"]["username"] == facts["login"]
    assert as_json("logout")["signed_out"] == facts["url"]
    wrong(3, "nobody is signed in", "device", "list")
    sign_in()


def asking(*more, config):
    """A sign-in by a browser that has begun: the process, and what the address says after its #."""
    facts = demo.facts()
    ran.update({("login", "--browser"), ("login", None)})
    around = {name: value for name, value in os.environ.items() if not name.startswith(("CUSTODY_", "SSH_"))}
    running = subprocess.Popen([BIN / "custody", "login", "--browser", "--url", facts["url"], "--authority", authority(), *more],
                               env=around | {"CUSTODY_CONFIG": str(demo.folder / config)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    said = ""
    while "paste it here: " not in said:
        piece = os.read(running.stderr.fileno(), 4096).decode()
        assert piece, said
        said += piece
    address, shown = re.search(r"  (https://\S+)\n", said).group(1), re.search(r"shows this code: (\S{9})\n", said).group(1)
    assert address.startswith(facts["url"] + "/cli#")
    return running, dict(urllib.parse.parse_qsl(address.split("#")[1])), shown


def brought(port, path):
    """As the browser comes to the command's port: the status, and where it is sent then."""
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location")


def api(method, path, body=None, config="login.json"):
    return json.loads(ok("api", method, path, stdin=json.dumps(body) if body else "", config=config) or "null")


def a_person_signs_in_by_a_browser_and_nobody_else_does_with_its_code():
    facts = demo.facts()
    running, asks, shown = asking("--json", config="browser.json")
    bits = int.from_bytes(hashlib.sha256(asks["challenge"].encode()).digest()[:5], "big")
    letters = "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[bits >> shift & 31] for shift in range(35, -5, -5))
    assert shown == letters[:4] + "-" + letters[4:] and asks["from"] == socket.gethostname()
    silent = socket.create_connection(("127.0.0.1", int(asks["port"]))) # as browsers make them in advance
    assert brought(asks["port"], "/favicon.ico") == (404, None) and brought(asks["port"], "/?code=cse_AAAA") == (404, None)
    assert brought(asks["port"], "/?code=cli_" + "A" * 64) == (400, None) # somebody else's: it is waited past
    code = api("POST", "/v1/cli", {"challenge": asks["challenge"]})["code"]
    wrong(3, "approved for another command", "api", "POST", "/v1/session/cli", stdin=json.dumps({"code": code, "secret": "A" * 43}))
    assert brought(asks["port"], "/?code=" + code) == (400, None) # burnt
    code = api("POST", "/v1/cli", {"challenge": asks["challenge"]})["code"]
    assert brought(asks["port"], "/?code=" + code) == (303, facts["url"] + "/cli#done")
    out, said = running.communicate(timeout=30)
    silent.close()
    assert running.returncode == 0 and json.loads(out)["way"] == "cli" and json.loads(out)["keyed"], (out, said)
    assert as_json("device", "list", config="browser.json")["items"]
    own = [session for session in as_json("session", "list")["items"] if session["way"] == "cli"]
    assert len(own) == 1 and own[0]["keyed_by"] == "cli" and not own[0]["yours"]
    assert as_json("session", "end", own[0]["id"]) == {"revoked": own[0]["id"]}
    wrong(3, "", "device", "list", config="browser.json")
    ok("device", "list")


def where_the_browser_is_elsewhere_the_code_is_pasted():
    running, asks, _ = asking(config="pasted.json")
    code = api("POST", "/v1/cli", {"challenge": asks["challenge"]})["code"]
    out, said = running.communicate("cli_AAAA\n" + code + "\n", timeout=30)
    assert running.returncode == 0 and not out and "signed in to" in said, said
    assert as_json("whoami", config="pasted.json")["way"] == "cli"
    ok("logout", config="pasted.json")
    alone = custody("login", "--browser", "--url", demo.facts()["url"], "--authority", authority(), config="none.json", env={"SSH_CONNECTION": "a 1 b 2"})
    assert alone.returncode == 2 and "&port=" not in alone.stderr and "the code is missing" in alone.stderr
    wrong(2, "none of --token", "login", "--browser", "--url", demo.facts()["url"], "--username", "owner")


def who_has_no_password_is_told_where_a_passkey_does_it():
    facts = demo.facts()
    for stdin, said, status in (("", "the password is missing", 2), ("not this one at all\n", "the password is wrong", 3)):
        told = wrong(status, said, "authenticator", "remove", "--username", facts["login"], stdin=stdin)
        assert "by a passkey, in the console: " + facts["url"] in told, told
    assert "passkey" not in custody("whoami", config="none.json").stderr


def the_environment_alone_signs_every_command_in():
    env = token_env()
    for command in (["whoami"], ["device", "list"], ["settings", "show"], ["deployment", "list"], ["api", "GET", "/v1/session"]):
        assert ok(*command, env=env, config="none.json") and not (demo.folder / "none.json").exists()
    wrong(3, "nobody is signed in", "device", "list", config="none.json")
    bad = "ctk_" + "A" * 80
    wrong(3, "", "whoami", env=env | {"CUSTODY_TOKEN": bad}, config="none.json")
    ok("whoami", "--token", env["CUSTODY_TOKEN"], env=env | {"CUSTODY_TOKEN": bad}, config="none.json")
    ok("whoami", "--token", "-", stdin=env["CUSTODY_TOKEN"] + "\n", env=env | {"CUSTODY_TOKEN": bad}, config="none.json")
    assert as_json("whoami")["user"] and not as_json("whoami", env=env)["user"]
    wrong(3, "for another address", "whoami", "--url", "https://127.0.0.1:1")
    wrong(2, "--authority checks", "whoami", "--insecure", "--authority", authority())


def a_sign_in_that_others_can_read_is_refused_until_the_command_is_run():
    file = demo.folder / "login.json"
    file.chmod(0o644)
    said = wrong(2, "others can read", "device", "list")
    subprocess.run(shlex.split(re.search(r"next: (chmod .*)", said).group(1)), check=True)
    ok("device", "list")


# Reading

def devices_are_found_by_name_and_state_in_the_order_asked_for():
    host = socket.gethostname()
    text = ok("device", "list")
    assert re.match(r"Name +State +Last seen +Enrolled +Id\n", text) and re.search(rf"^{host} +approved ", text, re.M)
    assert len(as_json("device", "list", "--name", host[1:].upper(), "--state", "approved", "--sort=-seen")["items"]) == 1
    assert as_json("device", "list", "--state", "pending") == {"items": [], "next": None}
    assert "no such devices" in custody("device", "list", "--name", "nobody-is-called-this").stderr
    rows = list(csv.DictReader(io.StringIO(ok("device", "list", "--csv", "--name", host))))
    assert [row["name"] for row in rows] == [host] and rows[0]["state"] == "approved"
    wrong(2, "--state is approved, pending, revoked, open,", "device", "list", "--state", "lost")
    wrong(2, "1 to 500", "device", "list", "--limit", "0")


def a_device_shows_its_addresses_as_three_short_lists():
    device = this_machine()
    whole, text = as_json("device", "show", device["id"]), ok("device", "show", device["id"])
    for title, key in (("MAC", "mac"), ("IP", "ip"), ("Connected from", "connected_from")):
        told = list(dict.fromkeys(address[key] for address in whole["addresses"] if address[key]))
        line = re.search(rf"^{title} +(.*)$", text, re.M)
        assert (line.group(1).split(", ") if line else []) == told
    assert re.search(r"^State +approved$", text, re.M) and "bash" not in re.findall(r"^(\S+) ", text, re.M)
    assert re.search(r"^bash +5", ok("device", "show", device["id"], "--programs"), re.M)
    wrong(6, "", "device", "show", "dev_" + "a" * 26)
    wrong(2, "begins with dev_", "device", "show", "tok_" + "a" * 26)


def a_report_for_whoever_helps_holds_nothing_about_persons():
    facts, file = demo.facts(), demo.folder / "report.json"
    before = set(demo.folder.iterdir())
    report, text = as_json("diagnose"), ok("diagnose")
    assert set(demo.folder.iterdir()) == before
    assert report["sign_in"] | {"kind": "session", "accepted": True, "role": "owner", "url": facts["url"]} == report["sign_in"]
    assert report["service"]["answers"] and report["service"]["version"] == report["program"]["version"]
    assert report["tls"]["proved"] and abs(report["clock"]["seconds_ahead"]) <= 2
    assert report["counts"]["devices"] == 1 and report["counts"]["devices_pending"] == 0 and report["counts"]["tokens"] == 1
    root = ssl.PEM_cert_to_DER_cert(pathlib.Path(authority()).read_text())
    assert report["tls"]["chain"][-1]["sha256"] == hashlib.sha256(root).hexdigest() and report["tls"]["chain"][-1]["sha256"] in text
    for secret in (facts["password"], "cse_", "ctk_", "dev_", str(demo.folder), "Demonstration", "owner@"):
        assert secret not in text + json.dumps(report), secret
    assert socket.gethostname() not in text.replace(facts["url"], "")
    assert as_json("diagnose", "--output", str(file))["written"] == str(file)
    assert file.stat().st_mode & 0o777 == 0o600 and json.loads(file.read_text())["counts"] == report["counts"]


def a_report_is_made_of_a_service_that_proves_nothing_or_is_not_there():
    env = token_env()
    del env["CUSTODY_AUTHORITY"]
    doubtful = as_json("diagnose", env=env, config="none.json")
    assert doubtful["service"]["answers"] and not doubtful["tls"]["proved"] and doubtful["tls"]["chain"] and "counts" not in doubtful
    nobody = as_json("diagnose", env=env | {"CUSTODY_URL": f"https://127.0.0.1:{free_port()}"}, config="none.json")
    assert not nobody["service"]["answers"] and nobody["service"]["problem"]
    assert as_json("diagnose", config="none.json")["sign_in"]["problem"]


# Printed from the table

def completions_are_those_committed_and_complete_in_their_shell():
    for shell, file in COMPLETIONS.items():
        assert ok("completion", shell) == (SOURCE / "etc/completions" / file).read_text(), f"etc/completions/{file} is old"
        if shutil.which(shell):
            subprocess.run([shell, "-n", SOURCE / "etc/completions" / file], check=True)
    wrong(2, "SHELL is bash, zsh or fish", "completion", "csh")
    expected = {"custody dev": "device", "custody --json device rev": "revoke", "custody device list --state p": "pending",
                "custody settings set programs o": "on off", "custody settings set programs off logg": "logged_in"}
    for line, words in expected.items():
        script = f"""source {SOURCE}/etc/completions/custody.bash
            COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _custody; echo "${{COMPREPLY[*]}}" """
        assert subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.strip() == words, line
        if shutil.which("fish"):
            script = f"source {SOURCE}/etc/completions/custody.fish; complete -C {shlex.quote(line)}"
            env = os.environ | {"HOME": str(demo.folder), "PATH": f"{BIN.resolve()}:{os.environ['PATH']}"}
            found = subprocess.run(["fish", "-c", script], capture_output=True, text=True, check=True, env=env).stdout
            assert {word.split("\t")[0] for word in found.splitlines()} == set(words.split()), (line, found)


def the_manuals_are_complete_and_without_a_warning():
    assert ok("describe", "man") == ok("describe", "man", "custody") == (SOURCE / "man/custody.1").read_text(), "man/custody.1 is old"
    assert ok("describe", "man", "custody-rules") == (SOURCE / "man/custody-rules.5").read_text(), "man/custody-rules.5 is old"
    for program in ("custodyd", "custody-agent"):
        page = (SOURCE / f"man/{program}.8").read_text().replace("\\-", "-")
        said = subprocess.run([BIN / program, "--help"], capture_output=True, text=True, check=True).stdout
        assert "Written by hand" in page.splitlines()[1]
        for option in re.findall(r"--[a-z-]+", said):
            assert option == "--SETTING" or option in page, f"man/{program}.8 has no {option}"
    for page in sorted((SOURCE / "man").iterdir()):
        checks = (["mandoc", "-Tlint", page], ["groff", "-man", "-ww", "-Kutf8", "-Tutf8", "-z", page])
        for check in checks:
            if shutil.which(check[0]):
                done = subprocess.run(check, capture_output=True, text=True)
                assert not done.stdout + done.stderr, (page, done.stdout, done.stderr)


def the_rule_files_of_a_folder_are_checked_without_a_service():
    folder = pathlib.Path(tempfile.mkdtemp(dir=demo.folder))
    (folder / "20-b.rules").write_text("allow any : path=/tmp/x\n")
    (folder / "10-a.rules").write_text("deny any : path=/tmp/**\n")
    (folder / "notes.txt").write_text("no rules\n")
    assert as_json("policy", "check", folder) == {"files": 2, "rules": 2, "trouble": [
        {"file": "20-b.rules", "line": 1, "warning": True, "said": "never decides: 10-a.rules:1 does before it"}]}
    assert ok("policy", "explain", folder, "--path", "/tmp/x").startswith("deny\n  by 10-a.rules:1: ")
    (folder / "30-c.rules").write_text("deny user=somebody : any\n")
    done = custody("policy", "check", folder)
    assert done.returncode == 2 and done.stdout.startswith("30-c.rules:1: user=: ") and "1 in all" in done.stderr


def told_of_launches(*launches):
    """As the agent of this machine tells them, of three days ago: each one of the machine's own, allowed, a path and how often."""
    agent = demo.home / "agent"
    device = this_machine()["id"]
    told = b"".join(field(1, field(1, int((time.time() - 3 * 86400) * 1000)) + field(3, count) + field(6, bytes(16)) + field(7, path))
                    for path, count in launches)
    body = field(1, os.urandom(16)) + field(2, 1) + field(3, field(1, read_id(device)) + field(2, zstd(told)))
    context = ssl.create_default_context(cafile=authority())
    context.load_cert_chain(agent / "certificate.pem", agent / "key.pem")
    connection = http.client.HTTPSConnection("localhost", demo.port + 1, timeout=60, context=context)
    with contextlib.closing(connection):
        connection.request("POST", "/agent/v1/launches", body, {"Content-Type": "application/x-protobuf"})
        answer = connection.getresponse()
        assert answer.status // 100 == 2, answer.read()


def rules_are_rehearsed_against_the_launches_that_were_recorded():
    rules = demo.folder / "10-try.rules"
    rules.write_text("deny user=system : path=/usr/sbin/**\nallow any : path=/usr/bin/true\nallow any : trust=system\n")
    told_of_launches(("/usr/sbin/cron", 3), ("/usr/bin/true", 2), ("/usr/bin/false", 1))
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86400))  # what the machine itself launches comes in meanwhile
    listed = as_json("launch", "list", "--until", until)["items"]
    assert {one["path"] for one in listed} == {"/usr/sbin/cron", "/usr/bin/true", "/usr/bin/false"}, listed
    done = as_json("policy", "rehearse", rules, "--until", until)
    assert (done["judged"], done["not_judged"], done["missing"]) == (5, 1, ["trust"]), done
    assert done["counts"] == [{"was": "allowed", "would": "allowed", "launches": 2},
                              {"was": "allowed", "would": "denied", "launches": 3}], done
    assert done["changes"] == [{"path": "/usr/sbin/cron", "account": None, "was": "allowed", "would": "denied",
                                "launches": 3, "rule": "10-try.rules:1"}], done
    said = custody("policy", "rehearse", rules, "--until", until)
    assert "/usr/sbin/cron" in said.stdout and "5 launches judged" in said.stderr and "(trust)" in said.stderr, said
    assert as_json("policy", "rehearse", rules, "--until", "2020-01-01")["judged"] == 0
    rules.write_text("deny\n")
    wrong(2, "1 in all", "policy", "rehearse", rules)


def what_needs_no_service_is_printed_as_text_and_as_json():
    for form in ("struct", "sql", "json", "openapi", "proto", "types", "data-map", "acts", "annex-a", "rules", "man"):
        assert as_json("describe", form)[form] == ok("describe", form)
    assert ok("version").strip() == "custody " + as_json("version")["version"] == ok("--version").strip()
    wrong(2, "no such command", "devise")


# Changing

def what_may_be_collected_is_changed_item_by_item():
    before = as_json("settings", "show")
    assert all(before[item] for item in before if item not in ("id", "version")) and len(before) == 10
    assert re.search(r"^programs +on +installed programs$", ok("settings", "show"), re.M)
    wrong(2, "nobody has agreed", "settings", "set", "programs", "off")
    assert "Removed from every device's record, for good" in custody("settings", "set", "programs", "off").stderr
    after = as_json("settings", "set", "programs", "off", "logged_in", "off", "--yes")
    assert (after["programs"], after["logged_in"], after["usernames"]) == (False, False, True)
    assert re.search(r"^programs +off ", ok("settings", "show"), re.M)
    assert "nothing is changed" in custody("settings", "set", "programs", "off").stderr
    assert as_json("settings", "set", "programs", "on", "logged_in", "on")["programs"]
    wrong(2, "twice", "settings", "set", "programs", "on", "programs", "off")
    wrong(2, "ITEM is", "settings", "set", "passwords", "on")


def keepers_are_listed_approved_and_revoked():
    made = as_json("token", "create", "--name", "keeper", "--scope", "keeper", "--days", "1")
    assert "no keepers" in custody("keeper", "list").stderr
    public = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    shown = json.loads(ok("api", "POST", "/v1/keeper", stdin=json.dumps({"public": public}), env=token_env() | {"CUSTODY_TOKEN": made["token"]}))
    assert shown["id"] == made["id"] and shown["fingerprint"] in ok("keeper", "list")
    wrong(2, "not this keeper's fingerprint", "keeper", "approve", made["id"], "--fingerprint", "0000")
    approved = as_json("keeper", "approve", made["id"], "--fingerprint", shown["fingerprint"].upper(), "--gives", "viewer", "--releases")
    assert approved["state"] == "approved" and approved["gives"] == "viewer" and approved["releases"]
    assert as_json("keeper", "revoke", made["id"]) == {"revoked": made["id"]} and as_json("keeper", "list")["items"] == []
    wrong(6, "", "keeper", "revoke", made["id"])


def tokens_and_what_they_may_do():
    secret = ok("token", "create", "--name", "reader", "--role", "viewer", "--days", "1").strip()
    made = as_json("token", "create", "--name", "other", "--role", "viewer", "--days", "1")
    assert secret.startswith("ctk_") and made["token"].startswith("ctk_") and "reader" in ok("token", "list")
    env = token_env() | {"CUSTODY_TOKEN": secret}
    wrong(3, "", "settings", "set", "programs", "off", "--yes", env=env)
    wrong(3, "", "token", "list", env=env)
    assert as_json("diagnose", env=env)["counts"]["tokens"] is None
    assert as_json("token", "revoke", made["id"]) == {"revoked": made["id"]}
    assert made["id"] not in [token["id"] for token in as_json("token", "list")["items"]]
    wrong(3, "", "whoami", env=env | {"CUSTODY_TOKEN": made["token"]})
    assert "devices:read" in ok("token", "scopes")
    narrow = as_json("token", "create", "--name", "narrow", "--scope", "log:read export", "--days", "1", "--confirm", "demo")
    assert narrow["scope"] == "log:read export" and "log:read export" in ok("token", "list") and as_json("token", "revoke", narrow["id"])
    wrong(3, "password is wrong", "token", "create", "--name", "x", "--role", "viewer", "--days", "1", stdin="not this one at all\n")
    wrong(2, "password is missing", "token", "create", "--name", "x", "--role", "viewer", "--days", "1", stdin="")
    wrong(2, "a token has --role, or --scope", "token", "create", "--name", "x", "--days", "1")
    wrong(2, "--role is administrator, auditor or viewer", "token", "create", "--name", "x", "--role", "owner", "--days", "1")


def what_is_kept_about_a_person_is_looked_for_and_what_names_them_is_renamed():
    none, password = "acc_" + "a" * 26, demo.facts()["password"] + "\n"
    assert as_json("person", "list", "zq-nobody")["items"] == [] and as_json("person", "forgotten")["items"] == []
    wrong(6, "no acc_", "person", "show", none)
    wrong(2, "one member (usr_", "person", "show", "dev_" + "a" * 26)
    wrong(6, "no acc_", "person", "forget", none, "--confirm", "nobody", stdin=password)
    wrong(2, "begins with fgt_", "person", "lift", none)
    wrong(6, "fgt_", "person", "lift", "fgt_" + "a" * 26)
    token = as_json("token", "create", "--name", "of a person", "--role", "viewer", "--days", "1")["id"]
    assert as_json("token", "rename", token, "--name", "of a script") == {"renamed": token} and "of a script" in ok("token", "list")
    key = as_json("deployment", "create", "--name", "of a person", "--uses", "1", "--days", "1")["id"]
    assert as_json("deployment", "rename", key, "--name", "of a lab") == {"renamed": key} and "of a lab" in ok("deployment", "list")
    wrong(6, "", "token", "rename", "tok_" + "a" * 26, "--name", "x")
    assert as_json("token", "revoke", token) and as_json("deployment", "revoke", key)


def the_log_is_listed_proven_and_copied():
    time.sleep(1)
    about = as_json("log", "about")
    assert about["size"] == about["entries"] and about["origin"] in ok("log", "about")
    last = as_json("log", "list", "--limit", "1")["items"][0]
    assert last["seq"] == about["size"] - 1 and f"{last['seq']}  " in ok("log", "list", "--limit", "1")
    made = as_json("log", "list", "--act", "tenant.", "--by", "operator", "--from", "2020-01-01", "--all")
    assert [entry["act"] for entry in made["items"]] == ["tenant.made"]
    assert "no such entries" in custody("log", "list", "--until", "2020-01-01").stderr
    assert ok("log", "list", "--csv", "--act", "tenant.made").startswith("at,act,by,entry")
    assert as_json("log", "show", "0") == made["items"][0]
    tenant = made["items"][0]["on"][0]
    assert as_json("log", "list", "--on", tenant, "--all")["items"] == made["items"]
    assert "no such entries" in custody("log", "list", "--on", "dev_" + "a" * 26).stderr
    assert ok("log", "list", "--csv", "--on", tenant).count("\n") == 2
    proof = demo.folder / "zero.tlog-proof"
    assert ok("log", "proof", "0").startswith("c2sp.org/tlog-proof@v1\nindex 0\n")
    assert as_json("log", "proof", "0", "--output", str(proof)) == {"written": str(proof)} and proof.exists()
    copy = demo.folder / "log-copy"
    assert as_json("log", "mirror", str(copy))["fetched"] > 1
    assert "custody-verify log" in custody("log", "mirror", str(copy)).stderr
    (copy / "key").write_text("custody/another+00000000+AAAA")
    wrong(3, "not the one of the first visit", "log", "mirror", str(copy))
    wrong(2, "by its number", "log", "show", "first")
    wrong(6, "not signed yet", "log", "show", "999999")


def notices_have_addresses_and_wait_where_there_is_no_relay():
    assert re.search(r"^Addresses +none$", ok("notice", "show"), re.M)
    wrong(5, "set one first", "notice", "test")
    assert as_json("notice", "set", "ops@example.com", "it@mail.example")["addresses"] == ["it@mail.example", "ops@example.com"]
    wrong(2, "not of the form name@host", "notice", "set", "ops@example.com", "Ops <ops@example.com>")
    sent = custody("notice", "test")
    assert re.search(r"^Mail relay +none$", sent.stdout, re.M) and re.search(r" test +ops@example.com +waiting ", sent.stdout)
    assert "no mail relay is set on this service" in sent.stderr
    assert [item["state"] for item in as_json("notice", "show")["items"]] == ["waiting", "waiting"]
    waits = as_json("notice", "list", "--state", "waiting")["items"]
    assert len(waits) == 2 and as_json("notice", "list", "--state", "failed")["items"] == []
    wrong(6, "has failed", "notice", "resend", waits[0]["id"])
    assert as_json("notice", "set", "none")["addresses"] == []


def a_webhook_is_named_where_the_operator_has_opened_a_way_to_it():
    assert as_json("webhook", "list")["items"] == [] and "no webhooks yet" in custody("webhook", "list").stderr
    wrong(3, "--webhook-ports", "webhook", "add", "https://hooks.example")
    wrong(2, "scheme://host", "webhook", "add", "https://somebody@hooks.example")
    for verb in ("test", "rotate", "remove"):
        wrong(6, "", "webhook", verb, "whk_" + "a" * 26)
        wrong(2, "custody webhook list", "webhook", verb, "the first")


def a_witness_is_named_where_the_operator_has_opened_a_way_to_it():
    assert as_json("witness", "show") is None and "no witness cosigns this log" in custody("witness", "show").stderr
    wrong(3, "--witness-ports", "witness", "set", "https://witness.example", "client.example/witness+00000000+AAAA")
    wrong(2, "scheme://host", "witness", "set", "https://somebody@witness.example", "key")
    assert as_json("witness", "remove") == {"removed": "witness"}


def a_sign_in_provider_is_named_where_the_operator_has_opened_a_way_to_it():
    said = as_json("sso", "show")
    assert not said["allowed"] and said["issuer"] is None and said["back"].endswith("/signed-in")
    assert "--sso-ports" in custody("sso", "show").stderr
    wrong(3, "--sso-ports", "sso", "set", "https://id.example", "custody", "passkey", "--secret", stdin="s3cret\n" + demo.facts()["password"] + "\n")
    wrong(2, "passphrase", "sso", "set", "https://id.example", "custody", "password")
    wrong(2, "an issuer is", "sso", "set", "https://id.example?x", "custody", "passkey", "--known-by", "email", "--joins", "viewer")
    wrong(6, "no single sign-on", "sso", "test")
    wrong(6, "no single sign-on", "sso", "remove", "--yes")
    assert not as_json("sso", "account")["there"] and "there is no single sign-on" in ok("sso", "account")
    wrong(3, "password is wrong", "sso", "unlink", "--username", demo.facts()["login"], stdin="not this one at all\n")


def what_is_kept_is_shown_and_how_long_it_stays_said():
    assert re.search(r"^Capacity +no limit is set by the contract$", ok("storage", "show"), re.M)
    assert re.search(r"^launches .* 90 days +-$", ok("storage", "set", "launches", "--least", "90"), re.M)
    wrong(2, "nobody has confirmed", "storage", "set", "videos", "--most", "30")
    wrong(5, "name has to be typed", "storage", "set", "videos", "--most", "30", "--confirm", "another")
    assert as_json("storage", "set", "videos", "--most", "30", "--confirm", demo.facts()["tenant"])["kinds"][2]["most"] == 30
    wrong(2, "whole number", "storage", "set", "videos", "--most", "soon")
    assert as_json("storage", "set", "videos", "--most", "0")["kinds"][2]["most"] == 0


def the_promises_are_shown_with_their_evidence():
    assert [row["state"] for row in as_json("prove")["promises"]].count("kept") >= 3
    assert re.search(r"^access\.client-only +kept ", ok("prove"), re.M) and "contract facts: tenant's name" in ok("prove")


def a_control_of_annex_a_has_the_promises_that_are_evidence_for_it():
    proven = as_json("prove")["promises"]
    rows = [[cell.strip() for cell in line.split("|")[1:5]] for line in ok("describe", "annex-a").splitlines() if line.startswith("| A.")]
    checked, unchecked = ({id for row in rows for id in re.findall("`(.+?)`", row[column])} for column in (2, 3))
    unwritten = "the check of this promise is not written yet"
    assert checked == {row["id"] for row in proven if row["evidence"] != unwritten} and not checked & unchecked
    assert checked | unchecked == {row["id"] for row in proven} and len(rows) > 20


def a_device_waits_is_approved_and_is_revoked():
    create = ["deployment", "create", "--name", "lab", "--uses", "2", "--days", "1"]
    held, named = as_json(*create, "--hold"), as_json(*create, "--pattern", "no-such-machine-*")
    assert held["hold"] and named["pattern"] == "no-such-machine-*"
    assert "(none)" in ok("deployment", "list") and "no-such-machine-*" in ok("deployment", "list")
    device, other = enrol(held["key"]), enrol(named["key"])
    assert {item["id"] for item in as_json("device", "list", "--state", "pending")["items"]} == {device, other}
    assert as_json("device", "approve", device) == {"approved": device}
    wrong(2, "nobody has agreed", "device", "revoke", device)
    wrong(2, "nothing is changed", "device", "revoke", device, stdin="no\n", terminal=True)
    assert as_json("device", "show", device)["state"] == "approved"
    ok("device", "revoke", device, stdin="yes\n", terminal=True)
    assert as_json("device", "show", device)["state"] == "revoked" and "revoked" in ok("device", "list")
    ok("device", "approve", device)
    assert as_json("device", "revoke", device, "--yes") == {"revoked": device}
    ok("device", "approve", device)
    ok("deployment", "revoke", named["id"])
    assert as_json("device", "show", other)["state"] == "pending"
    assert as_json("deployment", "revoke", held["id"], "--with-devices") == {"revoked": held["id"]}
    assert as_json("device", "show", device)["state"] == "revoked"
    wrong(6, "", "device", "approve", "dev_" + "a" * 26)


def any_request_may_be_sent_as_it_is():
    assert as_json("api", "GET", "/v1/devices?limit=1")["items"]
    made = json.loads(ok("api", "POST", "/v1/tokens", stdin=json.dumps({
        "name": "raw", "role": "viewer", "days": 1, "password": demo.facts()["password"]})))
    assert made["token"].startswith("ctk_") and ok("api", "DELETE", "/v1/tokens/" + made["id"]) == ""
    wrong(2, "METHOD is GET, POST", "api", "HEAD", "/v1/devices")
    wrong(6, "", "api", "GET", "/v1/nothing")


def an_operator_makes_a_client_and_its_owner_claims_it():
    operator = str(demo.home / "service/run/operator.sock")
    claim = ok("tenant", "create", "second", "--socket", operator).strip()
    assert claim.startswith("ccl_") and "second" in [client["name"] for client in as_json("tenant", "list", "--socket", operator)["items"]]
    assert "Stores behind" in ok("marks", "show", "--socket", operator) and as_json("marks", "list", "--socket", operator)["items"] == []
    wrong(2, "the keyring is older", "marks", "accept", "--socket", operator)
    wrong(5, "not behind", "marks", "accept", "--confirm", "the keyring is older", "--socket", operator)
    where = ["--url", demo.facts()["url"], "--authority", authority()]
    who = ["--username", "eve", "--full-name", "Eve Owner", "--email", "eve@example.com"]
    kit = ok("claim", *where, "--claim", claim, *who, stdin=PASSWORD + "\n", config="second.json").strip()
    wrong(2, "", "kit", "confirm", stdin="AAAA-BBBB\n", config="second.json")
    assert as_json("kit", "confirm", stdin=kit + "\n", config="second.json") == {"confirmed": "kit"}
    recover = ["recover", *where, "--tenant", "second", "--username", "eve"]
    assert as_json(*recover, stdin=f"{kit}\nanother long pass phrase\n", config="second.json")["role"] == "owner"
    mine = dict(config="second.json")
    assert as_json("key", "rotate", **mine)["rotating"] is False and as_json("key", "show", **mine)["number"] == 2
    wrong(2, "the name typed", "key", "rotate", "--confirm", "other", stdin="another long pass phrase\n", **mine)
    assert re.search(r"^Ways in +1$", ok("recovery", "show", **mine), re.M)
    wrong(2, "2 to 10 guardians", "recovery", "split", as_json("whoami", **mine)["user"]["id"], "--need", "2",
          stdin="another long pass phrase\n", **mine)
    ok("recovery", "print", stdin="another long pass phrase\n", **mine)
    assert as_json("recovery", "withdraw", **mine) == {"withdrawn": "recovery"}
    wrong(6, "no part of a recovery key", "recovery", "part", stdin="another long pass phrase\n", **mine)
    kit = ok("recovery", "print", stdin="another long pass phrase\n", **mine).strip()
    assert as_json("recovery", "confirm", stdin=kit + "\n", **mine) == {"confirmed": "part"}
    assert as_json("recovery", "rehearse", stdin=kit + "\n", **mine) == {"rehearsed": "part"}
    assert as_json("recovery", "show", **mine)["ways_in"] == 2
    assert as_json("whoami", config="second.json")["tenant"]["state"] == "open"
    wrong(8, "nobody answers at the socket", "tenant", "list", "--socket", operator + "x")


def operator_socket():
    return str(demo.home / "service/run/operator.sock")


def where():
    return ["--url", demo.facts()["url"], "--authority", authority()]


def who(username):
    return ["--username", username, "--full-name", username.title() + " Person", "--email", username + "@example.com"]


def join_member(role, username):
    """An invited person, who has the key and a sign-in of their own: its id, and the file of the sign-in."""
    link, config = ok("invitation", "create", role, "--days", "3").strip(), username + ".json"
    session = as_json("join", *where(), "--invitation", link, *who(username), stdin=PASSWORD + "\n", config=config)
    if session["waiting"]:
        assert as_json("member", "give-key", session["user"]["id"]) == {"keyed": session["user"]["id"]}
        ok("login", *where(), "--tenant", demo.facts()["tenant"], "--username", username, stdin=PASSWORD + "\n", config=config)
    return session["user"]["id"], config


def people_are_invited_given_the_key_and_removed():
    made = as_json("invitation", "create", "viewer", "--days", "1")
    assert made["link"].startswith("civ_") and made["id"] in ok("invitation", "list")
    assert as_json("invitation", "revoke", made["id"]) == {"revoked": made["id"]}
    wrong(3, "invitation", "join", *where(), "--invitation", made["link"], *who("late"), stdin=PASSWORD + "\n", config="late.json")
    wrong(2, "MEMBER-ROLE is owner, administrator", "invitation", "create", "king", "--days", "1")
    waiting = custody("join", *where(), "--invitation", "-", *who("waiter"), config="waiter.json",
                      stdin=ok("invitation", "create", "viewer", "--days", "1") + PASSWORD + "\n")
    assert waiting.returncode == 0 and "You wait for the key" in waiting.stderr
    assert "waits for an owner" in ok("whoami", config="waiter.json")
    wrong(4, "you wait for the key", "device", "list", config="waiter.json")
    viewer = next(one["id"] for one in as_json("member", "list")["items"] if one["state"] == "waiting")
    assert re.search(r"^Waiter Person +waiter +viewer +waiting ", ok("member", "list"), re.M)
    assert as_json("member", "edit", viewer, "--email", "new@example.com")["user"]["email"] == "new@example.com"
    wrong(2, "say what is to change", "member", "edit", viewer)
    wrong(5, "only they can change it", "member", "edit", viewer, "--username", "other")
    assert as_json("scim", "show")["groups"] == [] and "never: custody token create" in ok("scim", "show")
    set_up = as_json("scim", "map", "Admins=administrator", "a=b=auditor", "--otherwise", "auditor", "--yes")
    assert [(each["group"], each["role"]) for each in set_up["groups"]] == [("Admins", "administrator"), ("a=b", "auditor")]
    assert re.search(r"^Admins +administrator +not told of yet +0", ok("scim", "map", "Admins=administrator", "--yes"), re.M)
    wrong(2, "a rule is GROUP=ROLE", "scim", "map", "Admins", "--yes")
    wrong(2, "nobody has agreed", "scim", "map")
    wrong(5, "has a way in", "invitation", "create", "viewer", "--days", "1", "--member", viewer)
    wrong(2, "nobody has agreed", "member", "disable", viewer)
    assert as_json("member", "disable", viewer, "--yes") == {"disabled": viewer}
    wrong(3, "you are disabled", "login", *where(), "--tenant", demo.facts()["tenant"], "--username", "waiter", stdin=PASSWORD + "\n", config="waiter.json")
    assert as_json("member", "enable", viewer) == {"enabled": viewer}
    wrong(2, "nobody has agreed", "member", "role", viewer, "auditor")
    wrong(2, "MEMBER-ROLE is owner, administrator", "member", "role", viewer, "king", "--yes")
    assert as_json("member", "role", viewer, "auditor", "--yes")["state"] == "approved"
    asked = as_json("member", "role", viewer, "approver", "--yes")
    assert (asked["kind"], asked["state"], asked["role"], asked["member"]) == ("role", "open", "approver", viewer)
    assert as_json("request", "list", "--kind", "role", "--all")["items"][0]["id"] == asked["id"]
    ok("request", "end", asked["id"])
    wrong(2, "nobody has agreed", "member", "remove", viewer)
    assert as_json("member", "remove", viewer, "--yes")["state"] == "approved"
    owner, config = join_member("owner", "second")
    administrator, _ = join_member("administrator", "helper")
    said = custody("member", "remove", administrator, "--yes").stderr
    request = re.search(r"custody request approve (req_\w+)", said).group(1)
    wrong(3, "you asked for it", "request", "approve", request, "--yes")
    text = custody("request", "approve", request, stdin="yes\n", config=config, terminal=True)
    assert text.returncode == 0 and f"asks that the member {administrator} is removed" in text.stderr
    assert administrator not in ok("member", "list") and as_json("request", "list", "--kind", "removal", "--all")["items"][0]["id"] == request


def code_of(secret, later=0):
    """What an authenticator shows, or will show in `later` half minutes (RFC 6238)."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30 + later), "sha1")
    return "%06d" % ((int.from_bytes(mac[mac[-1] & 15:][:4], "big") & 0x7fffffff) % 1000000)


def added_in_a_browser(username, password):
    """A passkey of theirs, and no session that stays."""
    browser = Client(types.SimpleNamespace(port=demo.port, trust=lambda: House.trust(demo)))
    browser.post("/v1/session", {"tenant": demo.facts()["tenant"], "username": username, "password": password})
    passkey = passkey_of(browser, password, username)
    browser.delete("/v1/session")
    return passkey


def read_by_a_camera(rows):
    """What a reader of QR codes sees in these squares, 1 for dark, four dots wide, with light around them."""
    light = "0" * (len(rows) + 8)
    whole = [light] * 4 + ["0000" + row + "0000" for row in rows] + [light] * 4
    dots = b"".join(bytes(0 if square == "1" else 255 for square in row for _ in range(4)) * 4 for row in whole)
    picture = demo.folder / "qr.pgm"
    picture.write_bytes(b"P5 %d %d 255\n" % (4 * len(light), 4 * len(whole)) + dots)
    return subprocess.run(["zbarimg", "--quiet", "--raw", picture], capture_output=True, text=True, check=True).stdout.strip()


def a_session_is_ended_and_a_password_changed_by_the_old_one():
    id, config = join_member("viewer", "keeper")
    mine = [one for one in as_json("session", "list", config=config)["items"] if one["yours"]]
    assert [one["member"] for one in mine] == [id] and "this one" in ok("session", "list", config=config)
    change = ["password", "change", "--username", "keeper"]
    wrong(3, "the password is wrong", *change, stdin="not my password\nseven small boats at anchor\n", config=config)
    wrong(2, "easy to guess", *change, stdin=f"{PASSWORD}\npasswordpassword\n", config=config)
    assert as_json(*change, stdin=f"{PASSWORD}\nseven small boats at anchor\n", config=config) == {"changed": "password"}
    assert as_json("authenticator", "show", config=config) == {"since": None}
    begun = as_json("authenticator", "add", "--username", "keeper", stdin="seven small boats at anchor\n", config=config)
    assert begun["uri"].startswith("otpauth://totp/Custody?secret=" + begun["secret"]) and read_by_a_camera(begun["qr"]) == begun["uri"]
    secret = ok("authenticator", "add", "--username", "keeper", stdin="seven small boats at anchor\n", config=config).strip()
    assert as_json("authenticator", "confirm", stdin=code_of(secret) + "\n", config=config) == {"confirmed": "authenticator"}
    login = ["login", *where(), "--tenant", demo.facts()["tenant"], "--username", "keeper"]
    wrong(3, "the code of the authenticator is wrong", *login, stdin="seven small boats at anchor\n000000\n", config=config)
    ok(*login, stdin=f"seven small boats at anchor\n{code_of(secret, 1)}\n", config=config)
    assert [one["way"] for one in as_json("session", "list", config=config)["items"] if one["yours"]] == ["code"]
    assert as_json("authenticator", "remove", "--username", "keeper", stdin="seven small boats at anchor\n", config=config) == {"removed": "authenticator"}
    assert as_json("passkey", "list", config=config)["items"] == []
    assert "a browser adds one" in custody("passkey", "list", config=config).stderr
    added = added_in_a_browser("keeper", "seven small boats at anchor")
    assert [(one["id"], one["used"], one["opens"]) for one in as_json("passkey", "list", config=config)["items"]] == [(added["id"], None, False)]
    remove = ["passkey", "remove", added["id"], "--username", "keeper"]
    wrong(3, "the password is wrong", *remove, stdin="not my password\n", config=config)
    assert as_json(*remove, stdin="seven small boats at anchor\n", config=config) == {"removed": "passkey"}
    wrong(6, "no such passkey", *remove, stdin="seven small boats at anchor\n", config=config)
    first = as_json("session", "list", "--limit", "1")
    others = as_json("session", "list", "--cursor", first["next"])["items"]
    assert [one["id"] for one in first["items"] + others] == [one["id"] for one in as_json("session", "list", "--all")["items"]] and others
    wrong(2, "cursor is what the page before gave", "session", "list", "--cursor", "1.ses_none")
    ended = next(one["id"] for one in as_json("session", "list")["items"] if one["member"] == id)
    assert as_json("session", "end", ended) == {"revoked": ended}
    wrong(3, "nobody is signed in", "whoami", config=config)
    assert as_json("work", "list")["items"] == [] and "nothing that takes long" in custody("work", "list").stderr


def a_process_is_shown_and_set_level_by_level():
    approver, _ = join_member("approver", "approver")
    assert "all owners and approvers" in ok("process", "show")
    named = as_json("process", "set", "1:" + approver, "1", "--longest", "60")
    assert [(one["need"], one["members"], one["groups"]) for one in named["levels"]] == [(1, [approver], []), (1, [], [])]
    assert named["longest_minutes"] == 60 and named["levels"][0]["able"] == 1
    assert f"1 of {approver}" in ok("process", "show")
    group = as_json("group", "create", "On call", approver)
    assert (group["name"], group["by_hand"], group["members"]) == ("On call", True, [approver]) and "On call" in ok("group", "list")
    assert as_json("process", "set", "1:" + group["id"], "--longest", "60")["levels"][0]["groups"] == [group["id"]]
    assert f"1 of {group['id']}" in ok("process", "show")
    wrong(5, "names this group", "group", "remove", group["id"])
    assert as_json("group", "set", group["id"], "Nobody")["members"] == []
    assert "0: too few" in ok("process", "show")
    wrong(2, "a level is how many", "process", "set", "some", "--longest", "60")
    wrong(2, "1 to 3 levels", "process", "set", "1", "1", "1", "1", "--longest", "60")
    wrong(2, "could", "process", "set", "9", "--longest", "60")
    ok("process", "set", "1", "--longest", "480")
    assert as_json("group", "remove", group["id"]) == {"revoked": group["id"]}


def join_staff(username):
    """One of the provider's people, who is current and signed in: its id, and the file of the sign-in."""
    link, config = ok("staff", "invite", "--socket", operator_socket()).strip(), username + ".json"
    id = as_json("staff", "join", *where(), "--invitation", link, *who(username), stdin=PASSWORD + "\n", config=config)["id"]
    assert as_json("agreement", "sign", "1", *where(), "--username", username, stdin=PASSWORD + "\n")["agreement"] == "1"
    assert as_json("staff", "trained", id, "privacy", "--socket", operator_socket()) == {"trained": id}
    wrong(3, "not current", "login", "--staff", *where(), "--username", username, stdin=PASSWORD + "\n", config=config)
    ok("staff", "trained", id, "information-security", "--at", time.strftime("%Y-%m-%d", time.gmtime()), "--socket", operator_socket())
    ok("login", "--staff", *where(), "--username", username, stdin=PASSWORD + "\n", config=config)
    return id, config


def staff_becomes_current_and_has_a_sign_in_of_its_own():
    agreement = demo.folder / "agreement.txt"
    agreement.write_text("What is seen is kept to oneself.\nFor ever.\n")
    wrong(6, "no agreement", "agreement", "show", "--socket", operator_socket())
    assert as_json("agreement", "set", "1", str(agreement), "--socket", operator_socket()) == {"in_force": "1"}
    wrong(5, "new one", "agreement", "set", "1", str(agreement), "--socket", operator_socket())
    assert ok("agreement", "show", *where()).endswith(agreement.read_text())
    assert as_json("agreement", "show", "--socket", operator_socket())["version"] == "1"
    id, config = join_staff("support")
    assert (demo.folder / "support.json.staff").stat().st_mode & 0o777 == 0o600
    assert as_json("whoami", "--staff", config=config)["id"] == id and "Support Person" in ok("whoami", "--staff", config=config)
    wrong(3, "nobody is signed in", "whoami", config=config)
    assert re.search(r"^Support Person +support +yes ", ok("staff", "list", config=config), re.M)
    assert as_json("staff", "list", "--socket", operator_socket())["items"][0]["current"]
    wrong(3, "somebody else", "staff", "trained", id, "privacy", config=config)
    wrong(2, "--staff goes with --username", "login", "--staff", *where(), "--tenant", "x", "--username", "y")
    until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * 86400))
    wrong(6, "no certificate", "certificate", "show", config=config)
    filed = as_json("certificate", "set", "A body", "27001-1", "operation of Custody", until, "--socket", operator_socket())
    assert filed["until"] == until + "T00:00:00Z" and as_json("certificate", "show", config=config) == filed
    assert "27001-1" in ok("certificate", "show", "--socket", operator_socket())


def staff_read_and_prove_the_services_own_log():
    log = as_json("log", "list", "--staff", "--act", "staff.", config="support.json")["items"]
    assert {entry["act"] for entry in log} >= {"staff.joined", "staff.trained"}
    assert "staff.joined" in ok("log", "list", "--staff", "--csv", config="support.json")
    assert as_json("log", "show", str(log[0]["seq"]), "--staff", config="support.json") == log[0]
    about = as_json("log", "about", "--staff", config="support.json")
    assert about["origin"].startswith("custody/svc_") and about["size"] > log[0]["seq"]
    proof, entry, folder = demo.folder / "service.proof", demo.folder / "service.json", demo.folder / "service-log"
    ok("log", "proof", str(log[0]["seq"]), "--staff", "--output", str(proof), config="support.json")
    entry.write_text(ok("log", "show", str(log[0]["seq"]), "--staff", "--json", config="support.json").rstrip("\n"))
    subprocess.run([BIN / "custody-verify", "proof", proof, "--entry", entry, "--key", about["key"]], check=True, capture_output=True)
    assert as_json("log", "mirror", folder, "--staff", config="support.json")["size"] >= about["size"]
    subprocess.run([BIN / "custody-verify", "log", folder, "--key", about["key"]], check=True, capture_output=True)


def support_is_asked_for_approved_used_and_ended():
    device, env = this_machine(), {"CUSTODY_TOKEN": "ctk_" + "A" * 80} # a client's token is no business of staff's
    client = next(one["id"] for one in as_json("client", "list", config="support.json", env=env)["items"] if one["name"] == demo.facts()["tenant"])
    assert demo.facts()["tenant"] in ok("client", "list", config="support.json")
    assert device["id"] in ok("client", "devices", client, config="support.json")
    ask = ["support", "ask", device["id"], "--client", client, "--case", "4711", "--reason", "incident", "--words", "zq the printer",
           "--acts", "open open.launches device.revoke device.approve", "--minutes", "30"]
    wrong(2, "--reason is incident, question", *ask[:8], "curiosity", *ask[9:], config="support.json")
    request = as_json(*ask, config="support.json")["id"]
    assert "A person of the client has to say yes" in custody(*ask, config="support.json").stderr
    wrong(4, "", "support", "devices", request, config="support.json")
    assert request in ok("support", "list", "--state", "open", config="support.json")
    assert "zq the printer" not in ok("support", "show", request, config="support.json")
    assert "4711" in ok("request", "list") and re.search(r"^Words +zq the printer$", ok("request", "show", request), re.M)
    wrong(2, "nothing is changed", "request", "approve", request, stdin="no\n", terminal=True)
    done = custody("request", "approve", request, stdin="yes\n", terminal=True)
    assert (f"Support Person ({as_json('whoami', '--staff', config='support.json')['id']}) asks, for case 4711 (incident: \"zq the printer\"), "
            f"about 1 device ({device['id']}): to read what is kept of these devices and their accounts, read which programs were launched on these devices, refuse") in done.stderr
    assert "for 30 minutes" in done.stderr and "approved" in done.stderr and not done.stdout
    assert device["name"] in ok("support", "devices", request, config="support.json")
    whole = as_json("support", "device", request, device["id"], config="support.json")
    assert whole == as_json("device", "show", device["id"])
    assert re.search(rf"^Name +{device['name']}$", ok("support", "device", request, device["id"], "--programs", config="support.json"), re.M)
    assert as_json("support", "launches", request, device["id"], config="support.json")["items"] is not None
    wrong(2, "nobody has agreed", "support", "revoke", request, device["id"], config="support.json")
    assert as_json("support", "revoke", request, device["id"], "--yes", config="support.json") == {"revoked": device["id"]}
    assert as_json("support", "approve", request, device["id"], config="support.json") == {"approved": device["id"]}
    wrong(6, "in the scope", "support", "device", request, "dev_" + "a" * 26, config="support.json")
    assert as_json("request", "end", request) == {"ended": request}
    done = custody("request", "watch", request, "--json")
    acts = [json.loads(line)["act"] for line in done.stdout.splitlines()]
    assert done.returncode == 0 and "support.opened" in acts and "support.looked" in acts and acts[-4:] == ["device.revoked", "device.approved"] + 2 * ["support.refused"], done
    assert re.search(r"^\S+ \S+  support\.opened  dev_", ok("request", "watch", request), re.M)
    wrong(4, "", "support", "device", request, device["id"], config="support.json")
    again = as_json(*ask, config="support.json")["id"]
    assert as_json("request", "refuse", again)["state"] == "refused"
    assert as_json("support", "end", as_json(*ask, config="support.json")["id"], config="support.json")["ended"]
    rows = list(csv.DictReader(io.StringIO(ok("request", "list", "--csv", "--kind", "support"))))
    assert [row["state"] for row in rows] == ["withdrawn", "refused", "ended"]
    assert len(list(csv.DictReader(io.StringIO(ok("request", "list", "--csv", "--state", "refused"))))) == 1


def a_policy_is_published_by_a_password_or_signed_here_and_its_way_is_shown():
    folder, password = pathlib.Path(tempfile.mkdtemp(dir=demo.folder)), demo.facts()["password"] + "\n"
    (folder / "20-tools.rules").write_text("deny user=people : path=/opt/tools/**") # its last line has no end
    wrong(2, "--days", "policy", "publish", folder)
    wrong(3, "the password is wrong", "policy", "publish", folder, "--days", "30", stdin="not the pass phrase\n")
    made = as_json("policy", "publish", folder, "--days", "30", stdin=password)
    assert re.search(rf"^{made['number']} +", ok("policy", "list"), re.M)
    assert ok("policy", "show", str(made["number"])) == made["note"] and made["note"].startswith("custody policy\ntenant ten_")
    assert as_json("policy", "rollout")["number"] == made["number"] and this_machine()["id"] in ok("policy", "rollout")
    helper, _ = join_member("administrator", "deputy")
    assert as_json("signer", "give", helper, stdin=password) == {"signs": helper}
    assert re.search(rf"^{helper} +administrator +yes", ok("signer", "list"), re.M)
    assert as_json("signer", "take", helper) == {"taken off": helper}
    key, note = str(demo.folder / "signing.key"), str(demo.folder / "signed")
    wrong(2, "an id", "policy", "key", "demo", "--output", key)
    verifier = ok("policy", "key", as_json("whoami")["tenant"]["id"], "--output", key).strip()
    wrong(2, "nobody has agreed", "signer", "pin", verifier, stdin=password)
    assert as_json("signer", "pin", verifier, "--yes", stdin=password)["kept"] is False
    sign = ["policy", "sign", str(folder), "--key", key, "--days", "9"]
    wrong(2, "--number", *sign, "--number", "none")
    assert as_json(*sign, "--number", str(made["number"] + 1), "--output", note) == {"written": note}
    assert as_json("policy", "publish", note, "--signed")["number"] == made["number"] + 1
    assert as_json("signer", "make", "--yes", stdin=password)["kept"] is True
    (folder / "30-home.rules").write_text("deny any : path=/home/somebody/x\n")
    wrong(2, "30-home.rules:1", "policy", "publish", folder, "--days", "30", stdin=password)


def elevations_that_nobody_asked_for_are_neither_approved_nor_coded():
    none, password = "elv_" + "a" * 26, demo.facts()["password"] + "\n"
    assert as_json("elevation", "list")["items"] == []
    wrong(6, "no elv_", "elevation", "show", none)
    wrong(6, "no elv_", "elevation", "refuse", none)
    wrong(6, "no elv_", "elevation", "approve", none, stdin=password)
    wrong(2, "", "elevation", "code", "/usr/bin/true", "--shown", "0000-0000", stdin=password)


def staff_restores_a_device(snapshot):
    device, tenant = this_machine(), demo.facts()["tenant"]
    client = next(one["id"] for one in as_json("client", "list", config="support.json")["items"] if one["name"] == tenant)
    request = as_json("support", "ask", device["id"], "--client", client, "--case", "4712", "--reason", "restore", "--words", "zq",
                      "--acts", "restore", "--minutes", "30", config="support.json")["id"]
    wrong(5, "nothing was granted", "request", "watch", request)
    ok("request", "approve", request, "--yes")
    assert snapshot in ok("support", "snapshots", request, config="support.json")
    restore = ["support", "restore", request, device["id"], snapshot]
    assert "would" in ok(*restore, "--dry-run", config="support.json")
    wrong(2, "nobody has confirmed", *restore, config="support.json")
    wrong(2, "", *restore, "--confirm", "another", config="support.json")
    assert as_json(*restore, "--confirm", tenant, config="support.json")["state"] == "done"
    acts = [entry["act"] for entry in as_json("log", "list", "--on", request)["items"] if entry.get("under") == request]
    assert acts == ["restore.done", "restore.begun", "restore.looked", "support.looked"], acts


def snapshots_are_copied_into_another_organisation(snapshot):
    facts, operator, password = demo.facts(), str(demo.home / "service/run/operator.sock"), demo.facts()["password"] + "\n"
    for name in ("copied", "regretted"):
        claim = ok("tenant", "create", name, "--socket", operator).strip()
        ok("claim", "--url", facts["url"], "--claim", claim, "--username", "cleo", "--full-name", "Cleo Copy", "--email",
           "cleo@copied.example", "--authority", authority(), stdin="another long pass phrase\n", config=name + ".json")
        code = ok("snapshot", "receive", config=name + ".json").strip()
        assert code.startswith("ccp_") and "offered" in ok("snapshot", "copies", config=name + ".json")
        would = as_json("snapshot", "restore", snapshot, "--into", "-", "--dry-run", stdin=code + "\n")
        assert would["state"] == "counted" and would["name"] == name and would["records"] > 3, would
        if name == "copied":
            wrong(2, "nobody has confirmed", "snapshot", "restore", snapshot, "--into", code)
            wrong(2, "the name typed", "snapshot", "restore", snapshot, "--into", code, "--confirm", "another", stdin=password)
            given = ok("snapshot", "restore", snapshot, "--into", code, "--confirm", name, stdin=password)
            assert "done" in given, given
            assert as_json("device", "list", config="copied.json")["items"]
            wrong(3, "was used", "snapshot", "restore", snapshot, "--into", code, "--dry-run")
            assert as_json("snapshot", "go-on", would["id"])["state"] == "done"
            wrong(5, "done", "snapshot", "give-up", would["id"])
    assert as_json("snapshot", "give-up", would["id"])["state"] == "ended"
    wrong(6, "no cpy_", "snapshot", "go-on", "cpy_" + "a" * 26)


def snapshots_are_taken_verified_tried_and_put_back():
    ok("snapshot", "take")
    taken = as_json("snapshot", "list")["items"][0]
    assert taken["id"] in ok("snapshot", "list")
    ok("snapshot", "verify")
    would = ok("snapshot", "restore", taken["id"], "--dry-run", "--json")
    assert json.loads(would)
    wrong(2, "", "snapshot", "restore", taken["id"], "--confirm", "another")
    ok("snapshot", "restore", taken["id"], "--confirm", demo.facts()["tenant"])
    staff_restores_a_device(taken["id"])
    ok("snapshot", "drill")
    snapshots_are_copied_into_another_organisation(taken["id"])
    assert as_json("snapshot", "drills")["items"] and ok("snapshot", "drills")


def everything_is_handed_over_and_a_person_is_answered():
    identity, archive = str(demo.folder / "identity"), str(demo.folder / "all.age")
    recipient = ok("key", "make-break-glass", "--output", identity).strip()
    ok("key", "set-break-glass", recipient)
    assert recipient in ok("key", "show-break-glass")
    made = as_json("handover", "make", "--output", archive, "--confirm", demo.facts()["tenant"])
    assert made["id"] in ok("handover", "list") and "handover" in ok("handover", "receipt", made["id"])
    wrong(6, "", "handover", "resume", str(demo.folder / "nothing.age"))
    ok("handover", "end", made["id"])
    member = as_json("whoami")["user"]["id"]
    request = as_json("subject-access", "open", "gdpr", member)["id"]
    ok("subject-access", "export", request, "--output", str(demo.folder / "person.age"), "--confirm", demo.facts()["tenant"])
    ok("subject-access", "close", request, "answered")
    assert request in ok("subject-access", "list")


def an_erasure_is_asked_for_shown_and_taken_back():
    wrong(2, "", "erasure", "request", "--confirm", "another", stdin=demo.facts()["password"] + "\n")
    asked = as_json("erasure", "request", "--confirm", demo.facts()["tenant"], stdin=demo.facts()["password"] + "\n")
    assert asked["state"] == "cooling" and "cooling" in ok("erasure", "show", asked["id"])
    assert asked["id"] in ok("erasure", "list", config="support.json")
    wrong(6, "", "erasure", "certificate", asked["id"])
    assert asked["id"] in as_json("erasure", "withdraw", asked["id"]).values()
    (demo.folder / "letter").write_bytes(b"erase everything")
    client = next(one["id"] for one in as_json("client", "list", config="support.json")["items"] if one["name"] == "second")
    assert "nothing is entered" in custody("erasure", "enter", client, "--document", str(demo.folder / "letter"), config="support.json").stderr


def an_order_is_shown_typed_and_confirmed_by_another():
    target = json.loads(ok("tenant", "create", "gone", "--socket", operator_socket(), "--json"))["tenant"]["id"]
    _, second = join_staff("other")
    make = ["order", "make", "tenant.remove", target]
    assert "nothing is ordered" in custody(*make, config="support.json").stderr
    wrong(2, "is not that of", *make, "--confirm", "kept", config="support.json")
    order = as_json(*make, "--confirm", "gone", config="support.json")["id"]
    wrong(3, "a second person", "order", "confirm", order, "--yes", config="support.json")
    wrong(2, "nobody has agreed", "order", "confirm", order, config=second)
    assert as_json("order", "confirm", order, "--yes", config=second)["state"] == "done"
    assert re.search(r"^tenant.remove +gone +done ", ok("order", "list", config=second), re.M)
    other = as_json("order", "make", "staff.end", as_json("whoami", "--staff", config=second)["id"], "--confirm", "other", config="support.json")["id"]
    assert as_json("order", "withdraw", other, config="support.json") == {"withdrawn": other}
    assert as_json("logout", "--staff", config=second)["signed_out"] == demo.facts()["url"]
    wrong(3, "nobody is signed in", "staff", "list", config=second)


def what_becomes_of_a_client_is_shown_and_its_contract_changed():
    said = ok("simulate", "--licence-end", "2027-11-30", env={"TZ": "Asia/Tokyo"})
    assert re.search(r"^2028-02-29  ● licence.snapshots .*\n +● erase.expiry +deletion begins by itself$", said, re.M), said
    client = as_json("whoami")["tenant"]["id"]
    set_ = ["contract", "set", client, "--licence-end"]
    assert "nothing ends" in custody("licence", "timeline").stderr
    assert as_json(*set_, "2900-11-30", "--capacity", "250", config="support.json")["contract"]["capacity_gib"] == 250
    assert re.search(r"^Capacity, GiB +250$", ok("contract", "show", client, config="support.json"), re.M)
    assert re.search(r"^State +active$", ok("licence", "show"), re.M) and as_json("licence", "show")["contract"]["licence_end"] == "2900-11-30"
    assert as_json("licence", "timeline")["items"] == [] # nothing of it within ten years
    ended = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 30 * 86400))
    wrong(3, "give --confirm", *set_, ended, config="support.json")
    wrong(2, "a client has 14 days", *set_, "2026-01-31", "--confirm", demo.facts()["tenant"], config="support.json")
    order = as_json(*set_, ended, "--confirm", demo.facts()["tenant"], config="support.json")
    assert order["act"] == "contract.hasten" and as_json("order", "withdraw", order["id"], config="support.json")
    wrong(3, "", "contract", "show", client)


def a_hold_is_placed_listed_and_its_release_asked_for():
    device = this_machine()
    hold = as_json("hold", "place", device["id"], "--case", "2026/17", "--words", "a claim")
    assert hold["kind"] == "device" and hold["keys"] >= 1
    assert re.search(rf"^2026/17 +device +{device['id']} ", ok("hold", "list"), re.M)
    assert as_json("hold", "open", device["id"])["name"] == device["name"] and device["name"] in ok("hold", "open", device["id"])
    assert as_json("hold", "open", device["id"], "--launches")["items"] == as_json("launch", "list", "--device", device["id"])["items"]
    recover = ["hold", "recover", device["id"], "--url", demo.facts()["url"], "--authority", authority(), "--tenant", demo.facts()["tenant"]]
    wrong(2, "a slip in typing", *recover, stdin="AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA\n")
    wrong(5, "legal hold", "device", "remove", device["id"], "--confirm", device["name"])
    request = as_json("hold", "release", hold["id"])["id"]
    config = "second.json"
    said = custody("request", "approve", request, stdin="yes\n", config=config, terminal=True)
    assert said.returncode == 0 and f"legal hold {hold['id']} is released" in said.stderr, said.stderr
    assert as_json("hold", "list")["items"][0]["released"]


def a_device_is_removed_by_its_name_only():
    device = this_machine()
    wrong(2, "nobody has confirmed", "device", "remove", device["id"])
    wrong(2, "nothing is removed", "device", "remove", device["id"], "--confirm", "another")
    assert as_json("device", "remove", device["id"], "--confirm", device["name"]) == {"removed": device["id"]}
    wrong(6, "", "device", "show", device["id"])


def no_command_was_left_out():
    if sys.argv[1:]:
        raise Skipped("only some tests run")
    rows = json.loads(ok("--help", "--json"))["commands"]
    assert not {(row["noun"], row["verb"]) for row in rows} - ran, {(row["noun"], row["verb"]) for row in rows} - ran


with Demonstration() as demo:
    sign_in()
    main([a_person_signs_in_by_the_authority_and_out_again, a_person_signs_in_by_a_browser_and_nobody_else_does_with_its_code,
          where_the_browser_is_elsewhere_the_code_is_pasted,
          who_has_no_password_is_told_where_a_passkey_does_it, the_environment_alone_signs_every_command_in,
          a_sign_in_that_others_can_read_is_refused_until_the_command_is_run,
          devices_are_found_by_name_and_state_in_the_order_asked_for, a_device_shows_its_addresses_as_three_short_lists,
          a_report_for_whoever_helps_holds_nothing_about_persons, a_report_is_made_of_a_service_that_proves_nothing_or_is_not_there,
          completions_are_those_committed_and_complete_in_their_shell, the_manuals_are_complete_and_without_a_warning,
          the_rule_files_of_a_folder_are_checked_without_a_service,
          rules_are_rehearsed_against_the_launches_that_were_recorded, what_needs_no_service_is_printed_as_text_and_as_json, what_may_be_collected_is_changed_item_by_item,
          tokens_and_what_they_may_do, keepers_are_listed_approved_and_revoked, what_is_kept_about_a_person_is_looked_for_and_what_names_them_is_renamed, the_log_is_listed_proven_and_copied,
          notices_have_addresses_and_wait_where_there_is_no_relay,
          a_witness_is_named_where_the_operator_has_opened_a_way_to_it, a_webhook_is_named_where_the_operator_has_opened_a_way_to_it,
          a_sign_in_provider_is_named_where_the_operator_has_opened_a_way_to_it, what_is_kept_is_shown_and_how_long_it_stays_said, the_promises_are_shown_with_their_evidence,
          a_control_of_annex_a_has_the_promises_that_are_evidence_for_it,
          a_device_waits_is_approved_and_is_revoked, any_request_may_be_sent_as_it_is,
          an_operator_makes_a_client_and_its_owner_claims_it,
          people_are_invited_given_the_key_and_removed, a_session_is_ended_and_a_password_changed_by_the_old_one, a_process_is_shown_and_set_level_by_level,
          staff_becomes_current_and_has_a_sign_in_of_its_own, staff_read_and_prove_the_services_own_log, support_is_asked_for_approved_used_and_ended,
          a_policy_is_published_by_a_password_or_signed_here_and_its_way_is_shown,
          elevations_that_nobody_asked_for_are_neither_approved_nor_coded,
          an_order_is_shown_typed_and_confirmed_by_another, snapshots_are_taken_verified_tried_and_put_back,
          everything_is_handed_over_and_a_person_is_answered, an_erasure_is_asked_for_shown_and_taken_back,
          what_becomes_of_a_client_is_shown_and_its_contract_changed, a_hold_is_placed_listed_and_its_release_asked_for, a_device_is_removed_by_its_name_only, no_command_was_left_out])
