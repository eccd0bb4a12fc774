import { clientFrame, TEXT } from "../wire/frames.ts";
import { body, FIRST_SEQ, PROBE, UPGRADE } from "../wire/messages.ts";
import { getRequest, handshake, HttpConnection, postRequest } from "./http-connection.ts";
import type { Visit } from "./load.ts";
import { WebSocketClient } from "./websocket-client.ts";

/** The handshake of WebSocket and joining the namespace. */
export const connectWs: Visit = (port) => WebSocketClient.open(port);

/** A handshake over polling and joining the namespace: three requests over one connection. */
export const connectPoll: Visit = async (port, observe) => {
  const connection = new HttpConnection(port);
  const sid = await handshake(connection);
  await connection.request(postRequest(sid, "40"));
  const answer = await connection.request(getRequest(sid));
  observe?.(TEXT, Buffer.from(answer));
  if (!answer.startsWith("40{")) throw new Error(`CONNECT was answered with ${answer}`);
  return connection;
};

/**
 * What clients do by default: a handshake over polling, joining the namespace, the upgrade to WebSocket, and then one event with its
 * acknowledgement. As with them, the probe begins with the session, a GET waits at any time, and the upgrade waits for its answer.
 */
export const connectUpgrade: Visit = async (port, observe) => {
  const [getting, posting] = [new HttpConnection(port), new HttpConnection(port)];
  const sid = await handshake(getting);
  const polling = { isPausing: false };
  let hasJoined = (): void => {};
  const joined = new Promise<void>((resolve) => (hasJoined = resolve));
  const poll = async (): Promise<void> => {
    while (!polling.isPausing) {
      const answer = await getting.request(getRequest(sid));
      if (answer.startsWith("40{")) hasJoined();
      observe?.(TEXT, Buffer.from(answer));
    }
  };
  const polled = poll();
  const [client] = await Promise.all([probed(port, sid), posting.request(postRequest(sid, "40")), joined]);
  polling.isPausing = true;
  await polled;
  client.socket.write(UPGRADE);
  const answer = client.messages(1);
  client.socket.write(ECHO);
  const [text] = await answer;
  observe?.(TEXT, Buffer.from(text!));
  if (!text!.startsWith("43")) throw new Error(`the event was answered with ${text}`);
  getting.close();
  posting.close();
  return client;
};

async function probed(port: number, sid: string): Promise<WebSocketClient> {
  const client = await WebSocketClient.open(port, { sid });
  const answer = client.messages(1);
  client.socket.write(PROBE);
  const [text] = await answer;
  if (text !== "3probe") throw new Error(`the probe was answered with ${text}`);
  return client;
}

const ECHO = clientFrame(`421${JSON.stringify(["echo", body(FIRST_SEQ)])}`);
