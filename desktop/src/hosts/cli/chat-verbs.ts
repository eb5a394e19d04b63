import { fromProblem } from '@adiuva/shared/contracts/problem.ts';
import type { Message, PlanView, RunView } from '../../bridge/shapes.ts';
import { planText, runText } from './plan-verbs.ts';
import { misused, optional, plain, verb, type Call, type Session } from './verb.ts';

/** States in which nothing more comes by itself. */
const ended: readonly Message['state'][] = ['done', 'stopped', 'failed', 'queued'];

function mode(call: Call): 'direct' | 'plan' {
  const value = optional(call, 'mode') ?? 'plan';
  if (value !== 'direct' && value !== 'plan') throw misused('--mode must be direct or plan');
  return value;
}

interface Answered {
  readonly answer: Message;
  /** What was printed while it came. */
  readonly shown: string;
}

/** Sends, prints what streams, and waits for the end of the answer; listens before it sends, so that no event is missed. */
async function ask(call: Call, { api, on }: Session): Promise<Answered> {
  const ends = new Map<string, Message>();
  let [answerId, shown] = ['', ''];
  const early: { messageId: string; text: string }[] = [];
  let finish: (answer: Message) => void = () => {};
  const print = (text: string) => {
    shown += text;
    if (call.human) call.write(plain(text));
  };
  const stops = [
    on('chat.token', (token) => (answerId === '' ? early.push(token) : token.messageId === answerId && print(token.text))),
    on('chat.message', (message) => {
      if (!ended.includes(message.state)) return;
      ends.set(message.id, message);
      if (message.id === answerId) finish(message);
    }),
  ];
  try {
    const sessionId = optional(call, 'session');
    const sent = await api['chat.send'](
      { text: call.args[0]!, mode: mode(call), offline: call.options['offline'] === true, ...(sessionId !== undefined && { sessionId }) },
      call.signal,
    );
    answerId = sent.answer.id;
    for (const token of early) if (token.messageId === answerId) print(token.text);
    const already = ends.get(answerId) ?? (ended.includes(sent.answer.state) ? sent.answer : undefined);
    return { answer: already ?? (await stoppable(call, api, answerId, new Promise((resolve) => (finish = resolve)))), shown };
  } finally {
    for (const stop of stops) stop();
  }
}

/** An interrupt stops the answer, as the button of the window does; what was written stays. */
async function stoppable(call: Call, api: Session['api'], messageId: string, end: Promise<Message>): Promise<Message> {
  const onAbort = () => void api['chat.stop']({ messageId }).catch(() => undefined);
  call.signal.addEventListener('abort', onAbort, { once: true });
  if (call.signal.aborted) onAbort();
  return end.finally(() => call.signal.removeEventListener('abort', onAbort));
}

interface Result {
  readonly answer: Message;
  readonly shown: string;
  readonly view: PlanView | null;
  readonly run: RunView | null;
}

async function chat(call: Call): Promise<Result> {
  mode(call);
  const session = await call.open();
  const { answer, shown } = await ask(call, session);
  if (answer.state === 'failed') throw fromProblem(answer.problem);
  const view = answer.planId === null ? null : await session.api['plans.get']({ planId: answer.planId });
  const decide = view !== null && call.options['approve'] === true;
  const run = decide ? await session.api['plans.approve']({ planId: view.plan.id, hash: view.hash }) : null;
  return { answer, shown, view, run };
}

/** The document of the contract. */
const documentOf = ({ answer, view, run }: Result) => ({
  requestId: answer.requestId,
  sessionId: answer.sessionId,
  route: answer.route,
  agents: answer.agents,
  response: answer.text,
  plan: view?.plan ?? null,
  results: run && { runId: run.runId, steps: run.steps },
});

function chatText({ answer, shown, view, run }: Result): string {
  const rest = answer.text.startsWith(shown) ? answer.text.slice(shown.length) : `\n${answer.text}`;
  const note = answer.state === 'queued' ? '\n(waits for the cloud)' : answer.route === 'local' ? '\n(answered on this device)' : '';
  const plan = view ? `\n\n${planText(view)}` : '';
  const next = run ? `\n${runText(run)}` : view ? `\nApprove with: adiuva plans approve ${view.plan.id}` : '';
  return `${plain(rest)}${note}${plan}${next}`;
}

export const chatVerbs = {
  chat: verb({
    usage: 'TEXT [--session ID] [--mode direct|plan] [--approve] [--offline]',
    about: 'asks the assistant; --approve runs the plan at once',
    words: [1, 1],
    options: { session: { type: 'string' }, mode: { type: 'string' }, approve: { type: 'boolean' }, offline: { type: 'boolean' } },
    run: chat,
    json: documentOf,
    text: chatText,
  }),
};
