"""The client of python-socketio. Arguments: the URL, then transports. Says what it has heard as lines of JSON."""
import json
import sys
import threading
from importlib.metadata import version

import socketio

url, *transports = sys.argv[1:]
client = socketio.Client(reconnection=False)
asked = threading.Event()


def say(line):
    print(json.dumps(line), flush=True)


@client.on("question")
def question(data):
    say({"asked": data["text"], "bytes": list(data["bytes"])})
    asked.set()
    return data


@client.event
def disconnect():
    say({"disconnected": True})


client.connect(url, transports=transports, auth={"token": "123"})
say({"transport": client.transport(), "socketio": socketio.__file__, "version": version("python-socketio")})
answer = client.call("echo", {"bytes": b"\x00\x01\xff", "text": "a € b"})
say({"answer": answer["text"], "bytes": list(answer["bytes"])})
client.emit("ask")
if not asked.wait(20):
    raise SystemExit("nobody asked")
# Until the server ends the connection.
client.wait()
