import { setTimeout as sleep } from "node:timers/promises";

export interface FirView {
  readonly id: string;
  readonly status: "waiting" | "working" | "done" | "failed" | "cancelled";
  readonly position?: number;
  readonly source?: string;
  readonly statement?: string;
  readonly error?: string;
  readonly generationMs?: number;
  readonly endedAt?: string;
  readonly fir?: {
    readonly complainant: { readonly name: string | null; readonly contact: string | null };
    readonly incident: string;
    readonly summary: string;
    readonly sections: readonly { readonly section: string; readonly title: string; readonly reason: string }[];
  };
}

/** Callers of the API at that URL. */
export function firClient(baseUrl: string) {
  const send = (init: RequestInit) => fetch(`${baseUrl}/api/fir`, { method: "POST", ...init });
  const get = async (id: string): Promise<FirView> =>
    (await fetch(`${baseUrl}/api/fir/${id}`)).json() as Promise<FirView>;
  return {
    text: (text: string) => send({ headers: { "content-type": "application/json" }, body: JSON.stringify({ text }) }),
    file: (bytes: Uint8Array, type: string, name = "statement") => {
      const form = new FormData();
      form.set("file", new Blob([new Uint8Array(bytes)], { type }), name);
      return send({ body: form });
    },
    get,
    cancel: (id: string) => fetch(`${baseUrl}/api/fir/${id}`, { method: "DELETE" }),
    /** Asks until it has ended. @throws Error when that takes longer than `seconds` */
    end: async (answer: Response, seconds = 600): Promise<FirView> => {
      const { id } = (await answer.json()) as FirView;
      for (const deadline = Date.now() + seconds * 1000; ; await sleep(200)) {
        const view = await get(id).catch(() => undefined);
        if (view?.endedAt !== undefined) return view;
        if (Date.now() > deadline)
          throw new Error(`FIR ${id} has not ended within ${seconds} s: ${JSON.stringify(view)}`);
      }
    },
  };
}
