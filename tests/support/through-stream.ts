/** What comes out of a transform stream that is given these items. */
export async function throughStream(
  stream: { readable: unknown; writable: unknown },
  items: readonly unknown[],
): Promise<unknown[]> {
  const writer = (stream.writable as WritableStream).getWriter();
  const written = (async () => {
    for (const item of items) await writer.write(item);
    await writer.close();
  })();
  const results: unknown[] = [];
  const reader = (stream.readable as ReadableStream).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) results.push(next.value);
  await written;
  return results;
}
