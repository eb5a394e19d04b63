import { useEffect, useRef } from 'react';
import type { Message } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { wordsOfProblem } from '../../words/problems.ts';

const stillEveryMs = 7_000;

/** What is said when an answer reaches a state. */
function endingOf(answer: Message): string {
  if (answer.planId !== null) return 'The answer is ready. A plan needs your approval.';
  return answer.state === 'stopped' ? 'The answer was stopped.' : 'The answer is ready.';
}

/** Tells screen readers how an answer goes: started, still working every 7 seconds, ready, failed. The transcript itself is silent. */
export function useAnswerStatus(answer: Message | undefined): void {
  const { announcer, clock } = useApp();
  const before = useRef<{ id: string; state: Message['state'] } | null>(null);
  const streaming = answer?.state === 'streaming';
  useEffect(() => {
    const last = before.current;
    before.current = answer ? { id: answer.id, state: answer.state } : null;
    if (!answer || (last?.id === answer.id && last.state === answer.state)) return;
    if (answer.state === 'streaming') return announcer.say('The assistant started.');
    // An answer that was there when the conversation was opened is no news.
    if (last?.id !== answer.id || last.state !== 'streaming') return;
    if (answer.state === 'queued') announcer.say(`${answer.problem ? wordsOfProblem(answer.problem).title : 'Offline'}. The message waits in the outbox.`);
    else if (answer.problem) announcer.alert(`The answer failed. ${wordsOfProblem(answer.problem).title}.`);
    else announcer.say(endingOf(answer));
  }, [answer, announcer]);
  useEffect(() => {
    if (!streaming) return;
    let stop = () => {};
    const again = () => {
      stop = clock.after(stillEveryMs, () => {
        announcer.say('Still working.');
        again();
      });
    };
    again();
    return () => stop();
  }, [streaming, announcer, clock]);
}
