import { connect, isIP, type Socket, type TcpNetConnectOpts } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";

/** What `net.connect` or `tls.connect` takes, beside where to. */
export type ConnectOptions = ConnectionOptions & Partial<TcpNetConnectOpts>;

/**
 * Connects to the host of a URL.
 * @param options are completed, not copied: who connects often would feel it
 * @param onConnect called once bytes may be written: over TLS, once the certificate has been verified
 * @param onChunk what has arrived; the bytes are only there until it returns. It takes the place of `data`
 */
export function openConnection(
  url: URL,
  options: ConnectOptions,
  onConnect: () => void,
  onChunk: (chunk: Buffer) => void,
): Socket {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const onread = {
    buffer: arrived,
    callback(bytes: number): boolean {
      onChunk(arrived.subarray(0, bytes));
      return true;
    },
  };
  if (url.protocol !== "wss:") {
    return connect(
      Object.assign(options as TcpNetConnectOpts, { host, port: Number(url.port || 80), onread }),
      onConnect,
    );
  }
  // RFC 6066 section 3: an address is no server name.
  const servername = options.servername ?? (isIP(host) ? "" : host);
  return connectTls(Object.assign(options, { host, port: Number(url.port || 443), servername, onread }), onConnect);
}

/**
 * What has arrived on a connection, until that has looked at it: one for all, since they are read one after the other. By default
 * Node allocates 64 KiB for each read.
 */
const arrived = Buffer.allocUnsafeSlow(65_536);
