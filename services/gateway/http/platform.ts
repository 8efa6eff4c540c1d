import type { FastifyInstance } from "fastify";
import { GatewayError } from "../errors";
import type { Parts } from "../parts";
import { bearer, errorAnswer } from "./schemas";

const report = { type: "object", additionalProperties: true } as const;

/** Health, models, metrics and circuits: what runs the gateway rather than what it is for. */
export function platformRoutes(app: FastifyInstance, parts: Parts): void {
  healthRoutes(app, parts);
  const { authenticator, models, telemetry, targets, circuits } = parts;

  app.get("/v1/models", { schema: { summary: "Models", tags: ["Completions"], security: bearer } }, async (request) => {
    await authenticator.authenticate(request.headers.authorization);
    const data = ["auto", ...models].map((id) => ({ id, object: "model", created: 0, owned_by: "gateway" }));
    return { object: "list", data };
  });

  app.get("/metrics", { schema: { summary: "Prometheus metrics", tags: ["Platform"] } }, async (_, reply) =>
    reply.type(telemetry.registry.contentType).send(await telemetry.registry.metrics()),
  );

  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());

  app.post(
    "/api/circuits/trip",
    {
      schema: {
        summary: "Open a provider's circuit before errors start: for spot-interruption and lifecycle notices",
        tags: ["Platform"],
        security: bearer,
        body: {
          type: "object",
          required: ["target", "reason"],
          additionalProperties: false,
          properties: {
            target: { type: "string", description: "`vllm/0`, or the base URL, or its host." },
            reason: { type: "string", minLength: 1, maxLength: 200 },
            seconds: {
              type: "number",
              exclusiveMinimum: 0,
              maximum: 3600,
              description: "Default: BREAKER_OPEN_SECONDS.",
            },
          },
        },
        response: { 200: report, "4xx": errorAnswer },
      },
    },
    async (request) => {
      const caller = await authenticator.authenticate(request.headers.authorization);
      if (!caller.admin) throw new GatewayError("forbidden", "Only a key with admin may trip circuits.");
      const { target: wanted, reason, seconds } = request.body as { target: string; reason: string; seconds?: number };
      const target = targets.find(({ id, baseUrl }) => [id, baseUrl, new URL(baseUrl).hostname].includes(wanted));
      if (!target) {
        const known = targets.map(({ id, baseUrl }) => `${id} (${baseUrl})`).join(", ");
        throw new GatewayError("not_found", `There is no target "${wanted}"; there are ${known}.`, { param: "target" });
      }
      circuits.of(target).trip(reason, seconds === undefined ? undefined : seconds * 1000);
      return { target: target.id, state: circuits.of(target).state };
    },
  );
}

function healthRoutes(
  app: FastifyInstance,
  { health, targets, circuits, anyProvider, jobsEnabled, shuttingDown }: Parts,
): void {
  const options = (summary: string) => ({
    schema: { summary, tags: ["Health"], response: { 200: report, 503: report } },
  });
  const isUp = (name: string) => health.get(name).status === "healthy";

  app.get("/api/health/", options("Every component with its status and latency"), async (_, reply) => {
    const components = health.all();
    const all = Object.values(components).every(({ status }) => status === "healthy");
    const status = all ? "healthy" : anyProvider() ? "degraded" : "unhealthy";
    const circuit = Object.fromEntries(targets.map((target) => [target.id, circuits.of(target).state]));
    return reply.status(status === "unhealthy" ? 503 : 200).send({ status, components, circuits: circuit });
  });

  // Jobs are taken without any engine: the queue is what calls for one.
  app.get("/api/health/ready", options("Whether requests should be sent here"), async (_, reply) => {
    const reasons = [
      ...(shuttingDown() ? ["shutting down"] : []),
      ...(anyProvider() || (jobsEnabled && isUp("database"))
        ? []
        : ["no provider is healthy, and jobs can't be taken"]),
    ];
    const ready = reasons.length === 0;
    return reply.status(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready", reasons });
  });

  app.get("/api/health/live", options("Whether the process works"), async () => ({ status: "alive" }));
}
