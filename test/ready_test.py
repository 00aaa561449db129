#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether the service is ready: what it answers a load balancer, what it tells its service manager, and the units that start it."""
from house import *


def answered(house):
    """The status of /v1/ready, and what it takes for it to come."""
    try:
        return 200 if house.nobody().get("/v1/ready")["ready"] else None
    except Refused as refusal:
        return refusal.status


def becomes(house, status, seconds=20):
    until = time.monotonic() + seconds
    while answered(house) != status:
        assert time.monotonic() < until, f"not {status} within {seconds} s"
        time.sleep(0.2)


def it_is_not_ready_while_keys_do_not_answer_and_is_again_when_they_do():
    with House() as house:
        house.claim("one")
        keys = house.children()["custody-keys"]
        assert answered(house) == 200
        os.kill(keys, signal.SIGSTOP)
        try:
            becomes(house, 503)
        finally:
            os.kill(keys, signal.SIGCONT)
        becomes(house, 200)
        house.kill("custody-keys")
        becomes(house, 200)


def its_service_manager_is_told_when_it_serves_and_when_it_stops():
    with tempfile.TemporaryDirectory(prefix="custody-ready-") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(20)
        manager.bind(str(pathlib.Path(folder, "notify")))
        house = House()
        house.environment = {**os.environ, "NOTIFY_SOCKET": manager.getsockname()}
        with house:
            assert manager.recv(4096) == b"READY=1\nSTATUS=serving"
            house.kill("custody-web")
            assert [manager.recv(4096) for _ in range(2)] == [b"STATUS=starting again", b"READY=1\nSTATUS=serving"]
        assert manager.recv(4096) == b"STOPPING=1"
    with House() as house: # an abstract name, and nobody behind it
        house.stop()
        house.environment = {**os.environ, "NOTIFY_SOCKET": "@custody-nobody"}
        house.start()


def units():
    return sorted(pathlib.Path(os.environ.get("CUSTODY_SOURCE", "."), "etc").glob("*.service"))


def the_units_are_what_systemd_takes():
    if not shutil.which("systemd-analyze"):
        raise Skipped("systemd-analyze is not here")
    with tempfile.TemporaryDirectory(prefix="custody-units-") as folder:
        for unit in units():
            tried = pathlib.Path(folder, unit.name)
            tried.write_text(unit.read_text().replace("/usr/bin/", str(BIN.resolve()) + "/"))
            said = subprocess.run(["systemd-analyze", "verify", "--man=no", tried], capture_output=True, text=True)
            ours = [line for line in said.stderr.splitlines() if unit.name in line]
            assert said.returncode == 0 and not ours, (unit.name, said.stderr)
    assert [unit.name for unit in units()] == ["custody-agent.service", "custody-keeper.service", "custodyd.service"]


def with_the_privileges_of_its_unit_alone_it_serves():
    if os.geteuid() != 0:
        raise Skipped("giving up privileges takes having them")
    unit = next(unit for unit in units() if unit.name == "custodyd.service").read_text()
    kept = next(line for line in unit.splitlines() if line.startswith("CapabilityBoundingSet=")).split("=")[1].lower().split()
    house = House()
    house.before = ["setpriv", "--no-new-privs", "--bounding-set", ",".join(["-all", *("+" + name[4:] for name in kept)])]
    with house:
        for folder in ("store", "store/tenants"):
            mode = (house.home / folder).stat().st_mode
            assert mode & 0o7777 == 0o2770, f"{folder}: what one process makes there is not the other's: {mode:o}"
        owner = house.claim("one")
        house.enrol(owner)
        house.kill("custody-jobs")
        becomes(house, 200)
        assert len(owner.get("/v1/devices")["items"]) == 1


main([it_is_not_ready_while_keys_do_not_answer_and_is_again_when_they_do, its_service_manager_is_told_when_it_serves_and_when_it_stops,
      the_units_are_what_systemd_takes, with_the_privileges_of_its_unit_alone_it_serves])
