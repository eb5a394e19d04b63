import { ChevronRight, CloudOff, Copy } from 'lucide-react';
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

const profileLabels: Readonly<Record<string, string>> = {
  displayName: 'Your name',
  timeZone: 'Time zone',
  locale: 'Language and region',
  now: 'Time',
};

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

/** One thing that went along: its name, and whether it was marked as somebody else's words. */
interface Item {
  readonly name: string;
  readonly untrusted: boolean;
}

const mostName = 160;

function itemsOf(list: unknown): Item[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).map((item) => {
    const fields = isObject(item['fields']) ? item['fields'] : {};
    const name = item['title'] ?? item['content'] ?? fields['title'] ?? fields['subject'] ?? fields['name'];
    const text = typeof name === 'string' && name !== '' ? name : 'Untitled';
    return { name: text.length > mostName ? `${text.slice(0, mostName)}…` : text, untrusted: item['provenance'] === 'untrusted' };
  });
}

/** How many, and which. */
function SentPart({ label, items }: { label: string; items: readonly Item[] }) {
  const head = (
    <>
      <span className="grow">{label}</span>
      <span className="figures">{items.length}</span>
    </>
  );
  if (items.length === 0) return <p className="sent-part soft">{head}</p>;
  return (
    <details className="sent-part">
      <summary>
        {head}
        <ChevronRight className="sent-fold" size={15} aria-hidden />
      </summary>
      <ul className="small">
        {items.map(({ name, untrusted }, index) => (
          <li key={index}>
            <Visible text={name} />
            {untrusted && <span className="faint"> · marked as not yours</span>}
          </li>
        ))}
      </ul>
    </details>
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
            <dt>{profileLabels[name] ?? name}</dt>
            <dd>
              <Visible text={String(value)} />
            </dd>
          </div>
        ))}
      </dl>
      <div>
        {parts.map(({ key, label }) => (
          <SentPart key={key} label={label} items={itemsOf(context[key])} />
        ))}
      </div>
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
