#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wrong passwords, many a second, keep nobody out, and take no more memory than two at a time."""
import statistics

from flood import Flood
from house import *


def peak_mb(pid):
    return int(next(line.split()[1] for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM:"))) / 1024


def keys_of(house):
    """The keys process, among the monitor's children."""
    children = pathlib.Path(f"/proc/{house.monitor.pid}/task/{house.monitor.pid}/children").read_text().split()
    return next(pid for pid in children if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "custody-keys")


def a_flood_of_wrong_passwords_keeps_out_neither_who_is_known_nor_who_comes_from_elsewhere():
    with House() as house:
        house.claim("one")
        flood = Flood(house, "one", "owner", PASSWORD, rate=200, seconds=8)
        idle, before = [flood.known.sign_in() for _ in range(3)], peak_mb(keys_of(house))
        assert flood.known.mark
        with flood:
            known, other = [], []
            for _ in range(4):
                known.append(flood.known.sign_in())
                other.append(flood.other.sign_in())
        sent = sum(flood.told.values())
        print(f"        {sent} wrong: {flood.told}; a sign-in {statistics.median(idle):.2f} s, in the flood {statistics.median(known):.2f}"
              f" known, {statistics.median(other):.2f} from elsewhere; {peak_mb(keys_of(house)) - before:.0f} MB more")
        assert sent > 400 and flood.told.get("503", 0) > sent * 0.8 and set(flood.told) <= {"401", "503"}
        assert peak_mb(keys_of(house)) - before < 2 * 64 + 32
        assert flood.other.sign_in() < 10


main([a_flood_of_wrong_passwords_keeps_out_neither_who_is_known_nor_who_comes_from_elsewhere])
