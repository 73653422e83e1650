/** A fault proxy that also remembers the refresh tokens in the answers: are they worth anything later? */
import { forward } from '../../js/testing/fault-proxy.ts';
import { FaultyServer } from '../../js/testing/faulty-server.ts';

export interface RecordingProxy {
  readonly server: FaultyServer;
  /** In the order in which they were issued. */
  readonly refreshTokens: string[];
}

/** Starts one in front of `target`. `read` finds the refresh token in a JSON answer. */
export async function startRecordingProxy(
  target: string,
  read: (body: any) => unknown,
): Promise<RecordingProxy> {
  const refreshTokens: string[] = [];
  const server = await FaultyServer.start(async (request) => {
    const answer = await forward(target, request);
    const token = request.method === 'POST' ? read(parsed(String(answer.body))) : undefined;
    if (typeof token === 'string') refreshTokens.push(token);
    return answer;
  });
  return { server, refreshTokens };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
