#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packages of rpm, built, signed and installed by Debian's own rpm and gpg into a folder: what the guard makes of their signatures.

With CUSTODY_FIXTURES=FOLDER the headers are left in FOLDER/rpm, and certificates with signatures in FOLDER/signers: those of fuzz/corpus."""
import ctypes, sqlite3

from guarding import *

PACKAGES = BUILD / "src/guard/packages_try"
NEW_MOUNTS = 0x20000  # of <sched.h>: CLONE_NEWNS
folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-packages-"))
machine = folder / "machine"
home = folder / "keys"
MADE, SIGNED_AT = "20200101T000000", "20210601T000000"
# Of each a package of one program, and who signs it: "ended" ended after that and "late" before; "strange" is signed by a key that the machine is never given, "plain" by none.
SIGNED = {"hello": "rsa", "curved": "eddsa", "below": "subkey", "older": "ended", "late": "late", "revoked": "revoked", "strange": "strange"}
NAMES = [*SIGNED, "plain"]


def run(*command, **more):
    around = os.environ | {"GNUPGHOME": str(home), "HOME": str(folder), "LC_ALL": "C"}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=around, **more)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def gpg(*arguments, at=None, **more):
    when = ["--faked-system-time", at] if at else []
    return run("gpg", "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", *when, *arguments, **more)


def fingerprint(name):
    lines = gpg("--with-colons", "--list-keys", f"={name} (a test's key, for no use)").splitlines()
    return next(line.split(":")[9] for line in lines if line.startswith("fpr"))


def key(name, kind="rsa2048", until="never"):
    gpg("--quick-generate-key", f"{name} (a test's key, for no use)", kind, "sign", until, at=MADE)
    return fingerprint(name)


def keys_made():
    home.mkdir(mode=0o700)
    key("rsa")
    key("eddsa", "ed25519")
    gpg("--quick-add-key", key("subkey"), "rsa2048", "sign", "never", at=MADE)
    key("ended", until="20220101T000000")
    key("late")
    key("revoked")
    key("strange")


def built(names, where):
    """A package for each name, of one program in the folder `where`."""
    made = pathlib.Path(tempfile.mkdtemp(dir=folder))
    parts = "\n".join(f"%package -n {name}\nSummary: a test\n%description -n {name}\nA test.\n%files -n {name}\n{where}/{name}"
                      for name in names)
    install = "\n".join(f"printf '#!/bin/sh\\necho {name}\\n' >%{{buildroot}}{where}/{name}\nchmod 755 %{{buildroot}}{where}/{name}"
                        for name in names)
    spec = made / "test.spec"
    spec.write_text(f"Name: test\nVersion: 1.0\nRelease: 1\nSummary: a test\nLicense: none\nBuildArch: noarch\n%description\nA test.\n"
                    f"%install\nmkdir -p %{{buildroot}}{where}\n{install}\n{parts}\n")
    run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {made}", "--define", "_build_id_links none", spec)
    return {name: next(made.rglob(f"{name}-1.0-*.rpm")) for name in names}


def sign(package, name):
    run("rpmsign", "--addsign", "--define", f"_gpg_name {fingerprint(name)}", "--define", f"_gpg_path {home}",
        "--define", "__gpg /usr/bin/gpg", "--define", f"_gpg_sign_cmd_extra_args --faked-system-time {SIGNED_AT}", package)


def rpm(*arguments, root=machine):
    return run("rpm", "--root", root, "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite", *arguments)


def installed():
    """The machine, once."""
    if machine.exists():
        return
    if os.geteuid() != 0 or not all(map(shutil.which, ("rpm", "rpmbuild", "rpmsign", "gpg"))):
        raise Skipped("needs root, and rpm and gnupg: apt-get install rpm gnupg")
    keys_made()
    packages = built(NAMES, "/usr/bin")
    for name, signer in SIGNED.items():
        sign(packages[name], signer)
    # Ended before it signed; revoked from the day it was made.
    gpg("--quick-set-expire", fingerprint("late"), "20210101T000000", at="20200201T000000")
    revocation = (home / "openpgp-revocs.d" / f"{fingerprint('revoked')}.rev").read_text().replace(":-----BEGIN", "-----BEGIN")
    gpg("--import", input=revocation)
    machine.mkdir()
    for name in SIGNED.values():
        if name != "strange":
            certificate = folder / f"{name}.asc"
            certificate.write_text(gpg("--armor", "--export", fingerprint(name)))
            rpm("--import", certificate)
    rpm("-i", "--nodeps", "--noscripts", "--nosignature", *packages.values())


def told(root=machine, names=NAMES):
    lines = run(PACKAGES, root, *(f"/usr/bin/{name}" for name in names)).splitlines()
    found = {line.split()[0][9:]: tuple(line.split()[1:]) for line in lines[1:]}
    counts = lines[0].split()
    return found, dict(zip(counts[::2], map(int, counts[1::2])))


def database(root=machine):
    return root / "var/lib/rpm/rpmdb.sqlite"


def copied():
    """The machine, to be spoilt."""
    other = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "copy"
    shutil.copytree(machine, other, symlinks=True)
    return other


def header(name, root=machine):
    with contextlib.closing(sqlite3.connect(database(root))) as rows:
        return next(row for row in rows.execute("select hnum, blob from Packages") if b"\0" + name.encode() + b"\x001.0\0" in row[1])


def fixtures_put(fixtures):
    for kind in ("rpm", "signers"):
        (fixtures / kind).mkdir(parents=True, exist_ok=True)
    for name in ("hello", "curved", "late", "strange", "plain"):
        blob = header(name)[1]
        (fixtures / "rpm" / name).write_bytes(blob)
        if name in ("hello", "curved", "late"):
            certificate = subprocess.run(["gpg", "--homedir", home, "--export", fingerprint(SIGNED[name])], capture_output=True).stdout
            tag, data = (267 if name == "curved" else 268).to_bytes(4, "big"), 8 + 16 * int.from_bytes(blob[:4], "big")
            at = next(at for at in range(8, data, 16) if blob[at:at + 4] == tag)
            start, count = (int.from_bytes(blob[at + more:at + more + 4], "big") for more in (8, 12))
            (fixtures / "signers" / name).write_bytes(len(certificate).to_bytes(2, "big") + certificate + blob[data + start:data + start + count])
    with contextlib.closing(sqlite3.connect(database())) as rows:
        for (blob,) in rows.execute("select blob from Packages where instr(blob, cast('gpg-pubkey' as blob)) > 0"):
            for name in ("rsa", "eddsa", "late"):
                if f"\0{name} (a test's key".encode() in blob:
                    (fixtures / "rpm" / f"key-{name}").write_bytes(blob)


def header_put(root, number, blob):
    with contextlib.closing(sqlite3.connect(database(root))) as rows, rows:
        rows.execute("update Packages set blob = ? where hnum = ?", (blob, number))


def what_a_trusted_key_has_signed_is_signed_and_nothing_else_is():
    installed()
    found, counts = told()
    for name in ("hello", "curved", "below", "older"):
        assert found[name] == (name, "signed"), (name, found)
    for name in ("plain", "strange"):
        assert found[name] == (name, "intact"), (name, found)
    for name in ("late", "revoked"):
        assert found[name] == (name, "unknown"), (name, found)
    assert (counts["rpm"], counts["good"], counts["bad"], counts["broken"]) == (8, 4, 2, 0), counts
    if "CUSTODY_FIXTURES" in os.environ:
        fixtures_put(pathlib.Path(os.environ["CUSTODY_FIXTURES"]))


def a_file_counts_only_as_what_its_package_brought():
    installed()
    other = copied()
    for name in ("hello", "plain", "late"):
        (other / "usr/bin" / name).write_text("#!/bin/sh\necho other\n")
    found, _ = told(other)
    assert found["hello"] == ("hello", "altered") and found["plain"] == ("plain", "altered")
    assert found["late"] == ("late", "unknown") and found["curved"] == ("curved", "signed")
    assert told(other, ["nothing"])[0] == {"nothing": ("none", "unknown")}


def a_header_with_any_bit_changed_is_not_signed():
    installed()
    other = copied()
    number, blob = header("hello")
    data = 8 + 16 * int.from_bytes(blob[:4], "big")
    end = data + int.from_bytes(blob[16:20], "big") + 16  # of what is signed: its index first, then its data
    entries = -int.from_bytes(blob[end - 8:end - 4], "big", signed=True)
    for at in [*range(8, 8 + entries, 61), *range(data, end, 47)]:
        header_put(other, number, blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1:])
        assert told(other, ["hello"])[0]["hello"][1] != "signed", at
    header_put(other, number, blob)
    assert told(other)[0]["hello"] == ("hello", "signed")


def without_its_signature_or_its_key_a_package_is_not_signed():
    installed()
    other = copied()
    number, blob = header("hello")
    # The signature's tag becomes one that nobody knows: it lies behind what is signed.
    entry = next(at for at in range(8, len(blob), 16) if int.from_bytes(blob[at:at + 4], "big") == 268)
    header_put(other, number, blob[:entry] + (270).to_bytes(4, "big") + blob[entry + 4:])
    assert told(other)[0]["hello"] == ("hello", "intact")
    another, _ = header("curved")
    header_put(other, number, blob)
    with contextlib.closing(sqlite3.connect(database(other))) as rows, rows:
        rows.execute("delete from Packages where instr(blob, cast('gpg-pubkey' as blob)) > 0")
    found, counts = told(other)
    assert found["hello"] == ("hello", "intact") and found["late"] == ("late", "intact") and counts["good"] == 0
    assert another != number


def a_database_that_is_damaged_takes_nothing_from_what_dpkg_knows():
    installed()
    other = copied()
    info = other / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info / "hello.list").write_text("/usr/bin/hello\n")
    (info / "hello.md5sums").write_text(hashlib.md5((other / "usr/bin/hello").read_bytes()).hexdigest() + "  usr/bin/hello\n")
    found, counts = told(other)
    assert found["hello"] == ("hello", "intact") and found["curved"] == ("curved", "signed")  # dpkg comes first
    database(other).write_bytes(b"not a database, by its first bytes")
    found, counts = told(other)
    assert found["hello"] == ("hello", "intact") and found["curved"] == ("none", "unknown")
    assert counts["broken"] == 1 and counts["rpm"] == 0


def a_rule_tells_what_is_signed_from_what_is_not_once_it_is_installed():
    """From here on what is mounted is this process's alone: the folder's database stands where the machine's own would."""
    installed()
    own, other = pathlib.Path("/var/lib/rpm"), copied()
    if not own.is_dir() or (own / "rpmdb.sqlite").exists() or ctypes.CDLL(None).unshare(NEW_MOUNTS):
        raise Skipped("nothing can be put in the place of this machine's own packages of rpm")
    run("mount", "--make-rprivate", "/")
    run("mount", "--bind", other / "var/lib/rpm", own)
    with Guard("deny any : path=AT/new/** state!=signed\n") as guard:
        guard.wait(lambda: "8 packages of rpm, 4 of them signed" in guard.said())
        where = guard.at / "new"
        packages = built(["vouched", "bare"], where)
        sign(packages["vouched"], "rsa")
        rpm("-i", "--nodeps", "--noscripts", "--nosignature", *packages.values(), root=other)
        shutil.copytree(f"{other}{where}", where)
        guard.wait(lambda: "10 packages of rpm, 5 of them signed" in guard.said())
        assert runs(where / "vouched") and not runs(where / "bare")
        (where / "vouched").write_text("#!/bin/sh\necho other\n")
        assert not runs(where / "vouched")
        rpm("-e", "--nodeps", "--noscripts", "bare", root=other)
        guard.wait(lambda: "9 packages of rpm, 5 of them signed" in guard.said())


try:
    main([what_a_trusted_key_has_signed_is_signed_and_nothing_else_is, a_file_counts_only_as_what_its_package_brought,
          a_header_with_any_bit_changed_is_not_signed, without_its_signature_or_its_key_a_package_is_not_signed,
          a_database_that_is_damaged_takes_nothing_from_what_dpkg_knows,
          a_rule_tells_what_is_signed_from_what_is_not_once_it_is_installed])
finally:
    run("gpgconf", "--homedir", home, "--kill", "all")
    shutil.rmtree(folder, ignore_errors=True)
