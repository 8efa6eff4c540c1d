/**
 * What the page shows of an answer of the API, as plain values.
 *
 * @typedef {{ name: string | null, description: string | null }} Accused
 * @typedef {{ section: string, title: string, reason: string }} Section
 * @typedef {{ complainant: { name: string | null, contact: string | null }, incident: string, place: string | null, occurredAt: string | null, accused: Accused[], summary: string, sections: Section[] }} Fir
 * @typedef {{ id: string, status: "waiting" | "working" | "done" | "failed" | "cancelled", position?: number, statement?: string, fir?: Fir, error?: string }} View
 */

const notSaid = "Not said";

/** @param {View} view @returns {string} */
export function progressOf({ status, position, error }) {
  switch (status) {
    case "waiting":
      return position === 1
        ? "You are next. Keep this page open."
        : `You are number ${position ?? "?"} in the queue. Keep this page open.`;
    case "working":
      return "Your report is being written. This takes a minute or two.";
    case "done":
      return "The draft is ready.";
    case "cancelled":
      return "Cancelled.";
    case "failed":
      return error ?? "The report could not be made.";
  }
}

/** @param {View} view @returns {[string, string][]} */
export function fieldsOf({ fir, statement }) {
  if (!fir) return [];
  const { complainant, accused } = fir;
  const people = accused.map(({ name, description }) => [name, description].filter(Boolean).join(", ")).filter(Boolean);
  return [
    ["Summary", fir.summary],
    ["Complainant", complainant.name ?? notSaid],
    ["Contact", complainant.contact ?? notSaid],
    ["What happened", fir.incident],
    ["Where", fir.place ?? notSaid],
    ["When", fir.occurredAt ?? notSaid],
    ["Accused", people.length === 0 ? notSaid : people.join("; ")],
    ...(statement === undefined
      ? []
      : [/** @type {[string, string]} */ (["Your statement, as it was understood", statement])]),
  ];
}

/** @param {View} view @returns {string[]} */
export function sectionsOf({ fir }) {
  if (!fir || fir.sections.length === 0) return ["None was found. That does not mean that none applies."];
  return fir.sections.map(({ section, title, reason }) => `${section}: ${title}. ${reason}`);
}
