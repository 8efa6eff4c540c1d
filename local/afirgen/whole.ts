import { ensureModelServer, type ModelServer } from "../model/server";
import { type MariaDb, type MariaDbOptions, startMariaDb } from "../servers/maria-db";
import { type AsrOcr, startAsrOcr } from "./asr-ocr";
import { type RunningBackend, startBackend } from "./backend";
import { type Nginx, startNginx } from "./nginx";

export interface WholeOptions {
  readonly log: (line: string) => void;
  /** Of the backend, beside those that name the other parts. */
  readonly variables?: NodeJS.ProcessEnv;
  readonly database?: MariaDbOptions;
}

/** AFIRGen as on its machine: database, models, backend under a supervisor, nginx in front. */
export interface Whole {
  /** nginx's. */
  readonly url: string;
  readonly database: MariaDb;
  readonly model: ModelServer;
  readonly speechAndImages: AsrOcr;
  readonly backend: RunningBackend;
  readonly nginx: Nginx;
  stop(): Promise<void>;
}

/** @throws UserError when a part can't be had or does not start; then nothing runs any more */
export async function startWhole({ log, variables, database: options }: WholeOptions): Promise<Whole> {
  const stops: (() => Promise<void>)[] = [];
  const started = async <T extends { stop(): Promise<void> }>(part: Promise<T>): Promise<T> => {
    const one = await part;
    stops.unshift(() => one.stop());
    return one;
  };
  const stop = async () => {
    for (const each of stops) await each();
  };
  try {
    const database = await startMariaDb(options);
    stops.unshift(() => database.dispose());
    const speechAndImages = await started(startAsrOcr(log));
    const model = await started(ensureModelServer(log, { names: ["gguf_summariser", "gguf_bns_check"] }));
    const backend = await started(
      startBackend({
        ...variables,
        ...database.variables,
        ...{ MODEL_BASE_URL: `${model.endpoint}/v1`, ASR_OCR_BASE_URL: speechAndImages.baseUrl },
      }),
    );
    const nginx = await started(startNginx({ backendPort: backend.port }));
    log(`AFIRGen runs on this machine: ${model.description}; ${speechAndImages.description}; MariaDB; nginx`);
    return { url: `http://127.0.0.1:${nginx.httpPort}`, database, model, speechAndImages, backend, nginx, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
