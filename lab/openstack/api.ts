import { setTimeout as delay } from 'node:timers/promises';
import type { ApiType } from './place.ts';

/** Who asks the cloud. */
export interface Credentials {
  username: string;
  password: string;
  project: string;
}

/** The cloud's own HTTP APIs, for tests that look past the client at what the cloud holds. */
export interface OpenStackApi {
  /** Gives what the API answered; throws with its words when it refused. `body` is JSON, or bytes as they are. */
  call<T = unknown>(method: string, type: ApiType, path: string, body?: object | Uint8Array): Promise<T>;
}

/** URL of an API, without a slash at its end. */
export type ApiUrl = (type: ApiType) => string;

/** Logs in. Throws when Keystone refuses. */
export async function openStackApi(urlOf: ApiUrl, { username, password, project }: Credentials): Promise<OpenStackApi> {
  const domain = { name: 'Default' };
  const auth = {
    identity: { methods: ['password'], password: { user: { name: username, password, domain } } },
    scope: { project: { name: project, domain } },
  };
  const answer = await fetch(`${urlOf('identity')}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  });
  const token = answer.headers.get('x-subject-token');
  if (token === null) throw new Error(`Keystone gave no token: ${answer.status} ${await answer.text()}`);
  return {
    call: async <T>(method: string, type: ApiType, path: string, body?: object | Uint8Array) => {
      const raw = body instanceof Uint8Array;
      const response = await fetch(`${urlOf(type)}${path}`, {
        method,
        headers: { 'x-auth-token': token, 'content-type': raw ? 'application/octet-stream' : 'application/json' },
        body: raw ? body : body && JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${type} ${path}: ${response.status} ${text.slice(0, 1_000)}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
  };
}

/** Waits until an answer is as wanted. Throws after `timeoutMs` with the last error or answer. */
export async function untilAnswer<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  what: string,
  timeoutMs: number,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const [answer, error] = await ask().then(
      (value) => [value, undefined] as const,
      (reason: unknown) => [undefined, reason] as const,
    );
    if (error === undefined && wanted(answer as T)) return answer as T;
    if (performance.now() > deadline) {
      throw new Error(`${what} did not come in ${timeoutMs / 1000} s; last: ${JSON.stringify(answer)}`, {
        cause: error,
      });
    }
    await delay(500);
  }
}

/** Waits until every API answers with anything but an error of its server. */
export async function untilApisAnswer(urlOf: ApiUrl, types: readonly ApiType[], timeoutMs: number): Promise<void> {
  await Promise.all(
    types.map((type) =>
      untilAnswer(
        async () => (await fetch(urlOf(type))).status,
        (status) => status < 500,
        `an answer of the ${type} API`,
        timeoutMs,
      ),
    ),
  );
}
