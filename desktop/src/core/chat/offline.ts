import type { ChatContext, ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import type { ExecutionPlan } from '@adiuva/shared/contracts/plan.ts';
import { assist, type Assistance } from '@adiuva/shared/language/assist.ts';
import { understand } from '@adiuva/shared/language/understand.ts';
import type { Message } from '../../bridge/shapes.ts';
import { ownPlanId, planLifeMs } from './answer.ts';

/** What this device can say to a question by itself. */
export interface LocalAnswer {
  /** False where the question is beyond this device: not understood, hardly understood, or something only the cloud can do. */
  readonly understood: boolean;
  /** The answer in the frames a cloud would send. */
  frames(answer: Message): AsyncIterable<ServerFrame>;
}

/** Below this the classifier guesses: of 301 labelled utterances none that it got right was below. The answer is still better than none. */
const guess = 0.5;

const signIn = 'Nobody is signed in, so the cloud was not asked. Sign in under Settings, Account, and ask again.';

/** Answers from the context alone, without any request. */
export function answerHere(text: string, context: ChatContext, signedIn: boolean): LocalAnswer {
  const said = assist(text, context);
  const response = said.understood || signedIn ? said.response : `${said.response}\n\n${signIn}`;
  return { understood: said.understood && said.confidence >= guess && !isForCloud(text, context), frames: (answer) => framesOf({ ...said, response }, answer) };
}

/** Understood here, but only to say that it cannot be done here. */
function isForCloud(text: string, { userProfile }: ChatContext): boolean {
  return understand(text, { reference: userProfile.now, timeZone: userProfile.timeZone }).intent === 'email_compose';
}

async function* framesOf(said: Assistance, answer: Message): AsyncGenerator<ServerFrame> {
  const requestId = answer.requestId ?? answer.id;
  const plan = planOf(said, answer);
  const words = said.response.match(/\S+\s*|\s+/g) ?? [];
  const usage = { model: 'builtin', inputTokens: 0, outputTokens: words.length };
  const response = { requestId, sessionId: answer.sessionId, agents: said.agents, response: said.response, actions: [], plan, usage };
  let seq = 0;
  yield { seq: ++seq, requestId, type: 'start', agents: said.agents, model: 'builtin' };
  for (const text of words) yield { seq: ++seq, requestId, type: 'token', text };
  if (plan) yield { seq: ++seq, requestId, type: 'plan', plan };
  yield { seq: ++seq, requestId, type: 'final', response };
}

function planOf({ steps, title }: Assistance, answer: Message): ExecutionPlan | null {
  if (steps.length === 0) return null;
  const expiresAt = new Date(Date.parse(answer.createdAt) + planLifeMs).toISOString();
  return { id: ownPlanId(answer), version: 1, title: title || 'Proposed changes', steps, createdAt: answer.createdAt, expiresAt };
}
