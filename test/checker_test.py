#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What our log writes, read by code of other people, and the other way round: test/checker.go on golang.org/x/mod."""
from house import *

VERIFY = BIN / "custody-verify"
HERE = pathlib.Path(__file__).parent
SIZES = [1, 2, 3, 7, 255, 256, 257, 300, 512, 1000]
folder = pathlib.Path(tempfile.mkdtemp(prefix="custody-checker-"))
one, other = folder / "one", folder / "other"


def built():
    """The checker, once; skipped where there is no Go or not its library."""
    program = folder / "checker"
    if program.exists():
        return program
    if not shutil.which("go") or not pathlib.Path("/usr/share/gocode/src/golang.org/x/mod/sumdb").exists():
        raise Skipped("no go with golang.org/x/mod: apt-get install golang-go golang-golang-x-mod-dev")
    around = os.environ | {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": "", "CGO_ENABLED": "0",
                           "GOCACHE": str(folder / "cache"), "GOTOOLCHAIN": "local"}
    subprocess.run(["go", "build", "-o", program, HERE / "checker.go"], check=True, env=around, cwd=folder)
    for name in ("one", "other"):
        (folder / name).mkdir()
        subprocess.run([BUILD / "src/tlog/log_try", folder / name, name, *map(str, SIZES)], check=True)
    return program


def holds(*arguments):
    return subprocess.run([built(), *arguments], capture_output=True, text=True).returncode == 0


def key():
    built()
    return (one / "key").read_text()


def changed(path):
    """The file with one bit flipped, at some sixty places in turn, and cut short."""
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        yield whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]
    for length in (0, len(whole) // 2, len(whole) - 1):
        yield whole[:length]


def none_holds(path, *arguments):
    """No change of the file is taken, by the checker; `arguments` name it as None."""
    wrong = folder / "wrong"
    for content in changed(path):
        wrong.write_bytes(content)
        assert not holds(*(wrong if part is None else part for part in arguments)), (path, content)


def our_checkpoints_verify_and_none_that_was_changed():
    for size in SIZES:
        assert holds("note", key(), one / str(size))
    none_holds(one / "7", "note", key(), None)


def our_whole_log_has_the_root_that_the_library_computes():
    assert holds("log", key(), one / "log")
    kept = one / "log/tile/entries/001"
    before = kept.read_bytes()
    kept.write_bytes(before[:100] + bytes([before[100] ^ 1]) + before[101:])
    assert not holds("log", key(), one / "log")
    kept.write_bytes(before)


def our_proofs_hold_for_their_entries_and_no_others():
    for size in SIZES:
        entry, proof = one / f"{size - 1}.entry", one / f"{size - 1}.tlog-proof"
        assert holds("proof", key(), entry, proof)
        assert not holds("proof", key(), other / entry.name, proof)
    none_holds(one / "299.tlog-proof", "proof", key(), one / "299.entry", None)


def our_proofs_of_growth_hold_and_show_a_fork():
    for i, new in enumerate(SIZES):
        for old in SIZES[:i]:
            assert holds("growth", key(), one / str(old), one / f"{old}-{new}")
            assert not holds("growth", key(), other / str(old), one / f"{old}-{new}")
    none_holds(one / "7-300", "growth", key(), one / "7", None)


def our_cosignatures_verify():
    state, both = folder / "state", folder / "both"
    run = lambda *more, **options: subprocess.run([VERIFY, "witness", "--state", state, *more], capture_output=True, check=True, **options)
    built()
    witness = run("--new-key", "--name", "w.example/w").stdout.decode().strip()
    line = run("--key", key(), "--once", input=(one / "0-300").read_bytes()).stdout
    both.write_bytes((one / "300").read_bytes() + line)
    assert holds("cosigned", key(), witness, both)
    assert not holds("cosigned", key(), witness, one / "300")


def what_the_library_signs_verifies_here():
    made = subprocess.run([built(), "sign", "go.example/log"], check=True, capture_output=True).stdout
    vkey, note = made.split(b"\n", 1)
    checkpoint = folder / "theirs"
    checkpoint.write_bytes(note)
    command = [VERIFY, "checkpoint", checkpoint, "--key", vkey]
    assert subprocess.run(command, capture_output=True).returncode == 0
    for content in changed(checkpoint):
        checkpoint.write_bytes(content)
        assert subprocess.run(command, capture_output=True).returncode in (10, 11, 12), content


try:
    main([our_checkpoints_verify_and_none_that_was_changed, our_whole_log_has_the_root_that_the_library_computes,
          our_proofs_hold_for_their_entries_and_no_others, our_proofs_of_growth_hold_and_show_a_fork,
          our_cosignatures_verify, what_the_library_signs_verifies_here])
finally:
    shutil.rmtree(folder, ignore_errors=True)
