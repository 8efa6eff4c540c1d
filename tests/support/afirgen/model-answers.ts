import type { Seen } from "../gateway/openai-server";

const draft = {
  complainant: { name: "Asha Rao", contact: null },
  incident: "A tall man with a red cap snatched the mobile phone.",
  place: "Pune",
  occurredAt: "yesterday, nine in the evening",
  accused: [{ name: null, description: "tall, with a red cap" }],
  summary: "A mobile phone was snatched in Pune.",
};

/** What a model of text answers to the backend: a draft to the one question, a section to the other. */
export function modelAnswer({ body }: Seen): string {
  const messages = body["messages"] as { content: string }[];
  const question = messages.at(-1)?.content ?? "";
  if (question.startsWith("Statement:")) return JSON.stringify(draft);
  const [section] = /^\d+(\(\d+\))?(?=: )/m.exec(question) ?? [];
  return JSON.stringify({
    sections: section ? [{ section, reason: "The mobile phone was snatched from her hand." }] : [],
  });
}
