"""Runs the unmodified package localstripe for tests: on loopback only, from scratch, with its store in
a folder of its own. It adds what localstripe leaves out and Stripe has: a POST that comes again under
the same Idempotency-Key gets the same answer.

usage: serve_localstripe.py [PORT]      no PORT, or 0: any free one

Once it takes connections it prints one line: READY http://127.0.0.1:PORT
"""

import asyncio
import builtins
import os
import socket
import sys
import tempfile
from urllib.parse import parse_qsl

from aiohttp import web
from localstripe import resources, server

MISUSE = {
    "error": {
        "type": "idempotency_error",
        "message": "Keys for idempotent requests can only be used with the parameters they were first used with.",
    }
}
answers = {}  # (credentials, key) -> (request, status, body, content type)
one_at_a_time = asyncio.Lock()


@web.middleware
async def replay(request, handler):
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or not key:
        return await handler(request)
    slot = (request.headers.get("Authorization"), key)
    body = await request.text()
    call = (request.path_qs, sorted(parse_qsl(body, True)) or body)
    async with one_at_a_time:
        if slot in answers:
            first, status, body, kind = answers[slot]
            if call != first:
                return web.json_response(MISUSE, status=400)
            return web.Response(status=status, body=body, headers={"Content-Type": kind})
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            answer = web.Response(status=error.status, text=error.text)
        # A key that is refused has carried nothing out.
        if answer.status != 401:
            answers[slot] = call, answer.status, answer.body, answer.headers["Content-Type"]
        return answer


with tempfile.TemporaryDirectory(prefix="localstripe-") as folder:
    # Its store is a file of a fixed name, which two tests at once would share.
    resources.open = lambda path, mode: builtins.open(os.path.join(folder, os.path.basename(path)), mode)
    server.app.middlewares.insert(0, replay)
    listener = socket.create_server(("127.0.0.1", int((sys.argv[1:] or [0])[0])))
    print("READY http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    web.run_app(server.app, sock=listener, print=None, shutdown_timeout=1)
