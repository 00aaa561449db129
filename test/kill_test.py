#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each process during intake, of reports and of launches: what was answered is there, once."""
import http.client, os, random, secrets, ssl, threading

from house import *

KILLS = int(os.environ.get("CUSTODY_KILLS", "120"))
WAIT = (http.client.HTTPException, OSError, ssl.SSLError)


class Reporter(threading.Thread):
    """Reports item after item, and uploads a launch with each; sends each again until it is answered. Some answered ones
    it sends once more."""

    def __init__(self, endpoint):
        super().__init__()
        self.endpoint, self.answered, self.launched, self.stopping, self.fault = endpoint, [], [], False, None

    def upload(self, sequence, path):
        one = field(1, int(time.time() * 1000)) + field(6, bytes(16)) + field(7, path)
        batch = field(1, self.endpoint.id) + field(2, zstd(field(1, one)))
        return self.endpoint.post("/agent/v1/launches", field(1, self.endpoint.epoch) + field(2, sequence) + field(3, batch))

    def send(self, send, *what):
        while not self.stopping:
            try:
                return send(*what) is None
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
                if self.send(self.endpoint.report, sequence, items):
                    self.answered.append((f"p{sequence}", id.hex()))
                if self.send(self.upload, sequence, f"/l{sequence}"):
                    self.launched.append(f"/l{sequence}")
                if sequence % 5 == 0:
                    self.send(self.endpoint.report, sequence, items)
                    self.send(self.upload, sequence, f"/l{sequence}")
        except Exception as fault:
            self.fault = fault


def nothing_answered_is_lost_or_doubled_by_kills_during_intake():
    with House() as house:
        owner = house.claim("one")
        reporters = [Reporter(house.enrol(owner)) for _ in range(4)]
        for reporter in reporters:
            reporter.start()
        chance = random.Random(1)
        try:
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.05, 0.4))
                victim = chance.choice(["custody-web", "custody-web", "custody-keys", "custody-jobs", "all"])
                house.kill_all() if victim == "all" else house.kill(victim)
        finally:
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
            stream = Client(house, {**owner.headers, "Accept": "text/event-stream"}).get("/v1/launches?device=" + reporter.endpoint.name)
            kept = [json.loads(line[6:])["path"] for line in stream.decode().splitlines() if line.startswith('data: {"at"')]
            assert len(kept) == len(set(kept)), "a launch is there twice"
            missing = set(reporter.launched) - set(kept)
            assert not missing, f"{len(missing)} of {len(reporter.launched)} answered launches are gone"
        said = (house.folder / "custodyd.log").read_text()
        assert "high-water" not in said and "copied back" not in said, said[-2000:]
        marks = house.operator("GET", "/operator/v1/marks")
        assert marks["keyring"] is None and marks["behind"] == 0 and marks["marks"] == 2, marks
        print(f"        {sum(len(r.answered) for r in reporters)} answered reports over {KILLS} kills")


main([nothing_answered_is_lost_or_doubled_by_kills_during_intake])
