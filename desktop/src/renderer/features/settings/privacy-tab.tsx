import { Cloud, EyeOff, HardDrive, Image, ScrollText } from 'lucide-react';
import { useQuery } from '../../data/hooks.ts';
import { Group } from './group.tsx';

/** What holds, in plain words. Each line is a rule that the code keeps. */
const rules = [
  {
    icon: HardDrive,
    title: 'On this device',
    text: 'Tasks, events, notes, conversations, drafts and the search index lie in one encrypted store. Locking takes them off this screen.',
  },
  {
    icon: Cloud,
    title: 'In the cloud',
    text: 'When you ask the assistant in the cloud, your question and what belongs to it are sent. “What was sent” on each answer shows exactly what. It is kept there for 15 minutes, so that a broken connection can go on, and never stored.',
  },
  { icon: EyeOff, title: 'Only on this device', text: 'A message marked so is answered here and never sent.' },
  {
    icon: Image,
    title: 'Nothing is fetched',
    text: 'Pictures and links in answers load nothing. A link opens outside, after you saw where it leads and agreed.',
  },
  {
    icon: ScrollText,
    title: 'Nothing is written unseen',
    text: 'Whatever the assistant proposes is a plan. You see every field before and after, and it is written only when you approve.',
  },
] as const;

export function PrivacyTab() {
  const { data } = useQuery('account.state', undefined);
  return (
    <Group title="Where your data is" lead={data ? `The cloud of this installation: ${data.cloudUrl}` : undefined}>
      <ul className="privacy">
        {rules.map(({ icon: Icon, title, text }) => (
          <li key={title}>
            <Icon size={18} aria-hidden />
            <div>
              <div className="strong">{title}</div>
              <p className="soft">{text}</p>
            </div>
          </li>
        ))}
      </ul>
    </Group>
  );
}
