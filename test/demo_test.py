#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make run` and the command line, as a new user meets them."""
from demonstration import *


def processes_of(demo):
    """What still runs and was started in this demonstration's folder."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(demo.folder).encode() in (folder / "cmdline").read_bytes():
                found.append((folder / "cmdline").read_bytes())
    return found


def the_demonstration_shows_this_machine_and_ends_without_a_trace():
    with Demonstration() as demo:
        facts = demo.facts()
        assert set(facts) == {"url", "agent_url", "tenant", "login", "password", "api_token"}
        assert socket.gethostname() in demo.said and "System accounts" in demo.said and facts["password"] in demo.said
        assert (demo.home / "demo.json").stat().st_mode & 0o777 == 0o600
        demo.stop()
        assert processes_of(demo) == []
        demo.start()
        assert demo.facts() == facts
        assert len(json.loads(login(demo, "device", "list", "--json"))["items"]) == 1
        demo.stop(ctrl_c=False)
        assert processes_of(demo) == []


def a_first_run_that_was_broken_off_is_begun_anew():
    with Demonstration() as demo:
        (demo.home / "demo.json").unlink()
        (demo.home / "unfinished").touch()
        demo.stop()
        demo.start()
        assert json.loads(login(demo, "device", "list", "--json"))["items"][0]["name"] == socket.gethostname()


def login(demo, *then):
    facts = demo.facts()
    assert demo.custody("login", "--url", facts["url"], "--token", facts["api_token"], "--insecure").returncode == 0
    done = demo.custody(*then)
    assert done.returncode == 0, done.stderr
    return done.stdout


def the_command_line_lists_and_shows_what_the_token_opens():
    with Demonstration() as demo:
        page = json.loads(login(demo, "device", "list", "--json"))
        assert set(page) == {"items", "next"} and page["items"][0]["name"] == socket.gethostname()
        whole = json.loads(demo.custody("device", "show", page["items"][0]["id"], "--json").stdout)
        assert "bash" in [program["name"] for program in whole["programs"]]
        assert "root" in [account["name"] for account in whole["accounts"] if account["system"]]
        assert socket.gethostname() in demo.custody("device", "list").stdout
        missing = demo.custody("device", "show", "dev_" + "a" * 26, "--json")
        assert missing.returncode == 6 and json.loads(missing.stderr)["status"] == 404
        assert demo.custody("device", "show").returncode == 2
        denied = demo.custody("token", "list")
        assert denied.returncode == 3 and denied.stderr
        assert demo.custody("logout").returncode == 0
        assert demo.custody("device", "list").returncode == 3


def what_is_printed_from_the_concepts_is_what_is_committed():
    folder = pathlib.Path(os.environ.get("CUSTODY_SOURCE", ".")) / "docs/describe"
    for form, file in (("struct", "structs.h"), ("sql", "schema.sql"), ("json", "schema.json"), ("openapi", "openapi.json"), ("proto", "custody.proto"), ("types", "types.ts"), ("data-map", "data-map.md"),
                       ("acts", "acts.md"), ("annex-a", "annex-a.md"), ("rules", "rules.md")):
        printed = subprocess.run([BIN / "custody", "describe", form], check=True, capture_output=True, text=True).stdout
        assert printed == (folder / file).read_text(), f"docs/describe/{file} is old: ./dev describe"


main([the_demonstration_shows_this_machine_and_ends_without_a_trace, the_command_line_lists_and_shows_what_the_token_opens,
      a_first_run_that_was_broken_off_is_begun_anew, what_is_printed_from_the_concepts_is_what_is_committed])
