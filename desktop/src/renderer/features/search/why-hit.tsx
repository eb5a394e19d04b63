import { Visible } from '../../ui/visible.tsx';
import type { Inspected } from '../shell/panels.ts';
import { sourceText } from './words.ts';

type Why = Extract<Inspected, { kind: 'why' }>;

/** Why something was found. */
export function WhyHit({ hit }: { hit: Why }) {
  return (
    <div className="column">
      <p className="strong">
        <Visible text={hit.title} />
      </p>
      <ul className="column">
        {hit.sources.map((source) => (
          <li key={source}>{sourceText(source)}</li>
        ))}
      </ul>
      <dl className="facts">
        <div>
          <dt>Found in</dt>
          <dd>
            <Visible text={hit.collection} />
          </dd>
        </div>
        <div>
          <dt>Score</dt>
          <dd className="figures">{hit.score.toFixed(3)}</dd>
        </div>
      </dl>
    </div>
  );
}
