/** The part of Fastify's logger that everything below the server uses. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };
