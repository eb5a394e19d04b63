import { CircleCheck, CircleX, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import type { DoctorReport } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Visible } from '../../ui/visible.tsx';
import { Group } from './group.tsx';

export function AboutTab() {
  const { data } = useQuery('status.get', undefined);
  return (
    <>
      <Group title="Adiuva">
        <dl className="facts">
          <div>
            <dt>Version</dt>
            <dd className="figures">{data?.version ?? ''}</dd>
          </div>
          <div>
            <dt>Store</dt>
            <dd>{data?.engine ?? ''}</dd>
          </div>
          <div>
            <dt>Vault</dt>
            <dd className="mono">{data?.vault.vaultId ?? ''}</dd>
          </div>
        </dl>
      </Group>
      <SelfCheck />
    </>
  );
}

function SelfCheck() {
  const { bridge, announcer } = useApp();
  const act = useAct();
  const [report, setReport] = useState<DoctorReport | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    const made = await act(() => bridge.call('doctor.run'));
    setBusy(false);
    if (!made) return;
    setReport(made);
    announcer.say(made.ok ? 'Every check passed.' : 'A check failed.');
  };
  return (
    <Group title="Self-check" lead="Tries to open the store without its key, looks for readable text on the disk, and more.">
      <div>
        <Button icon={ShieldCheck} disabled={busy} onClick={() => void run()}>
          {busy ? 'Checking…' : 'Check now'}
        </Button>
      </div>
      {report && <Report report={report} />}
    </Group>
  );
}

function Report({ report }: { report: DoctorReport }) {
  return (
    <ul className="checks">
      {report.checks.map((check) => (
        <li key={check.name}>
          {check.ok ? <CircleCheck size={16} className="good-icon" aria-label="passed" /> : <CircleX size={16} className="bad-icon" aria-label="failed" />}
          <div className="grow">
            <span className="strong">{check.name}</span>
            <div className="small soft">
              <Visible text={check.detail} />
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}
