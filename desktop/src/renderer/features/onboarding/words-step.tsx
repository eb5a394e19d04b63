import { Copy, Printer, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { useCopy } from '../shell/acts.ts';
import { FrontPage } from '../unlock/front-page.tsx';

type Asked = 'copy' | 'print';

const warnings: Readonly<Record<Asked, { title: string; text: string; agree: string }>> = {
  copy: {
    title: 'Copy the twelve words?',
    text: 'Other programs can read the clipboard, and some keep its history or send it to other devices. Paper is safer.',
    agree: 'Copy',
  },
  print: {
    title: 'Print the twelve words?',
    text: 'Use a printer you trust. Printers and print queues can keep what was printed. Writing by hand is safer.',
    agree: 'Print',
  },
};

interface WordsStepProps {
  /** As `Step 2 of 4`; none where it stands alone. */
  readonly step?: string;
  readonly phrase: string;
  readonly onNext: () => void;
  readonly onLater?: () => void;
  /** Where they take the place of older ones. */
  readonly title?: string;
}

export function WordsStep({ step, phrase, onNext, onLater, title = 'Write down these twelve words' }: WordsStepProps) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const copy = useCopy();
  const words = phrase.split(' ');
  const acts: Readonly<Record<Asked, () => void>> = { copy: () => copy(phrase, 'The twelve words were copied.'), print: () => print() };
  return (
    <FrontPage
      title={title}
      {...(step !== undefined && { step })}
      lead="They open the vault when the passphrase is lost, and they are the only other way in. Once you have confirmed them, nobody can show them again."
    >
      <ol className="words" aria-label="Recovery words">
        {words.map((word, index) => (
          <li key={index}>{word}</li>
        ))}
      </ol>
      <div className="notice warn">
        <TriangleAlert size={17} aria-hidden />
        <div>Whoever has the words has your data. Keep them on paper, away from this device. We cannot recover them.</div>
      </div>
      <div className="row wrap">
        <Button small look="quiet" icon={Copy} onClick={() => setAsked('copy')}>
          Copy
        </Button>
        <Button small look="quiet" icon={Printer} onClick={() => setAsked('print')}>
          Print
        </Button>
      </div>
      <Button look="primary" wide onClick={onNext}>
        I have written them down
      </Button>
      {onLater && (
        <Button look="quiet" wide onClick={onLater}>
          Later
        </Button>
      )}
      {asked && (
        <Confirm open onClose={() => setAsked(null)} title={warnings[asked].title} confirm={warnings[asked].agree} onConfirm={acts[asked]}>
          {warnings[asked].text}
        </Confirm>
      )}
    </FrontPage>
  );
}
