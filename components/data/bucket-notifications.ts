/**
 * Mistakes in a set of notification prefixes, each a sentence. S3 refuses prefixes of which one starts with the other, because one upload would then
 * have two receivers. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
export function prefixMistakes(prefixes: readonly string[]): string[] {
  const mistakes = prefixes.length === 0 ? ["Give at least one prefix."] : [];
  prefixes.forEach((prefix, index) => {
    for (const other of prefixes.slice(index + 1)) {
      if (!prefix.startsWith(other) && !other.startsWith(prefix)) continue;
      mistakes.push(`"${prefix}" and "${other}" overlap: an upload can have one receiver only.`);
    }
  });
  return mistakes;
}
