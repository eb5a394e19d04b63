import { CircleCheck, TriangleAlert } from 'lucide-react';
import type { VerifyResult } from '../../../bridge/shapes.ts';
import { bytesText, counted } from '../../words/numbers.ts';
import { wordsOfProblem } from '../../words/problems.ts';

const faultsShown = 10;

const readText = ({ objectsRead, objectsTotal, bytesRead, tookMs }: VerifyResult) =>
  `${objectsRead} of ${counted(objectsTotal, 'part')} read, ${bytesText(bytesRead)}, in ${Math.max(0.1, Math.round(tookMs / 100) / 10)} s.`;

/** What a check found. */
export function VerifyReport({ report }: { report: VerifyResult }) {
  if (report.ok)
    return (
      <div className="notice good">
        <CircleCheck size={17} aria-hidden />
        <div className="grow">
          <div className="strong">{report.scope === 'full' ? 'Every part is there and right' : 'Every part of the sample is there and right'}</div>
          <div className="figures">
            Generation {report.generation}: {readText(report)}
          </div>
        </div>
      </div>
    );
  return (
    <div className="notice bad">
      <TriangleAlert size={17} aria-hidden />
      <div className="grow">
        <div className="strong">{counted(report.faults.length, 'part')} of this backup cannot be used</div>
        <div>
          Generation {report.generation}: {readText(report)} The data on this device is not touched. Make a new backup; it sends what is damaged again.
        </div>
        <ul className="faults small">
          {report.faults.slice(0, faultsShown).map(({ object, problem }) => (
            <li key={object}>
              <code>{object}</code> {wordsOfProblem(problem).title}
            </li>
          ))}
          {report.faults.length > faultsShown && <li>and {report.faults.length - faultsShown} more</li>}
        </ul>
      </div>
    </div>
  );
}
