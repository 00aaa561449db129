#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each process during intake: what was answered is there, once."""
import http.client, os, random, secrets, ssl, threading

from house import *

KILLS = int(os.environ.get("CUSTODY_KILLS", "120"))
WAIT = (http.client.HTTPException, OSError, ssl.SSLError)


class Reporter(threading.Thread):
    """Reports item after item; sends each again until it is answered. Some answered ones it sends once more."""

    def __init__(self, endpoint):
        super().__init__()
        self.endpoint, self.answered, self.stopping, self.fault = endpoint, [], False, None

    def send(self, sequence, items):
        while not self.stopping:
            try:
                return self.endpoint.report(sequence, items) is None
            except Refused as refusal:
                if refusal.status != 503:
                    raise
            except WAIT:
                pass
            time.sleep(0.02)
        return False

    def run(self):
        try:
            while not self.stopping:
                sequence, id = len(self.answered) + 1, secrets.token_bytes(16)
                items = [item(PROGRAM, id, self.endpoint.id, [program(f"p{sequence}", id.hex())])]
                if self.send(sequence, items):
                    self.answered.append((f"p{sequence}", id.hex()))
                if sequence % 5 == 0:
                    self.send(sequence, items)
        except Exception as fault:
            self.fault = fault


def nothing_answered_is_lost_or_doubled_by_kills_during_intake():
    with House() as house:
        owner = house.claim("one")
        reporters = [Reporter(house.enrol(owner)) for _ in range(4)]
        for reporter in reporters:
            reporter.start()
        chance = random.Random(1)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.05, 0.4))
            victim = chance.choice(["custody-web", "custody-web", "custody-keys", "all"])
            house.kill_all() if victim == "all" else house.kill(victim)
        for reporter in reporters:
            reporter.stopping = True
        for reporter in reporters:
            reporter.join()
            if reporter.fault:
                raise reporter.fault
        for reporter in reporters:
            kept = owner.get("/v1/devices/" + reporter.endpoint.name)["programs"]
            kept = [(one["name"], one["version"]) for one in kept]
            assert len(kept) == len(set(kept)), "an item is there twice"
            missing = set(reporter.answered) - set(kept)
            assert not missing, f"{len(missing)} of {len(reporter.answered)} answered items are gone"
        print(f"        {sum(len(r.answered) for r in reporters)} answered reports over {KILLS} kills")


main([nothing_answered_is_lost_or_doubled_by_kills_during_intake])
