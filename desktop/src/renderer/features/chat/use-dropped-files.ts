import { type ClipboardEvent, type DragEvent, useState } from 'react';
import { chatLimits } from '@adiuva/shared/contracts/chat.ts';
import { useApp } from '../../app-context.ts';

/** A text file as a part of a message: its name and its content in a fence longer than any inside it. */
export function fenced(name: string, text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), (run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${name}:\n${fence}\n${text.trimEnd()}\n${fence}`;
}

const isText = (text: string) => !text.includes('\u0000') && !text.includes('\uFFFD');

/** Takes dropped or pasted text files into the message; what is not text or too large is refused by name, and nothing is lost. */
export function useDroppedFiles(onText: (text: string) => void) {
  const { toasts, announcer } = useApp();
  const [over, setOver] = useState(false);
  const refuse = (name: string, why: string) => {
    toasts.add({ tone: 'bad', text: `${name} was not added.`, detail: why });
    announcer.alert(`${name} was not added. ${why}`);
  };
  const take = async (files: readonly File[]) => {
    const parts: string[] = [];
    for (const file of files) {
      const text = file.size > chatLimits.message ? null : await file.text();
      if (text === null) refuse(file.name, 'A message holds 32,000 characters.');
      else if (!isText(text)) refuse(file.name, 'Only text files can go into a message.');
      else parts.push(fenced(file.name, text));
    }
    if (parts.length > 0) onText(parts.join('\n\n'));
  };
  return {
    'data-over': over,
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      void take([...event.dataTransfer.files]);
    },
    onPaste: (event: ClipboardEvent) => {
      const files = [...event.clipboardData.files];
      if (files.length === 0) return;
      event.preventDefault();
      void take(files);
    },
  };
}
