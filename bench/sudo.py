#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long `sudo -n /bin/true` takes by the guard's rules, and by sudoers, in turn: prints both medians in milliseconds as
JSON. Runs itself in a view of the file system of its own, where sudo's files are these. Root."""
import json, os, pathlib, shutil, statistics, subprocess, sys, tempfile, time

BUILD, ROUNDS = pathlib.Path(os.environ["CUSTODY_BUILD"]).absolute(), 200
NOBODY = 65534


def once():
    begun = time.perf_counter()
    subprocess.run(["sudo", "-n", "/bin/true"], check=True, user=NOBODY, group=NOBODY, extra_groups=[])
    return (time.perf_counter() - begun) * 1000


def put(path, text):
    path.write_text(text)
    path.chmod(0o440)
    subprocess.run(["mount", "--bind", path, f"/etc/{path.name}"], check=True)


def measure(folder):
    conf = {"rules": f"Plugin custody_policy {BUILD}/src/sudo/custody_sudo.so socket={folder}/guard.sock\n", "sudoers": "# sudo's own\n"}
    (folder / "key.pem").write_text("a key of this machine")
    (folder / "rules").write_text("elevate any : path=/usr/bin/true\n")
    put(folder / "sudoers", "Defaults env_reset\nDefaults use_pty\nnobody ALL=(ALL) NOPASSWD: /bin/true\n")
    put(folder / "sudo.conf", "")
    guard = BUILD / "src/guard/elevate_try"
    subprocess.run([guard, "key", folder / "key"], check=True)
    running = subprocess.Popen([guard, "guard", folder, folder / "key", folder / "rules"], stdout=subprocess.PIPE, text=True)
    running.stdout.readline()
    took = {name: [] for name in conf}
    try:
        for turn in range(ROUNDS + 5):
            for name in conf:
                (folder / "sudo.conf").write_text(conf[name])
                took[name].append(once())
    finally:
        running.terminate()
        running.wait()
    return {name: statistics.median(times[5:]) for name, times in took.items()}


if not os.environ.get("CUSTODY_OWN_VIEW"):
    os.environ["CUSTODY_OWN_VIEW"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, __file__])
folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-bench-"))
try:
    print(json.dumps(measure(folder)))
finally:
    shutil.rmtree(folder, ignore_errors=True)
