#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Single sign-on in a real Chromium, with a provider that is not ours (oidc-provider) and a keeper that is the real program:
console/test/sso.mjs does the clicking, and says by a file when the keeper is to begin."""
from keeping import *

port = free_port()
with House(None, "--sso-ports", str(port), "--sso-near", "yes") as house:
    owner = house.claim("people", full_name="Olga Owner")
    house.operator("POST", "/operator/v1/tenants", {"name": "nobodys"})
    trusted(house)
    keeper, running = Keeper(house, owner, "keeper", scope="keeper", settings=f"release http://127.0.0.1:{port} custody\n"), None
    keeper.once()
    approve(owner, keeper, releases=True)
    wanted = house.folder / "keeper-wanted"
    facts = {"url": f"https://localhost:{house.port}", "tenant": "people", "login": "owner", "password": PASSWORD, "provider": port, "wanted": str(wanted)}
    (house.folder / "sso.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    clicking = subprocess.Popen(["node", console / "test/sso.mjs", house.folder / "sso.json"], cwd=console)
    while clicking.poll() is None:
        if wanted.exists() and not running:
            running = keeper.start()
        time.sleep(0.1)
    if running:
        running.terminate()
        running.communicate(timeout=20)
sys.exit(clicking.returncode)
