#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Webhooks, and notices that did not go, in a real Chromium, on a real service and a receiver that is not ours:
console/test/notices.mjs does the clicking."""
import sqlite3

from outside import *

with folder() as at, Receiver(lambda path, count: 410 if path == "/gone" else 200) as receiver:
    with House(at / "service", "--webhook-ports", str(receiver.port), "--webhook-near", "yes") as house:
        house.claim("notices", full_name="Olga Owner")
        with contextlib.closing(sqlite3.connect(house.home / "keyring/keyring.db")) as keyring, keyring:
            tenant, = keyring.execute("select id from tenants").fetchone()
            keyring.execute("insert into notices values (?, ?, 'support.ended', 0, '', 'ops@example.com', 'failed', ?, 33, 0, 0, 'nobody answers')",
                            (secrets.token_bytes(16), tenant, int(time.time() * 1000)))
        facts = {"url": f"https://localhost:{house.port}", "tenant": "notices", "login": "owner", "password": PASSWORD,
                 "receiver": f"http://localhost:{receiver.port}"}
        (at / "notices.json").write_text(json.dumps(facts))
        console = (BUILD / "work/console").resolve()
        done = subprocess.run(["node", console / "test/notices.mjs", at / "notices.json"], cwd=console, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        print(done.stdout, end="")
sys.exit(done.returncode)
