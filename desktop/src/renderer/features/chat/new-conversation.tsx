import { useState } from 'react';
import { useHere, useSettings } from '../../data/hooks.ts';
import { civilOf } from '../../words/zone.ts';
import { go, hashOf } from '../shell/route.ts';
import { Composer } from './composer.tsx';
import { useSend } from './use-send.ts';

/** Sentences that show what works, on this device alone too. */
const starters = [
  'Remind me to send the invoice to Marta next Friday at 17:00, high priority',
  'What is due this week?',
  'Dentist on Tuesday at 15:00 for 45 minutes',
  'Note: ideas for the spring newsletter',
] as const;

function greetingAt(hour: number): string {
  if (hour < 5) return 'Still up';
  if (hour < 12) return 'Good morning';
  return hour < 18 ? 'Good afternoon' : 'Good evening';
}

/** An empty conversation: a greeting, a few sentences to start from, the composer. */
export function NewConversation() {
  const here = useHere();
  const { displayName } = useSettings();
  const [start, setStart] = useState<string | null>(null);
  const send = useSend(null, ({ sessionId }) => go('chat', sessionId, { replace: true }));
  const greeting = greetingAt(civilOf(here.now, here.zone).hour);
  return (
    <div className="chat-new">
      <div className="chat-hello">
        <h2>
          {greeting}
          {displayName === '' ? '' : `, ${displayName}`}
        </h2>
        <p className="soft">Write what you want to keep, plan or know. Nothing is written to your records before you approve it.</p>
      </div>
      <Composer sessionId={null} streaming={false} start={start} onSend={send} onStop={() => {}} />
      <ul className="starters" aria-label="Sentences to start from">
        {starters.map((text) => (
          <li key={text}>
            <button type="button" onClick={() => setStart(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
      <p className="small soft chat-playbooks">
        Or run a <a href={hashOf('playbooks')}>playbook</a>: plan the day, review the week, and more.
      </p>
    </div>
  );
}
