import { Ellipsis, Pencil, SquarePen, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { ChatSession } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct, useHere, useQuery } from '../../data/hooks.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Answer } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { relativeText } from '../../words/dates.ts';
import { newChat, useDone } from '../shell/acts.ts';
import { go, hashOf } from '../shell/route.ts';

/** All conversations, the last used first. */
export function SessionList({ openId, onOpen }: { openId: string | null; onOpen: () => void }) {
  const { cache } = useApp();
  const entry = useQuery('chat.sessions', { limit: 200 });
  const start = () => {
    newChat();
    onOpen();
  };
  return (
    <>
      <div className="session-head">
        <h2>Conversations</h2>
        <IconButton icon={SquarePen} label="New chat" keys="Alt+N" onClick={start} />
      </div>
      <Answer entry={entry} lines={5} onRetry={() => cache.invalidate(['chat.sessions'])}>
        {({ sessions }) =>
          sessions.length === 0 ? (
            <p className="small soft session-none">Conversations are listed here once you wrote the first message.</p>
          ) : (
            <ul className="session-list">
              {sessions.map((session) => (
                <SessionRow key={session.id} session={session} here={session.id === openId} onOpen={onOpen} />
              ))}
            </ul>
          )
        }
      </Answer>
    </>
  );
}

function SessionRow({ session, here, onOpen }: { session: ChatSession; here: boolean; onOpen: () => void }) {
  const { bridge, cache } = useApp();
  const time = useHere();
  const act = useAct();
  const done = useDone();
  const [renaming, setRenaming] = useState(false);
  const name = session.title || 'New chat';
  const fresh = () => cache.invalidate(['chat.sessions']);
  const remove = () =>
    void act(async () => {
      await bridge.call('chat.delete', { sessionId: session.id });
      fresh();
      if (here) go('chat', null, { replace: true });
      done('Conversation deleted.', () => void act(() => bridge.call('chat.restore', { sessionId: session.id })).then(fresh));
    });
  return (
    <li className="session" data-here={here}>
      <a href={hashOf('chat', session.id)} aria-current={here ? 'page' : undefined} onClick={onOpen}>
        <span className="cut">
          <Visible text={name} />
        </span>
        <span className="small soft cut">{relativeText(session.updatedAt, time)}</span>
      </a>
      <Menu
        trigger={<IconButton tiny icon={Ellipsis} label={`More on ${name}`} />}
        rows={[
          { label: 'Rename', icon: Pencil, run: () => setRenaming(true) },
          { label: 'Delete', icon: Trash2, danger: true, run: remove },
        ]}
      />
      {renaming && <Rename session={session} onClose={() => setRenaming(false)} onDone={fresh} />}
    </li>
  );
}

function Rename({ session, onClose, onDone }: { session: ChatSession; onClose: () => void; onDone: () => void }) {
  const { bridge } = useApp();
  const act = useAct();
  const [title, setTitle] = useState(session.title);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    await act(() => bridge.call('chat.rename', { sessionId: session.id, title: title.trim() }));
    onDone();
    onClose();
  };
  return (
    <Dialog open onClose={onClose} title="Rename the conversation">
      <form className="column" onSubmit={(event) => void save(event)}>
        <TextField label="Name" autoFocus maxLength={200} value={title} onChange={(event) => setTitle(event.target.value)} />
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={title.trim() === ''}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
