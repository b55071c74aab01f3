/** A gateway's HTTP API, every path, parameter, answer and error typed by its own description. */

import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./generated/gateway.js";

export type Gateway = Client<paths>;
export type Problem = components["schemas"]["ProblemDetails"];

const TIMEOUT = 30_000; // milliseconds for a call, its body included

/** Return the API of the gateway at `url` for whoever has the key; nothing is asked yet. */
export function connect(url: string, key: string): Gateway {
  return createClient<paths>({
    baseUrl: url,
    headers: { "X-API-Key": key },
    fetch: (request) =>
      fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT)]) }),
  });
}

/** An answer that is no success. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";

  /**
   * @param status of HTTP
   * @param problem what the gateway says; undefined when something else has answered, such as a proxy
   */
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(`${status} ${problem?.code ?? "without a problem"}: ${problem?.error ?? "was this a gateway?"}`);
  }
}

/**
 * Return what a call answered.
 *
 * @throws GatewayError for any answer that is no success. Where a program acts on one, it looks at
 *   `error` instead, which has the codes that the route can answer.
 */
export function must<Data>(answer: { data?: Data; error?: unknown; response: Response }): Data {
  if (!answer.response.ok) {
    throw new GatewayError(answer.response.status, isProblem(answer.error) ? answer.error : undefined);
  }
  return answer.data as Data; // a success has what its description says
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "error" in value;
}
