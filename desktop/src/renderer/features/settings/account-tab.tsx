import { CircleUser, LogOut } from 'lucide-react';
import { useState } from 'react';
import { type Tier, type TierName, tiers } from '@adiuva/shared/contracts/billing.ts';
import type { AccountState } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { Answer } from '../../ui/states.tsx';
import { Visible } from '../../ui/visible.tsx';
import { bytesText } from '../../words/numbers.ts';
import { AccountForm } from './account-form.tsx';
import { Group } from './group.tsx';

export function AccountTab() {
  const { cache } = useApp();
  const entry = useQuery('account.state', undefined);
  return (
    <Answer entry={entry} onRetry={() => cache.invalidate(['account.state'])}>
      {(state) => (
        <>
          <Group title="Account" lead="The account is for the cloud. It does not open your vault, and signing out deletes nothing.">
            {state.account ? <SignedIn state={state} account={state.account} /> : <AccountForm onDone={() => {}} />}
          </Group>
          <Limits own={state.account?.tier ?? null} />
        </>
      )}
    </Answer>
  );
}

function SignedIn({ state, account }: { state: AccountState; account: NonNullable<AccountState['account']> }) {
  const { bridge, cache } = useApp();
  const act = useAct();
  const [asking, setAsking] = useState(false);
  const signOut = () => void act(() => bridge.call('account.logout')).then(() => cache.invalidate(['account.state', 'status.get']));
  return (
    <div className="row wrap">
      <CircleUser size={32} strokeWidth={1.4} aria-hidden />
      <div className="grow">
        <div className="strong">
          <Visible text={account.email} />
        </div>
        <div className="small soft">
          {account.tier} · {state.cloudUrl}
        </div>
      </div>
      <Button icon={LogOut} onClick={() => setAsking(true)}>
        Sign out
      </Button>
      <Confirm open={asking} onClose={() => setAsking(false)} title="Sign out on this device?" confirm="Sign out" onConfirm={signOut}>
        Everything on this device stays. What waits in the outbox goes out after you sign in again.
      </Confirm>
    </div>
  );
}

const amount = (value: number | null, show: (value: number) => string = String) => (value === null ? 'unlimited' : show(value));
const playbooks: Readonly<Record<Tier['playbooks'], string>> = { basic: 'basic', all: 'all', 'all+shared': 'all, and shared ones' };

/** Rows of the limits page; the numbers are those the server enforces. */
const limitRows: readonly { label: string; of: (tier: Tier) => string }[] = [
  { label: 'Requests a minute', of: (tier) => `${tier.requestsPerMinute}${tier.perSeat ? ' a seat' : ''}` },
  { label: 'Cloud backup', of: (tier) => (tier.backupBytes === 0 ? 'none' : amount(tier.backupBytes, bytesText)) },
  { label: 'Plugins on a schedule', of: (tier) => amount(tier.scheduledPlugins) },
  { label: 'Model providers', of: (tier) => amount(tier.modelProviders) },
  { label: 'Playbooks', of: (tier) => playbooks[tier.playbooks] },
];

const names = Object.keys(tiers) as TierName[];

function Limits({ own }: { own: TierName | null }) {
  return (
    <Group title="Plans and limits" lead="Local backup, restore, export and everything offline are free on every plan. When a plan ends, nothing is deleted.">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="limits" tabIndex={0} role="group" aria-label="Plans and limits">
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span className="unseen">Limit</span>
              </th>
              {names.map((name) => (
                <th key={name} scope="col" data-own={name === own}>
                  {name}
                  {name === own && <span className="badge accent">yours</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {limitRows.map((row) => (
              <tr key={row.label}>
                <th scope="row">{row.label}</th>
                {names.map((name) => (
                  <td key={name} className="figures" data-own={name === own}>
                    {row.of(tiers[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Group>
  );
}
