import { ArrowUp, HardDrive, Square, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { chatLimits } from '@adiuva/shared/contracts/chat.ts';
import type { Message } from '../../../bridge/shapes.ts';
import { isComposing } from '../../keys/keys.ts';
import { useCommands } from '../../keys/use-commands.ts';
import { IconButton } from '../../ui/button.tsx';
import { Select } from '../../ui/field.tsx';
import { useDraft } from './use-draft.ts';
import { useDroppedFiles } from './use-dropped-files.ts';
import type { Outgoing, Send } from './use-send.ts';

interface ComposerProps {
  readonly sessionId: string | null;
  readonly streaming: boolean;
  /** A text to start from: a starter sentence, or a question to edit. */
  readonly start: string | null;
  readonly editing?: Message | null;
  readonly onCancelEdit?: () => void;
  readonly onSend: Send;
  readonly onStop: () => void;
}

const maxLines = 8;
/** Where a focused field brings up a keyboard that covers half the screen. */
const touch = '(hover: none) and (pointer: coarse)';

/** Grows with its text, up to eight lines. */
function useGrowing(text: string) {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const box = area.current;
    if (!box) return;
    box.style.height = 'auto';
    const line = Number.parseFloat(getComputedStyle(box).lineHeight);
    box.style.height = `${Math.min(box.scrollHeight, line * maxLines + 24)}px`;
  }, [text]);
  return area;
}

const modes = [
  { value: 'plan', label: 'Propose a plan' },
  { value: 'direct', label: 'Answer only' },
] as const;

/** Where messages are written: Enter sends, Shift+Enter breaks the line, Enter while an input method composes never sends, Esc stops. */
export function Composer({ sessionId, streaming, start, editing = null, onCancelEdit, onSend, onStop }: ComposerProps) {
  const { text, change: setText, send: sendDraft } = useDraft(sessionId);
  const [how, setHow] = useState<Pick<Outgoing, 'mode' | 'offline'>>({ mode: 'plan', offline: false });
  const [sending, setSending] = useState(false);
  const area = useGrowing(text);
  const files = useDroppedFiles((added) => setText(text === '' ? added : `${text}\n\n${added}`));
  useCommands({ focusComposer: () => area.current?.focus() });
  useEffect(() => {
    if (!matchMedia(touch).matches) area.current?.focus();
  }, [area]);
  useEffect(() => {
    if (start === null) return;
    setText(start);
    area.current?.focus();
  }, [start, setText, area]);

  const tooLong = text.length > chatLimits.message;
  const ready = text.trim() !== '' && !tooLong && !sending && !streaming;
  const send = async () => {
    if (!ready) return;
    setSending(true);
    await sendDraft(() => onSend({ text, ...how, fromDraft: true }));
    setSending(false);
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    if (event.key === 'Escape' && streaming) onStop();
    if (event.key === 'Escape' && editing) onCancelEdit?.();
    if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    void send();
  };
  return (
    <div className="composer-place">
      {editing && (
        <p className="composer-edit small soft">
          <span className="grow">Editing a question. Sending it asks again.</span>
          <IconButton tiny icon={X} label="Stop editing" onClick={() => onCancelEdit?.()} />
        </p>
      )}
      <div className="composer" {...files}>
        <textarea
          ref={area}
          rows={1}
          aria-label="Message"
          placeholder="Write a message"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          dir="auto"
        />
        <div className="composer-bar">
          <Select
            aria-label="What the answer may do"
            className="input composer-mode"
            choices={modes}
            value={how.mode}
            onChange={(event) => setHow({ ...how, mode: event.target.value === 'direct' ? 'direct' : 'plan' })}
          />
          <button type="button" className="composer-device" aria-pressed={how.offline} onClick={() => setHow({ ...how, offline: !how.offline })}>
            <HardDrive size={14} aria-hidden />
            Only on this device
          </button>
          <span className="grow" />
          {text.length > chatLimits.message * 0.9 && <TooLong length={text.length} />}
          {streaming ? (
            <IconButton icon={Square} label="Stop the answer" keys="Escape" className="composer-send" onClick={onStop} />
          ) : (
            <IconButton icon={ArrowUp} label="Send" className="composer-send" disabled={!ready} onClick={() => void send()} />
          )}
        </div>
      </div>
    </div>
  );
}

function TooLong({ length }: { length: number }) {
  const over = length > chatLimits.message;
  return (
    <span className={`small figures ${over ? 'field-error' : 'soft'}`}>
      {length.toLocaleString('en')} of {chatLimits.message.toLocaleString('en')}
    </span>
  );
}
