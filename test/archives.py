# SPDX-License-Identifier: Apache-2.0
"""Archives that leave the service: made, downloaded, and opened by the tools that anybody has."""
import hashlib, http.client, io, zipfile

from house import *


def key_pair(house):
    """What a client makes for itself, with the tool that anybody has."""
    path = house.folder / ("identity-" + secrets.token_hex(4))
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    return path, subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True).stdout.strip()


def run(client, export):
    """Has the archive made; the events, in their order."""
    asking = Client(client.house, dict(client.headers))
    events = asking.post(f"/v1/exports/{export['id']}/archive", {"ticket": export["ticket"]}).decode()
    return [(one.split("\n")[0][7:], json.loads(one.split("\n")[1][6:])) for one in events.strip().split("\n\n")]


def fetch(client, export, **headers):
    """Status, headers and bytes of a download."""
    connection = http.client.HTTPSConnection("localhost", client.house.port, timeout=60, context=client.house.trust())
    with contextlib.closing(connection):
        connection.request("GET", f"/v1/exports/{export['id']}/archive", None, {**client.headers, **headers})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


def opened(identity, sealed):
    plain = subprocess.run(["age", "--decrypt", "-i", identity], input=sealed, check=True, capture_output=True).stdout
    archive = zipfile.ZipFile(io.BytesIO(plain))
    assert archive.testzip() is None
    return archive


def rows(archive, name):
    return [json.loads(line) for line in archive.read(f"data/{name}.jsonl").decode().splitlines()]


def exported(owner, typed="one", **more):
    """One that is made; `typed` is the client's name."""
    export = owner.post("/v1/exports", {"typed": typed, **more})
    events = run(owner, export)
    assert events[-1][0] == "end", events
    return export


def recordings(archive):
    return {one["id"]: one for one in rows(archive, "recordings")}


def manifest_checked(archive):
    """Every file is in it, with its size and SHA-256; its notes."""
    manifest = json.loads(archive.read("manifest.json"))
    assert {one["name"] for one in manifest["files"]} == set(archive.namelist()) - {"manifest.json"}
    for one in manifest["files"]:
        bytes = archive.read(one["name"])
        assert (one["size"], one["sha256"]) == (len(bytes), hashlib.sha256(bytes).hexdigest()), one["name"]
    return manifest["notes"]
