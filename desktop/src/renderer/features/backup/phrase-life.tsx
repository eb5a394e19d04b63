import { Button } from '../../ui/button.tsx';
import { Group } from '../settings/group.tsx';
import { type Cover, usePanels } from '../shell/panels.ts';

type Because = Extract<Cover, { kind: 'newPhrase' }>['because'];

const ways: readonly { because: Because; title: string; text: string }[] = [
  {
    because: 'lost',
    title: 'I lost my words',
    text: 'The paper is gone and nobody has it. You get twelve new words for this vault and its backups, in a moment; the old ones are replaced.',
  },
  {
    because: 'exposed',
    title: 'Someone saw my words',
    text: 'You get new words and new keys, and everything is backed up again from the start. The old words open nothing that is written from then on.',
  },
];

/** New words, for the two reasons there are. */
export function PhraseLife({ ready }: { ready: boolean }) {
  const { cover } = usePanels();
  return (
    <Group title="Your twelve words" lead="They open your backups on a new device. As long as this device opens with your passphrase, new words can be made.">
      {ways.map(({ because, title, text }) => (
        <div key={because} className="phrase-way">
          <div className="grow">
            <div className="strong">{title}</div>
            <div className="small soft">{text}</div>
          </div>
          <Button disabled={!ready} aria-label={`${title}: get new words`} onClick={() => cover({ kind: 'newPhrase', because })}>
            Get new words…
          </Button>
        </div>
      ))}
    </Group>
  );
}
