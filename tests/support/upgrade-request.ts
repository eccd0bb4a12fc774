/** A request for a WebSocket in bytes, with the sample key of RFC 6455 (1.3). A header that is given as null is left out. */
export function upgradeRequest(
  target: string,
  headers: Readonly<Record<string, string | null>> = {},
  method = "GET",
): string {
  const all = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== null);
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}
