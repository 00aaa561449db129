# SPDX-License-Identifier: Apache-2.0
"""A keeper in a client's network, for the tests: the real program, beside the real service.

    trusted(house)
    keeper = Keeper(house, owner, "first", scope="keeper", settings="release https://id.example custody\\n")
    keeper.once()
    approve(owner, keeper, releases=True)
    running = keeper.start()"""
import re

from house import *

SCOPE = "keeper export devices:read log:read storage:read"


def trusted(house):
    """The service's authority, in a file, as a keeper is told to trust it."""
    shown = subprocess.run(["openssl", "s_client", "-showcerts", "-connect", f"localhost:{house.port}"], check=True, capture_output=True, text=True,
                           stdin=subprocess.DEVNULL).stdout
    (house.folder / "authority.pem").write_text(re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", shown, re.S)[-1])


class Keeper:
    """The program, with its token and folder."""

    def __init__(self, house, owner, name, scope=SCOPE, settings=""):
        self.house, self.folder = house, house.folder / name
        self.work = house.folder / (name + "-work")
        made = owner.post("/v1/tokens", {"name": name, "scope": scope, "days": 30,
                                         "typed": owner.get("/v1/session")["tenant"]["name"]})
        self.id, self.token = made["id"], house.folder / (name + ".token")
        self.token.write_text(made["token"] + "\n")
        self.folder.mkdir(mode=0o700)
        self.work.mkdir()
        self.settle(settings)
        (self.folder / "keeper.json").write_text('{"began": 1}') # long ago: what is daily is due

    def settle(self, settings):
        (self.folder / "keeper.conf").write_text(settings.replace("WORK", str(self.work)))

    def start(self, *options, port=None):
        return subprocess.Popen([BIN / "custody-agent", "keeper", "--url", f"https://localhost:{port or self.house.port}", "--token-file", self.token,
                                 "--folder", self.folder, "--authority", self.house.folder / "authority.pem", *options],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def once(self, expect=0, **more):
        running = self.start("--once", **more)
        said = running.communicate(timeout=60)[1]
        assert running.returncode == expect, (running.returncode, said)
        return said

    def state(self):
        return json.loads((self.folder / "keeper.json").read_text())


def eventually(holds, seconds=20):
    until = time.time() + seconds
    while time.time() < until:
        found = holds()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def kept(owner, keeper):
    return next(one for one in owner.get("/v1/keepers")["items"] if one["id"] == keeper.id)


def approve(owner, keeper, **more):
    return owner.post(f"/v1/keepers/{keeper.id}/approve", {"fingerprint": kept(owner, keeper)["fingerprint"], "releases": False, **more})
