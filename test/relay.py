#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A mail relay that is not ours (Debian's aiosmtpd), for tests: puts each mail it takes over into a folder.

    relay.py PORT FOLDER [CERTIFICATE KEY [NAME PASSWORD]]

With a certificate it has STARTTLS and takes mail under it alone; with a name only from who signs in. Who is refused@… is
refused. Prints "ready"."""
import asyncio, pathlib, ssl, sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])


class Mailbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 no such person: zq-words-of-the-relay"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        head = f"X-From: {envelope.mail_from}\nX-To: {' '.join(envelope.rcpt_tos)}\nX-Host: {session.host_name}\nX-TLS: {bool(session.ssl)}\nX-Signed-In: {session.authenticated}\n"
        part = folder / f".{len(list(folder.iterdir()))}"
        part.write_bytes(head.encode() + envelope.original_content)
        part.rename(folder / part.name[1:])
        return "250 taken over"


def signs_in(server, session, envelope, mechanism, given):
    return AuthResult(success=given == LoginPassword(*(word.encode() for word in sys.argv[5:7])), handled=False)


def made():
    if len(sys.argv) < 5:
        return SMTP(Mailbox())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    if len(sys.argv) < 7:
        return SMTP(Mailbox(), tls_context=context, require_starttls=True)
    return SMTP(Mailbox(), tls_context=context, require_starttls=True, auth_required=True, authenticator=signs_in)


async def serve():
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(serve())
