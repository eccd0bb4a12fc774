import type { Duplex } from "node:stream";

/** What a stream is asked to write, below its own queue: each entry is one call for the operating system. */
export function writtenBuffers(connection: Duplex): Buffer[][] {
  const written: Buffer[][] = [];
  const stream = connection as Pick<Required<Duplex>, "_write" | "_writev">;
  const write = stream._write.bind(connection);
  const writev = stream._writev.bind(connection);
  stream._write = (chunk: Buffer, encoding, done) => {
    written.push([chunk]);
    write(chunk, encoding, done);
  };
  stream._writev = (chunks, done) => {
    written.push(chunks.map(({ chunk }) => chunk as Buffer));
    writev(chunks, done);
  };
  return written;
}
