/**
 * Patterns of IAM: * stands for any characters, ? for one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */

/**
 * Whether the pattern covers this text. Give both in one case where case does not matter, as in actions.
 *
 * Steps through both at once and goes back to the last * only, because a regular expression with many * can take
 * exponential time, and a document comes from whoever wrote the program.
 */
export function globMatches(pattern: string, text: string): boolean {
  let [at, taken, star, starTook] = [0, 0, -1, 0];
  while (taken < text.length) {
    if (pattern[at] === "*") {
      [star, starTook] = [at, taken];
      at += 1;
    } else if (pattern[at] === "?" || pattern[at] === text[taken]) {
      at += 1;
      taken += 1;
    } else if (star >= 0) {
      starTook += 1;
      [at, taken] = [star + 1, starTook];
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}

// Real patterns need a few dozen; "*a????????????????????" against "*" would need a million.
const mostStates = 10_000;

/**
 * Whether the general pattern covers every text that the specific one covers: walks through the specific pattern, and
 * through all places where the general one can be at the same time. Throws a RangeError for a pattern too intricate to
 * compare, which refuses the resource.
 */
export function globCovers(general: string, specific: string): boolean {
  // Most patterns of real documents name one action or resource, and need no walk.
  if (specific.includes("*") && !general.includes("*")) return false;
  // One character that neither pattern names stands for all of those.
  const alphabet = [...new Set(`${general}${specific}`.replace(/[*?]/g, "")), "\0"];
  const seen = new Set<string>();
  const open: [at: number, places: readonly number[]][] = [[0, pastStars(general, [0])]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [at, places] = next;
    if (seen.has(next.join())) continue;
    seen.add(next.join());
    if (seen.size > mostStates) throw new RangeError("an IAM pattern is too intricate to compare");
    if (at === specific.length) {
      if (!places.includes(general.length)) return false;
      continue;
    }
    const symbol = specific.charAt(at);
    if (symbol === "*") open.push([at + 1, places]);
    for (const character of symbol === "*" || symbol === "?" ? alphabet : [symbol]) {
      open.push([symbol === "*" ? at : at + 1, step(general, places, character)]);
    }
  }
  return true;
}

/** The places in a pattern after one more character. */
function step(pattern: string, places: readonly number[], character: string): readonly number[] {
  const after = places.flatMap((place) => {
    const symbol = pattern[place];
    if (symbol === "*") return [place];
    return symbol === "?" || symbol === character ? [place + 1] : [];
  });
  return pastStars(pattern, after);
}

/** With the places behind each *, which may take nothing. */
function pastStars(pattern: string, places: readonly number[]): readonly number[] {
  const all = new Set(places);
  for (const place of all) if (pattern[place] === "*") all.add(place + 1);
  return [...all].sort((a, b) => a - b);
}
