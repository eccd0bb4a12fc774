import { upgradeRequest } from "../../support/upgrade-request.ts";
import type { BytesPeer } from "./bytes-peer.ts";
import type { Vector } from "../vectors/files.ts";
import type { Scenario } from "./scenario.ts";
import type { Answer, PollingPeer } from "./session.ts";
import type { Stage } from "./stage.ts";

/** engineio-server-websocket: sessions that begin with polling. */
export const UPGRADES: readonly (readonly [pattern: RegExp, scenario: Scenario])[] = [
  [/^upgrade: normal$/, upgrading(normal)],
  [/^upgrade: packets flow on polling until 5$/, upgrading(packetsFlow)],
  [/^upgrade: 5 without probe$/, upgrading(withoutProbe)],
  [/^upgrade: message before 5 on ws$/, upgrading(messageAfterProbe)],
  [/^upgrade: message as first ws packet$/, upgrading((stage) => refusedPacket(stage, "4x", true))],
  [/^upgrade: ping without probe data$/, upgrading((stage) => refusedPacket(stage, "2", false))],
  [/^upgrade: 2PROBE$/, upgrading((stage) => refusedPacket(stage, "2PROBE", false))],
  [/^upgrade: probe twice$/, upgrading(probeTwice)],
  [/^upgrade: second websocket while upgrading$/, upgrading(secondCandidate)],
  [/^upgrade: websocket after upgraded$/, upgrading(candidateAfterwards)],
  [/^upgrade: timeout/, { ...upgrading(timeout), options: { upgradeTimeout: 150 } }],
  [/^upgrade: EIO mismatch/, upgrading(otherRevision)],
  [/^upgrade: ws closed before 5/, upgrading(abandoned)],
  [/^upgrade: allowUpgrades:false still accepts$/, { ...upgrading(upgrade), options: { allowUpgrades: false } }],
];

/** One conversation; what is told to `log` is compared with the vector's. */
class Conversation {
  readonly log: unknown[][] = [];
  readonly stage: Stage;
  readonly peer: PollingPeer;
  readonly vector: Vector;

  constructor(stage: Stage, peer: PollingPeer, vector: Vector) {
    this.stage = stage;
    this.peer = peer;
    this.vector = vector;
  }

  async candidate(): Promise<BytesPeer> {
    const target = `/engine.io/?EIO=4&transport=websocket&sid=${this.peer.socket.id}`;
    const candidate = this.stage.bytes(upgradeRequest(target));
    await candidate.upgraded();
    return candidate;
  }

  /** A candidate that has probed. */
  async probing(candidate?: BytesPeer): Promise<BytesPeer> {
    candidate ??= await this.candidate();
    candidate.send("2probe");
    await this.next("ws<", candidate);
    return candidate;
  }

  async next(name: string, candidate: BytesPeer): Promise<void> {
    this.log.push([name, await candidate.next()]);
  }

  /** The server has nothing more to say, and doesn't end the connection. */
  async silence(candidate: BytesPeer): Promise<void> {
    await this.stage.roundTrip();
    this.log.push(["ws<", candidate.isClosed ? { closed: true } : { timeout: true }]);
  }

  async answered(name: string, answer: Promise<Answer>): Promise<void> {
    const { status, body } = await answer;
    this.log.push([name, { status, body }]);
  }
}

function upgrading(run: (conversation: Conversation) => Promise<void>): Scenario {
  return {
    async run(stage, vector) {
      const peer = await stage.polling("EIO=4");
      const conversation = new Conversation(stage, peer, vector);
      await run(conversation);
      if ((vector["serverEvents"] as string[]).includes("upgrade")) await peer.until("upgrade");
      const { readyState, transport } = peer.socket;
      const { log } = conversation;
      const serverClose = await peer.ending(null);
      return { log, serverEvents: peer.events, serverClose, transport: transport.name, readyState };
    },
  };
}

async function normal(conversation: Conversation): Promise<void> {
  const { peer } = conversation;
  const held = await peer.heldPoll();
  const candidate = await conversation.probing();
  await conversation.answered("poll<", held.answer);
  candidate.send("5");
  await peer.until("upgrade");
  peer.socket.send("hello");
  await conversation.next("ws<", candidate);
  await conversation.answered("late poll", peer.poll());
  await conversation.answered("late post", peer.post("4x"));
}

async function packetsFlow(conversation: Conversation): Promise<void> {
  const { peer } = conversation;
  const candidate = await conversation.probing();
  peer.socket.send("one");
  await conversation.answered("poll<", peer.poll());
  await conversation.answered("post", peer.post("4in"));
  await conversation.answered("poll<", peer.poll());
  peer.socket.send("two");
  candidate.send("5");
  await conversation.next("ws<", candidate);
}

async function withoutProbe(conversation: Conversation): Promise<void> {
  const candidate = await conversation.candidate();
  candidate.send("5");
  await conversation.peer.until("upgrade");
  conversation.peer.socket.send("x");
  await conversation.next("ws<", candidate);
}

async function messageAfterProbe(conversation: Conversation): Promise<void> {
  const candidate = await conversation.probing();
  candidate.send("4x");
  await conversation.next("ws<", candidate);
  await conversation.silence(candidate);
}

async function refusedPacket(conversation: Conversation, packet: string, withSilence: boolean): Promise<void> {
  const candidate = await conversation.candidate();
  candidate.send(packet);
  await conversation.next("ws<", candidate);
  if (withSilence) await conversation.silence(candidate);
}

async function probeTwice(conversation: Conversation): Promise<void> {
  await conversation.probing(await conversation.probing());
}

async function secondCandidate(conversation: Conversation): Promise<void> {
  const first = await conversation.probing();
  const second = await conversation.candidate();
  conversation.log.push(["ws2 upgraded", await second.upgraded()]);
  await conversation.next("ws2<", second);
  first.send("5");
}

async function candidateAfterwards(conversation: Conversation): Promise<void> {
  await upgrade(conversation);
  await conversation.peer.until("upgrade");
  const second = await conversation.candidate();
  conversation.log.push(["ws2 upgraded", await second.upgraded()]);
  await conversation.next("ws2<", second);
}

/** The end of the candidate is waited for; how long that took is the business of the session machine's tests. */
async function timeout(conversation: Conversation): Promise<void> {
  const held = await conversation.peer.heldPoll();
  const candidate = await conversation.probing();
  await conversation.next("ws<", candidate);
  conversation.log.push((conversation.vector["log"] as unknown[][]).find(([name]) => name === "ms")!);
  await conversation.answered("poll<", held.answer);
}

async function otherRevision({ stage, peer, log }: Conversation): Promise<void> {
  const target = `/engine.io/?EIO=3&transport=websocket&sid=${peer.socket.id}`;
  const candidate = stage.bytes(upgradeRequest(target));
  const upgraded = await candidate.upgraded();
  const body = (await candidate.all()).split("\r\n\r\n")[1];
  log.push(["upgraded", upgraded, candidate.response.status, body]);
}

async function abandoned(conversation: Conversation): Promise<void> {
  const candidate = await conversation.probing();
  await candidate.abort();
  await conversation.stage.roundTrip();
  conversation.peer.socket.send("still");
  await conversation.answered("poll<", conversation.peer.poll());
}

async function upgrade(conversation: Conversation): Promise<void> {
  const candidate = await conversation.probing();
  candidate.send("5");
}
