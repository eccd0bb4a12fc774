import assert from "node:assert/strict";
import type { Socket as ClientSocket } from "socket.io-client";
import { ask, type Behaviours, directions, type End, type Stage } from "../stage.js";

type PartialAnswers = Error & { responses?: unknown[] };

export const acks: Behaviours = {
  "the server answers an event of the client with any arguments": async (stage) => {
    const { client, server } = await stage.pair(await stage.serve());
    await answersAnything(stage, client, server);
  },

  "the client answers an event of the server with any arguments": async (stage) => {
    const { client, server } = await stage.pair(await stage.serve());
    await answersAnything(stage, server, client);
  },

  "an answer may be empty": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    for (const [asker, answerer] of directions(client, server)) {
      answerer.on("ask", (answer: () => void) => answer());
      const answer = new Promise<unknown[]>((resolve) => {
        asker.emit("ask", (...args: unknown[]) => resolve(args));
      });
      assert.deepEqual(await stage.until("ack", answer), []);
    }
  },

  "emitWithAck resolves with the first value on both sides": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    server.on("sum", (a, b, answer) => answer(a + b, "ignored"));
    client.on("sum", (a, b, answer) => answer(a + b, "ignored"));
    assert.equal(await stage.until("ack of the server", client.emitWithAck("sum", 2, 3)), 5);
    assert.equal(await stage.until("ack of the client", server.emitWithAck("sum", 4, 5)), 9);
  },

  "answers given in reverse order find their questions": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    for (const [asker, answerer] of directions(client, server)) {
      const open: (() => void)[] = [];
      answerer.on("ask", (n: number, answer: (n: number) => void) => {
        open.push(() => answer(n));
        if (open.length === 10) for (const reply of open.toReversed()) reply();
      });
      const answers = Promise.all(Array.from({ length: 10 }, (_, n) => ask(asker, "ask", n)));
      assert.deepEqual(
        await stage.until("ten acks", answers),
        Array.from({ length: 10 }, (_, n) => n),
      );
    }
  },

  "only the first call of an answer counts": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    for (const [asker, answerer] of directions(client, server)) {
      const answers: unknown[] = [];
      answerer.on("ask", (answer: (n: number) => void) => {
        answer(1);
        answer(2);
        answerer.emit("fence");
      });
      const fence = stage.event(asker, "fence");
      asker.emit("ask", (n: unknown) => answers.push(n));
      await fence;
      assert.deepEqual(answers, [1]);
    }
  },

  "timeout() gives the answer after null": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    server.on("ask", (answer) => answer("a", "b"));
    client.on("ask", (answer) => answer("a", "b"));
    for (const asker of [client, server]) {
      const answer = new Promise<unknown[]>((resolve) => {
        asker.timeout(9000).emit("ask", (...args: unknown[]) => resolve(args));
      });
      assert.deepEqual(await stage.until("ack", answer), [null, "a", "b"]);
    }
  },

  "timeout() gives an error when nobody answers": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    for (const asker of [client, server]) {
      const answer = new Promise<unknown[]>((resolve) => {
        asker.timeout(15).emit("unheard", (...args: unknown[]) => resolve(args));
      });
      const [error, ...rest] = await stage.until("timeout", answer);
      assert.ok(error instanceof Error);
      assert.equal(error.message, "operation has timed out");
      assert.deepEqual(rest, []);
      const refusal = asker.timeout(15).emitWithAck("unheard");
      await assert.rejects(stage.until("timeout of emitWithAck", refusal), { message: "operation has timed out" });
    }
  },

  "an answer after the timeout is ignored": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    for (const [asker, answerer] of directions(client, server)) {
      const late: (() => void)[] = [];
      const asked = new Promise<void>((resolve) => {
        answerer.on("ask", (answer: (n: number) => void) => {
          late.push(() => answer(1));
          resolve();
        });
      });
      const calls: unknown[] = [];
      const first = new Promise<void>((resolve) => {
        asker.timeout(15).emit("ask", (...args: unknown[]) => {
          calls.push(args);
          resolve();
        });
      });
      await Promise.all([stage.until("timeout", first), stage.until("question", asked)]);
      const fence = stage.event(asker, "fence");
      for (const reply of late) reply();
      answerer.emit("fence");
      await fence;
      assert.equal(calls.length, 1);
    }
  },

  "emitWithAck of the client is rejected when the connection ends": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const answer = client.emitWithAck("ask");
    const withTimeout = client.timeout(9000).emitWithAck("ask");
    server.on("ask", () => server.disconnect());
    const expected = { message: "socket has been disconnected" };
    await Promise.all([
      assert.rejects(stage.until("rejection", answer), expected),
      assert.rejects(stage.until("rejection with timeout", withTimeout), expected),
    ]);
  },

  "a plain callback of the client is forgotten when the connection ends": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const answers: unknown[] = [];
    const replies: (() => void)[] = [];
    server.on("ask", (answer) => {
      replies.push(() => answer("too late"));
      server.disconnect();
    });
    const gone = stage.event(client, "disconnect");
    client.emit("ask", (...args: unknown[]) => answers.push(args));
    await gone;
    for (const reply of replies) reply();
    client.connect();
    await stage.connected(client);
    const fence = stage.event(client, "fence");
    io.emit("fence");
    await fence;
    assert.deepEqual(answers, []);
  },

  "a broadcast gathers the answers of all": async (stage) => {
    const io = await stage.serve();
    const clients = [stage.client(), stage.client(), stage.client()];
    await stage.connected(...clients);
    clients.forEach((client, n) => client.on("vote", (topic, answer) => answer(`${topic} ${n}`)));
    const byPromise = await stage.until("answers", io.timeout(9000).emitWithAck("vote", "p"));
    assert.deepEqual(byPromise.toSorted(), ["p 0", "p 1", "p 2"]);
    const byCallback = new Promise<unknown[]>((resolve) => {
      io.timeout(9000).emit("vote", "c", (...args: unknown[]) => resolve(args));
    });
    const [error, answers] = (await stage.until("answers", byCallback)) as [unknown, string[]];
    assert.equal(error, null);
    assert.deepEqual(answers.toSorted(), ["c 0", "c 1", "c 2"]);
  },

  "a broadcast to a room gathers the answers of its members": async (stage) => {
    const io = await stage.serve();
    const [inside, outside] = [await stage.pair(io), await stage.pair(io)];
    await inside.server.join("room");
    inside.client.on("vote", (answer) => answer("inside"));
    outside.client.on("vote", (answer) => answer("outside"));
    const answers = await stage.until("answers", io.to("room").timeout(9000).emitWithAck("vote"));
    assert.deepEqual(answers, ["inside"]);
    const others = await stage.until("answers", inside.server.broadcast.timeout(9000).emitWithAck("vote"));
    assert.deepEqual(others, ["outside"]);
  },

  "a broadcast that times out tells the answers it has": async (stage) => {
    const io = await stage.serve();
    const [quick, slow] = [stage.client(), stage.client()];
    await stage.connected(quick, slow);
    quick.on("vote", (answer) => answer("quick"));
    slow.on("vote", () => {});
    // Long enough for the answer of `quick` on a busy machine, short enough to wait for.
    const refusal = io.timeout(150).emitWithAck("vote");
    await assert.rejects(stage.until("timeout", refusal), (error: PartialAnswers) => {
      assert.equal(error.message, "operation has timed out");
      assert.deepEqual(error.responses, ["quick"]);
      return true;
    });
  },

  "a broadcast to nobody is answered by an empty list": async (stage) => {
    const io = await stage.serve();
    const answers = await stage.until("answers", io.to("empty room").timeout(9000).emitWithAck("vote"));
    assert.deepEqual(answers, []);
  },

  "questions cross each other in both directions": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    client.on("from server", (n, answer) => answer(n * 2));
    server.on("from client", async (n, answer) => answer((await ask(server, "from server", n)) + 1));
    const answers = Promise.all([1, 2, 3, 4, 5].map((n) => ask(client, "from client", n)));
    assert.deepEqual(await stage.until("nested acks", answers), [3, 5, 7, 9, 11]);
  },

  "with retries events arrive once each, in order, and callbacks get null first": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", { retries: 3, ackTimeout: 9000 });
    const heard: number[] = [];
    server.on("n", (n, answer) => {
      heard.push(n);
      answer(n * 10);
    });
    const results = Promise.all([1, 2, 3].map((n) => emitted(client, n)));
    assert.deepEqual(await stage.until("three acks", results), [
      [null, 10],
      [null, 20],
      [null, 30],
    ]);
    assert.deepEqual(heard, [1, 2, 3]);
  },

  "with retries an unanswered event is sent again": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", { retries: 50, ackTimeout: 40 });
    let tries = 0;
    server.on("n", (_, answer) => {
      if (++tries > 1) answer("heard again");
    });
    assert.deepEqual(await stage.until("ack", emitted(client, 1)), [null, "heard again"]);
  },
};

function emitted(client: ClientSocket, n: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    client.emit("n", n, (...args: unknown[]) => resolve(args));
  });
}

async function answersAnything(stage: Stage, asker: End, answerer: End): Promise<void> {
  answerer.on("ask", (a: unknown, b: unknown, answer: (...args: unknown[]) => void) => {
    answer(b, a, null, { list: [1, "é"] });
  });
  const answer = new Promise<unknown[]>((resolve) => {
    asker.emit("ask", 1, "two", (...args: unknown[]) => resolve(args));
  });
  assert.deepEqual(await stage.until("ack", answer), ["two", 1, null, { list: [1, "é"] }]);
}
