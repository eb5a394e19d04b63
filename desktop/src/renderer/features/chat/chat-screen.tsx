import { MessagesSquare } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useApp } from '../../app-context.ts';
import { useBridgeEvent, useNarrow, useQuery } from '../../data/hooks.ts';
import { IconButton } from '../../ui/button.tsx';
import { Sheet } from '../../ui/dialog.tsx';
import { ConnectivityBadge } from '../status/status-bar.tsx';
import { Conversation } from './conversation.tsx';
import { NewConversation } from './new-conversation.tsx';
import { SessionList } from './session-list.tsx';
import './chat.css';

/** Conversations on the left, one of them open. */
export function ChatScreen({ sessionId }: { sessionId: string | null }) {
  const narrow = useNarrow();
  const { memory } = useApp();
  useEffect(() => {
    if (sessionId !== null) memory.remember('chat', sessionId);
  }, [memory, sessionId]);
  useBridgeEvent('chat.deleted', (gone) => gone.messageId === null && memory.forget('chat', gone.sessionId));
  return (
    <div className="chat">
      {!narrow && <h1 className="unseen">Chat</h1>}
      {!narrow && (
        <div className="chat-sessions">
          <SessionList openId={sessionId} onOpen={() => {}} />
        </div>
      )}
      <div className="chat-main">
        {narrow && <NarrowHead sessionId={sessionId} />}
        {sessionId === null ? <NewConversation /> : <Conversation key={sessionId} sessionId={sessionId} />}
      </div>
    </div>
  );
}

function NarrowHead({ sessionId }: { sessionId: string | null }) {
  const [open, setOpen] = useState(false);
  const { data } = useQuery('chat.sessions', { limit: 200 });
  const title = data?.sessions.find((session) => session.id === sessionId)?.title;
  return (
    <header className="chat-head">
      <IconButton icon={MessagesSquare} label="Conversations" onClick={() => setOpen(true)} />
      <h1 className="grow cut">{title || 'New chat'}</h1>
      <ConnectivityBadge brief />
      <Sheet open={open} onClose={() => setOpen(false)} title="Conversations">
        <SessionList openId={sessionId} onOpen={() => setOpen(false)} />
      </Sheet>
    </header>
  );
}
