import { fromProblem } from '@adiuva/shared/contracts/problem.ts';
import { procedures, type InputOf, type OutputOf, type ProcedureName } from '@adiuva/desktop/bridge/procedures.ts';
import type { Message, PlanView } from '@adiuva/desktop/bridge/shapes.ts';

/** What a browser window may ask of a running web host, over HTTP. */
export interface WindowCaller {
  readonly origin: string;
  /** The secret of the session, as the browser keeps it. */
  readonly cookie: string;
  /** Rejects with the host's own error. */
  call<N extends ProcedureName>(name: N, input?: InputOf<N>): Promise<OutputOf<N>>;
  /** Sends, and waits until the answer is done, stopped, failed or queued. */
  ask(text: string, more?: { sessionId?: string; offline?: boolean }): Promise<{ question: Message; answer: Message; plan: PlanView | null }>;
}

/** Exchanges the launch token of a printed address for a session, as the page does. */
export async function enterWindow(address: string): Promise<WindowCaller> {
  const { origin, hash } = new URL(address);
  const headers = { 'content-type': 'application/json', origin, 'sec-fetch-site': 'same-origin' };
  const entered = await fetch(`${origin}/session`, { method: 'POST', headers, body: JSON.stringify({ token: hash.slice(1) }) });
  if (entered.status !== 204) throw new Error(`no session for this address: ${entered.status}`);
  const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;

  async function call<N extends ProcedureName>(name: N, input?: InputOf<N>): Promise<OutputOf<N>> {
    const written = input === undefined ? undefined : JSON.stringify(input);
    const response =
      procedures[name].kind === 'query'
        ? await fetch(`${origin}/trpc/${name}${written === undefined ? '' : `?input=${encodeURIComponent(written)}`}`, { headers: { ...headers, cookie } })
        : await fetch(`${origin}/trpc/${name}`, { method: 'POST', headers: { ...headers, cookie }, ...(written !== undefined && { body: written }) });
    const reply = (await response.json()) as { result?: { data: unknown }; error?: { data?: { problem?: unknown } } };
    if (reply.result) return reply.result.data as OutputOf<N>;
    throw fromProblem(reply.error?.data?.problem);
  }

  async function ended(sessionId: string, id: string): Promise<Message> {
    for (let looks = 0; looks < 200; looks++) {
      const { messages } = await call('chat.messages', { sessionId, limit: 1_000 });
      const message = messages.find((each) => each.id === id);
      if (message && message.state !== 'streaming') return message;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the answer did not end within 10 s');
  }

  return {
    origin,
    cookie: cookie.slice(cookie.indexOf('=') + 1),
    call,
    async ask(text, more = {}) {
      const { sessionId, question, answer: begun } = await call('chat.send', { text, mode: 'plan', ...more });
      const answer = await ended(sessionId, begun.id);
      return { question, answer, plan: answer.planId === null ? null : await call('plans.get', { planId: answer.planId }) };
    },
  };
}
