import type { Behaviours } from "./behaviour.ts";
import { attachment } from "./behaviours/attachment.ts";
import { broadcast } from "./behaviours/broadcast.ts";
import { bundles } from "./behaviours/bundles.ts";
import { client } from "./behaviours/client.ts";
import { close } from "./behaviours/close.ts";
import { connection } from "./behaviours/connection.ts";
import { construction } from "./behaviours/construction.ts";
import { engineOptions } from "./behaviours/engine-options.ts";
import { decisions } from "./behaviours/decisions.ts";
import { entryPoints } from "./behaviours/entry-points.ts";
import { methods } from "./behaviours/methods.ts";
import { namespaceMembers } from "./behaviours/namespace-members.ts";
import { namespaces } from "./behaviours/namespaces.ts";
import { options } from "./behaviours/options.ts";
import { handshake } from "./behaviours/handshake.ts";
import { protocol4 } from "./behaviours/protocol-4.ts";
import { reasons } from "./behaviours/reasons.ts";
import { recovered } from "./behaviours/recovered.ts";
import { remoteSocket } from "./behaviours/remote-socket.ts";
import { reserved } from "./behaviours/reserved.ts";
import { socketEmits } from "./behaviours/socket-emits.ts";
import { socketHears } from "./behaviours/socket-hears.ts";
import { socket } from "./behaviours/socket.ts";
import { parents } from "./behaviours/parents.ts";
import { properties } from "./behaviours/properties.ts";
import { versions } from "./behaviours/versions.ts";

/** All behaviours, by what they are about. */
export const subjects: Readonly<Record<string, Behaviours>> = {
  "entry points": entryPoints,
  construction,
  options,
  "options of the engine": engineOptions,
  properties,
  methods,
  namespaces,
  "members of a namespace": namespaceMembers,
  "parent namespaces": parents,
  attachment,
  "served files": bundles,
  close,
  connection,
  socket,
  "socket, sending": socketEmits,
  "socket, hearing": socketHears,
  handshake,
  broadcast,
  "remote socket": remoteSocket,
  "recovered sockets": recovered,
  client,
  reasons,
  "reserved names": reserved,
  "protocol 4": protocol4,
  decisions,
  versions,
};
