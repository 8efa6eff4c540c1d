/** What it takes to write an SVG file by hand: elements, and an estimate of how long a text is. */

/** Text for a place between tags, or between double quotes. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** @param content markup: texts have to be escaped already. Default: none, and the element ends itself */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, content?: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const open = `<${name}${written.join("")}`;
  return content === undefined ? `${open}/>` : `${open}>${content}</${name}>`;
}

/** Shares of the font size, of DejaVu Sans: the widest of the fonts that stand for sans-serif. */
const shares: readonly (readonly [RegExp, number])[] = [
  [/[ijlI.,:;'|!]/, 0.33],
  [/[ft()[\]r/ -]/, 0.42],
  [/[mwMW%@]/, 1],
  [/[A-Z]/, 0.72],
];

/** Pixels that a text takes at most, whatever sans-serif font a reader has. */
export function textWidth(text: string, fontSize: number, weight: "normal" | "bold" = "normal"): number {
  const share = [...text].reduce((sum, one) => sum + (shares.find(([those]) => those.test(one))?.[1] ?? 0.64), 0);
  return Math.ceil(share * fontSize * (weight === "bold" ? 1.12 : 1));
}

/** Lines no longer than `width`, broken at spaces. A word that is longer stands alone. */
export function wrapped(text: string, width: number, fontSize: number, weight?: "normal" | "bold"): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, fontSize, weight) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
