import { MessageType, type ClusterMessage, type Room } from "socket.io-adapter";

export type SubscriptionMode = "static" | "dynamic" | "dynamic-private";

/** The room whose channel carries a message; undefined: the channel of all. */
export const CHANNEL_OF: Readonly<Record<SubscriptionMode, (message: ClusterMessage) => Room | undefined>> = {
  static: () => undefined,
  dynamic: (message) => {
    const room = onlyRoomOf(message);
    return room === undefined || looksLikeSocketId(room) ? undefined : room;
  },
  "dynamic-private": onlyRoomOf,
};

/** Of a broadcast to exactly one room whose receivers are not asked to answer: answers are counted by server. */
function onlyRoomOf(message: ClusterMessage): Room | undefined {
  if (message.type !== MessageType.BROADCAST || message.data.requestId !== undefined) return undefined;
  const { rooms } = message.data.opts;
  return rooms.length === 1 ? rooms[0] : undefined;
}

/** All servers decide so (protocols.md 6.4): a room of that length goes the way of all, where everybody listens. */
function looksLikeSocketId(room: Room): boolean {
  return typeof room === "string" && room.length === 20;
}
