import { KeyRound } from 'lucide-react';
import { useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { usePanels } from '../shell/panels.ts';

/** Says, as long as it is so, that the twelve words were not confirmed, and opens them. */
export function WordsBanner() {
  const { data: vault } = useQuery('vault.state', undefined);
  const { cover } = usePanels();
  if (vault?.state !== 'open' || vault.phraseConfirmed) return null;
  return (
    <div className="notice words-banner">
      <KeyRound size={17} aria-hidden />
      <div className="grow">
        <div className="strong">Your twelve words are not confirmed yet</div>
        <div>They are the only other way into the vault when the passphrase is lost.</div>
      </div>
      <Button small onClick={() => cover({ kind: 'words' })}>
        Show the words
      </Button>
    </div>
  );
}
