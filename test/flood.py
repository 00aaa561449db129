#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A flood of wrong passwords against one account, from this machine's address, and people who sign in meanwhile.

    with Flood(house, "one", "owner", rate=200, seconds=60) as flood:
        took = flood.known.sign_in()            of a browser that had signed in before; flood.other: from another address
    flood.told                                   how many were sent, and what they were told, by status

The flood is a process of its own (this file), so that whoever measures is not slowed by it; it ends by itself."""
import contextlib, http.client, json, pathlib, ssl, subprocess, sys, threading, time

CONNECTIONS = 8


def trust():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Browser:
    """Signs in, each time over a connection of its own, and keeps what it is given to be known by."""

    def __init__(self, port, body, address=None, keeps=True):
        self.port, self.body, self.address, self.keeps, self.mark = port, json.dumps(body), address, keeps, None

    def sign_in(self):
        """Seconds until it was in."""
        begun = time.perf_counter()
        source = (self.address, 0) if self.address else None
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=trust(), source_address=source)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json"} | ({"Cookie": self.mark} if self.mark else {})
            connection.request("POST", "/v1/session", self.body, headers)
            answer = connection.getresponse()
            answer.read()
            given = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
            if self.keeps:
                self.mark = next((one for one in given if one.startswith("__Secure-custody-known=")), self.mark)
        if answer.status != 201:
            raise RuntimeError(f"a good sign-in was answered {answer.status}")
        return time.perf_counter() - begun


class Flood:
    def __init__(self, house, tenant, username, password, rate, seconds):
        self.ask = [str(house.port), tenant, username, str(rate), str(seconds)]
        body = {"tenant": tenant, "username": username, "password": password}
        self.known, self.other = Browser(house.port, body), Browser(house.port, body, "127.0.0.2", keeps=False)

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).resolve()), *self.ask], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.told = json.loads(self.process.communicate()[0] or "{}")


def pour(port, body, pace, until, told):
    connection, due = http.client.HTTPSConnection("localhost", port, timeout=60, context=trust()), time.monotonic()
    while due < until:
        time.sleep(max(0, due - time.monotonic()))
        due += pace
        try:
            connection.request("POST", "/v1/session", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            told[answer.status] = told.get(answer.status, 0) + 1
        except (OSError, http.client.HTTPException):
            connection.close()
            told[0] = told.get(0, 0) + 1


def main(port, tenant, username, rate, seconds):
    body = json.dumps({"tenant": tenant, "username": username, "password": "a wrong pass phrase"})
    until, each = time.monotonic() + float(seconds), [{} for _ in range(CONNECTIONS)]
    threads = [threading.Thread(target=pour, args=(int(port), body, CONNECTIONS / float(rate), until, told)) for told in each]
    for thread in threads:
        thread.start()
    print("pours", flush=True)
    for thread in threads:
        thread.join()
    print(json.dumps({str(status): sum(told.get(status, 0) for told in each) for status in sorted(set().union(*each))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
