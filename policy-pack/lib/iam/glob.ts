/**
 * Patterns of IAM: * stands for any characters, ? for one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */

/** Whether the pattern covers this text. Give both in one case where case does not matter, as in actions. */
export function globMatches(pattern: string, text: string): boolean {
  return covers(pattern, [...text]);
}

/** Whether the general pattern covers every text that the specific pattern covers. */
export function globCovers(general: string, specific: string): boolean {
  return covers(general, [...normalise(specific)], true);
}

/**
 * Matches a pattern against characters. With `wild`, the characters are a pattern too: its * can only be taken in by a
 * *, its ? by a ? or a *.
 */
function covers(pattern: string, characters: readonly string[], wild = false): boolean {
  // reachable[j]: the pattern so far covers the first j characters.
  let reachable = characters.reduce<boolean[]>((row) => [...row, false], [true]);
  for (const symbol of normalise(pattern)) {
    const next: boolean[] = [symbol === "*" && reachable[0] === true];
    for (const [index, character] of characters.entries()) {
      const takesOne = symbol === "?" ? !(wild && character === "*") : symbol === character && symbol !== "*";
      next.push(
        symbol === "*"
          ? reachable[index + 1] === true || next[index] === true
          : takesOne && reachable[index] === true && !(wild && character === "*"),
      );
    }
    reachable = next;
  }
  return reachable.at(-1) === true;
}

// "*?" and "?*" cover the same texts; with the ? first and one * a step-by-step comparison cannot miss that.
function normalise(pattern: string): string {
  return pattern.replace(/[*?]*\*[*?]*/g, (run) => `${"?".repeat(run.split("?").length - 1)}*`);
}
