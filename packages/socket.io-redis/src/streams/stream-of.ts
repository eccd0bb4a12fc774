/** The stream of a namespace, where several namespaces may be spread over several streams. */
export function streamOf(
  namespace: string,
  { streamName, streamCount }: { readonly streamName: string; readonly streamCount: number },
): string {
  if (streamCount <= 1) return streamName;
  let hash = 0;
  for (let at = 0; at < namespace.length; at++) hash = (hash * 31 + namespace.charCodeAt(at)) | 0;
  // Upstream's remainder can be negative: those streams are read by nobody (protocols.md 6.5).
  return `${streamName}-${((hash % streamCount) + streamCount) % streamCount}`;
}
