#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Single sign-on in a real Chromium, with a provider that is not ours (oidc-provider): console/test/sso.mjs does the clicking."""
from house import *

port = free_port()
with House(None, "--sso-ports", str(port), "--sso-near", "yes") as house:
    house.claim("people", full_name="Olga Owner")
    house.operator("POST", "/operator/v1/tenants", {"name": "nobodys"})
    facts = {"url": f"https://localhost:{house.port}", "tenant": "people", "login": "owner", "password": PASSWORD, "provider": port}
    (house.folder / "sso.json").write_text(json.dumps(facts))
    console = (BUILD / "work/console").resolve()
    done = subprocess.run(["node", console / "test/sso.mjs", house.folder / "sso.json"], cwd=console, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
sys.exit(done.returncode)
