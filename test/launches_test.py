#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What was launched on endpoints: taken in once, split by person, found again by who may, and readable in no file."""
import secrets

from house import *


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


def first():
    with House() as house:
        owner = house.claim("one")
        endpoint = house.enrol(owner)
        person = secrets.token_bytes(16)
        endpoint.accounts([person])
        now = time.time()
        upload(endpoint, 1, [(person, [launch(now, "/usr/bin/vim", person)]), (endpoint.id, [launch(now, "/usr/sbin/cron")])])
        upload(endpoint, 2, [(person, [launch(now, "/usr/bin/vim", person), launch(now-7200, "/usr/bin/vim", person)])])
        upload(endpoint, 2, [(person, [launch(now, "/usr/bin/vim", person), launch(now-7200, "/usr/bin/vim", person)])])
        for one in owner.get("/v1/launches")["items"]: print(one)
        print(owner.get("/v1/launches?limit=2"))
        print(owner.get("/v1/launches?name=cron"))
        owner.headers["Accept"] = "text/event-stream"
        print(owner.get("/v1/launches?name=cron").decode())
        owner.headers["Accept"] = "text/csv"
        print(owner.get("/v1/launches").decode())
        house.stop()
        os.system(f"sqlite3 {house.home}/store/tenants/*.db 'select count(*) from launch_chains; select hour, step, allowed, length(sealed) from launch_segments'")


main([first])
