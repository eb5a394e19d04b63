import type { SearchHit } from '../../../bridge/shapes.ts';
import { usePanels } from '../shell/panels.ts';
import { go } from '../shell/route.ts';

/** Opens what was found: a conversation, a note, or the details of a record. What has no place of its own shows why it was found. */
export function useOpenHit(): (hit: SearchHit) => void {
  const { inspect } = usePanels();
  return (hit) => {
    if (hit.sessionId !== null) go('chat', hit.sessionId);
    else if (hit.recordType === 'note') go('notes', hit.id);
    else if (hit.recordType !== null) inspect({ kind: 'record', id: hit.id });
    else inspect({ kind: 'why', title: hit.title, sources: hit.sources, score: hit.score, collection: hit.collection });
  };
}
