/**
 * Endpoints that only the discovery document knows. The core, which awaits nothing, is configured with an address
 * that names the endpoint in the document; what it sends there goes to the endpoint itself.
 */
import type { AuthorizationServer as Metadata } from 'oauth4webapi';
import type { ErrorCode } from '../error-codes.ts';
import { isAuthError } from '../errors.ts';
import type { Fetch } from '../web.ts';

const NAMES = ['token_endpoint', 'revocation_endpoint'] as const;

/** An endpoint that the core sends requests to. */
export type EndpointName = (typeof NAMES)[number];

const AWAY: readonly ErrorCode[] = ['ERR_TRANSPORT', 'ERR_TIMEOUT', 'ERR_PROVIDER_UNAVAILABLE'];

/** By this code the driver knows that the provider has not seen the request. */
const NOT_SENT = 'ERR_NOT_SENT';

/** The address that stands for an endpoint in the core's configuration. */
export function addressOf(issuer: string, endpoint: EndpointName): string {
  return `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration?endpoint=${endpoint}`;
}

/** `fetch` that takes those addresses. */
export function discovering(issuer: string, fetch: Fetch, discover: () => Promise<Metadata>): Fetch {
  const send = fetch as typeof globalThis.fetch;
  const names = new Map(NAMES.map((name) => [addressOf(issuer, name), name]));
  const sent = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const name = names.get(String(input));
    if (!name) return send(input, init);
    const document = await discover().catch(notFound);
    if (document instanceof Response) return document;
    const endpoint = found(name, document);
    // A server that cannot revoke has nothing to be asked again for.
    return endpoint === null ? new Response(null, { status: 200 }) : send(endpoint, init);
  };
  return sent as Fetch;
}

/** A server that is away has not seen the request. One that has another document, or none, is a wrong `issuer`: a 404. */
function notFound(error: unknown): Response {
  const isAway = isAuthError(error) && AWAY.includes(error.code);
  return isAway ? notSent('the discovery document cannot be had') : new Response(null, { status: 404 });
}

function found(name: EndpointName, document: Metadata): string | null {
  const endpoint = document[name];
  if (endpoint !== undefined) return endpoint;
  if (name === 'revocation_endpoint') return null;
  return notSent('the discovery document names no token endpoint');
}

function notSent(message: string): never {
  throw Object.assign(new Error(message), { code: NOT_SENT });
}
