import type { PlaybookResult } from '../../../bridge/shapes.ts';
import { Visible } from '../../ui/visible.tsx';
import { Formatted } from '../chat/markdown.tsx';
import { usePanels } from '../shell/panels.ts';
import './playbooks.css';

type Section = PlaybookResult['sections'][number];

/** What a playbook says, part by part. */
export const Parts = ({ sections }: { sections: readonly Section[] }) => (
  <div className="parts">
    {sections.map((section, index) => (
      <Part key={index} section={section} />
    ))}
  </div>
);

/** Words of the cloud are Markdown; what this device says is plain, because it holds what records hold. */
function Part({ section: { heading, text, lines, from } }: { section: Section }) {
  return (
    <div className="part">
      {heading !== null && (
        <h3>
          <Visible text={heading} />
        </h3>
      )}
      {text !== null &&
        (from === 'cloud' ? (
          <Formatted text={text} growing={false} />
        ) : (
          <p>
            <Visible text={text} />
          </p>
        ))}
      {lines.length > 0 && (
        <ul className="part-lines">
          {lines.map((line, index) => (
            <li key={index}>
              <PartLine {...line} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function PartLine({ text, recordId }: Section['lines'][number]) {
  const { inspect } = usePanels();
  if (recordId === null) return <Visible text={text} />;
  return (
    <button type="button" className="part-line" onClick={() => inspect({ kind: 'record', id: recordId })}>
      <Visible text={text} />
    </button>
  );
}
