"""Runs the unmodified package aiosmtpd as a mail server for tests, on loopback only: without encryption, with
STARTTLS, without which it takes nothing, and encrypted from the start. Nobody sends without a password. Each
message that it takes is read with Python's own `email` and verified with dkimpy.

usage: serve_smtp.py FOLDER

It reads     FOLDER/tls/server.pem, FOLDER/tls/server.key     whom it says to be
             FOLDER/user, FOLDER/password                     who may send
             FOLDER/dns/SELECTOR._domainkey.DOMAIN            what the DNS would say: one text record
It writes    FOLDER/received.jsonl                            one line for each message, before it answers for it

Once it takes connections it prints one line, with the ports: READY {"plain": …, "starttls": …, "tls": …}
"""

import asyncio
import email
import email.header
import email.policy
import email.utils
import html
import json
import logging
import pathlib
import re
import signal
import socket
import ssl
import sys
import warnings

import dkim
from aiosmtpd.smtp import SMTP, AuthResult, TLSSetupException

folder = pathlib.Path(sys.argv[1])
credentials = tuple((folder / name).read_bytes() for name in ("user", "password"))


class Taker:
    """Writes down what arrived."""

    def __init__(self, listener):
        self.listener = listener

    async def handle_DATA(self, server, session, envelope):
        tls = server.transport.get_extra_info("ssl_object")
        told = {
            "listener": self.listener,
            "tls": tls and tls.version(),
            "user": session.auth_data and session.auth_data.login.decode(),
            "envelope": {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "options": envelope.mail_options,
            },
            "dkim": signature_of(envelope.content),
            **contents_of(envelope.content, envelope.smtp_utf8),
        }
        # Octets that are no text are question marks.
        with open(folder / "received.jsonl", "a", encoding="utf-8", errors="replace") as received:
            received.write(json.dumps(told, ensure_ascii=False) + "\n")
        return "250 written down"


def contents_of(content, may_be_utf8):
    # From octets, `email` takes headers to be ASCII, which with SMTPUTF8 they need not be (RFC 6532).
    read = email.message_from_bytes if not may_be_utf8 else email.message_from_string
    message = read(content.decode() if may_be_utf8 else content, policy=email.policy.default)
    parts = list(message.walk())
    date = message["date"]
    return {
        "subject": text(message["subject"]),
        "from": mailbox(message, "from"),
        "to": mailbox(message, "to"),
        "reply_to": mailbox(message, "reply-to"),
        "date": date and date.datetime.isoformat(),
        "message_id": text(message["message-id"]),
        "auto_submitted": text(message["auto-submitted"]),
        "list_unsubscribe": text(message["list-unsubscribe"]),
        "tree": tree(message),
        "text": body(message, "plain"),
        "html": with_references_read(body(message, "html")),
        "doubled": doubled(message.keys()),
        "defects": [repr(defect) for part in parts for defect in defects_of(part)],
        "is_ascii": content.isascii(),
        "longest_line": max(map(len, content.split(b"\r\n"))),
        "stray_line_ends": len(re.findall(rb"\r(?!\n)|(?<!\r)\n", content)),
    }


def text(header):
    return None if header is None else str(header)


def mailbox(message, header):
    if header not in message:
        return None
    (address,) = message[header].addresses
    source = next(value for name, value in message.raw_items() if name.lower() == header).replace("\r\n", "")
    name = address.display_name
    # The newer half of `email` leaves blanks between encoded words in names (python/cpython#128110); the older one
    # does not, and for its part knows nothing of quoted names.
    if not source.lstrip().startswith('"'):
        name = str(email.header.make_header(email.header.decode_header(email.utils.parseaddr(source)[0])))
    return [name, address.addr_spec]


def tree(part):
    inside = ", ".join(map(tree, part.iter_parts()))
    return part.get_content_type() + (f"({inside})" if inside else "")


def with_references_read(page):
    """The page with the characters that its decimal references stand for, as a browser shows them. Those that markup
    needs, such as `&lt;`, are left: what is read is still the page."""
    return page and re.sub(r"&#\d+;", lambda reference: html.unescape(reference[0]), page)


