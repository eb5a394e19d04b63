import { CloudOff, Copy } from 'lucide-react';
import { useApp } from '../../app-context.ts';
import { useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Answer, Empty } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { useCopy } from '../shell/acts.ts';

/** Parts of the context, in the words of a reader. */
const parts = [
  { key: 'conversationHistory', label: 'Earlier messages of this conversation' },
  { key: 'recentTasks', label: 'Tasks' },
  { key: 'upcomingEvents', label: 'Events' },
  { key: 'relevantDocuments', label: 'Documents found for it' },
  { key: 'emailMetadata', label: 'Mail headers' },
] as const;

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value);

/** Exactly what went to the cloud with a question. */
export function SentInspector({ messageId }: { messageId: string }) {
  const { cache } = useApp();
  const entry = useQuery('chat.sent', { messageId });
  return (
    <Answer entry={entry} onRetry={() => cache.invalidate(['chat.sent'])}>
      {({ host, request }) =>
        host === null || !isObject(request) ? (
          <Empty icon={CloudOff} title="Nothing was sent">
            This was answered on this device.
          </Empty>
        ) : (
          <Sent host={host} request={request} />
        )
      }
    </Answer>
  );
}

function Sent({ host, request }: { host: string; request: Record<string, unknown> }) {
  const copy = useCopy();
  const context = isObject(request['context']) ? request['context'] : {};
  const profile = isObject(context['userProfile']) ? Object.entries(context['userProfile']) : [];
  const text = JSON.stringify(request, null, 2);
  return (
    <div className="column">
      <p>
        To <span className="strong">{host}</span>, with your question. Kept there for 15 minutes so that a broken connection can go on, never stored.
      </p>
      <dl className="facts">
        {profile.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Visible text={String(value)} />
            </dd>
          </div>
        ))}
        {parts.map(({ key, label }) => (
          <div key={key}>
            <dt>{label}</dt>
            <dd className="figures">{Array.isArray(context[key]) ? context[key].length : 0}</dd>
          </div>
        ))}
      </dl>
      <details className="sent-raw">
        <summary>The request itself</summary>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <pre className="mono" tabIndex={0}>
          <Visible text={text} />
        </pre>
      </details>
      <Button icon={Copy} onClick={() => copy(text, 'The request was copied.')}>
        Copy the request
      </Button>
    </div>
  );
}
