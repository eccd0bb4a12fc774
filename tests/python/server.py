"""A server of python-socketio, which echoes. Says its port as a line of JSON, and what it hears of transports likewise."""
import asyncio
import json
from importlib.metadata import version

import socketio
from aiohttp import web

sio = socketio.AsyncServer(async_mode="aiohttp")
app = web.Application()
sio.attach(app)


def say(line):
    print(json.dumps(line), flush=True)


@sio.event
async def connect(sid, environ, auth):
    say({"connected": auth})


@sio.event
async def echo(sid, data):
    # sio.transport() of 5.7 looks the session up by the wrong id.
    say({"transport": sio.eio.transport(sio.manager.eio_sid_from_sid(sid, "/"))})
    return data


@sio.event
async def ask(sid):
    """Has the client acknowledge bytes, and passes on what it gives."""
    given = await sio.call("question", {"bytes": b"\x00\x01\xff", "text": "a € b"}, to=sid)
    say({"given": given["text"], "bytes": list(given["bytes"])})


@sio.event
async def disconnect(sid):
    say({"disconnected": True})


async def main():
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    say({"port": port, "socketio": socketio.__file__, "version": version("python-socketio")})
    await asyncio.Event().wait()


asyncio.run(main())