def body(message, kind):
    part = message.get_body((kind,))
    return part and part.get_content().replace("\r\n", "\n")


def doubled(names):
    names = [name.lower() for name in names]
    return sorted({name for name in names if names.count(name) > 1})


def defects_of(part):
    yield from part.defects
    for value in part.values():
        yield from value.defects


def signature_of(content):
    """The signature's verdict: on the message as it came, and on the message as it did not come."""
    try:
        signature = dkim.DKIM(content)
        is_valid = signature.verify(dnsfunc=record)
    except (dkim.DKIMException, ValueError) as error:
        return {"verdict": f"{type(error).__name__}: {error}"}
    fields = {key.decode(): value.decode() for key, value in signature.signature_fields.items()}
    if not fields:
        return None
    changes = list(changed(content, fields["h"].split(":")))
    return {
        "verdict": "valid" if is_valid else "invalid",
        "algorithm": fields["a"],
        "domain": fields["d"],
        "selector": fields["s"],
        "signed": sorted(fields["h"].split(":")),
        "changes": [what for what, _ in changes],
        "changes_unnoticed": [what for what, other in changes if dkim.verify(other, dnsfunc=record)],
    }


def record(name, timeout=5):
    name = name.decode().rstrip(".")
    file = folder / "dns" / name
    return file.read_bytes().strip() if "/" not in name and file.exists() else None


def changed(content, signed):
    """The message with one bit flipped, in several places: in the body, and in each header that is signed; and with
    headers more that the signature says are not there."""
    head, body = content.split(b"\r\n\r\n", 1)
    places = [place.start() + len(head) + 4 for place in re.finditer(rb"[A-Za-z]", body)]
    for what, place in ("first", places[0]), ("middle", places[len(places) // 2]), ("last", places[-1]):
        yield f"the body's {what} letter", flipped(content, place)
    for name in dict.fromkeys(signed):
        header = re.compile(rb"^%s:(?:[^\r]|\r\n[ \t])*?([A-Za-z0-9])" % re.escape(name.encode()), re.I | re.M)
        found = list(header.finditer(head))
        for one in found:
            yield name, flipped(content, one.start(1))
        # What is signed more often than it is there must not come in addition (RFC 6376, 8.15).
        if len(found) < signed.count(name):
            yield f"a new {name}", b"%s: mallory@example.net\r\n%s" % (name.encode(), content)


def flipped(content, place):
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def let_in(server, session, envelope, mechanism, asked):
    return AuthResult(success=(asked.login, asked.password) == credentials, handled=False, auth_data=asked)


def certified():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "tls" / "server.pem", folder / "tls" / "server.key")
    return context


async def serve():
    loop = asyncio.get_running_loop()
    listeners = {
        # It takes passwords over what it does not know to be encrypted: loopback, and TLS that it did not begin.
        "plain": ({"auth_require_tls": False}, None),
        "starttls": ({"tls_context": certified(), "require_starttls": True}, None),
        "tls": ({"auth_require_tls": False}, certified()),
    }
    ports = {}
    for listener, (options, encryption) in listeners.items():
        listening = socket.create_server(("127.0.0.1", 0))
        ports[listener] = listening.getsockname()[1]

        def protocol(listener=listener, options=options):
            return SMTP(
                Taker(listener),
                loop=loop,
                hostname="localhost",
                enable_SMTPUTF8=True,
                auth_required=True,
                authenticator=let_in,
                **options,
            )

        await loop.create_server(protocol, sock=listening, ssl=encryption)
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    print("READY", json.dumps(ports), flush=True)
    await stop.wait()


# That passwords go over what is not encrypted is what is wanted here.
warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
logging.getLogger("mail.log").setLevel(logging.ERROR)
# That a client does not trust it is wanted here, too.
logging.getLogger("mail.log").addFilter(lambda said: not said.exc_info or said.exc_info[0] is not TLSSetupException)
# What is changed on purpose is refused, which is no news.
logging.getLogger("dkimpy").setLevel(logging.CRITICAL)
asyncio.run(serve())
