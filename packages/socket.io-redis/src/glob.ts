/** Redis reads `*`, `?`, `[` and `\` of a pattern as something else. */
export function escaped(text: string): string {
  return text.replace(/[*?[\]\\]/g, "\\$&");
}
