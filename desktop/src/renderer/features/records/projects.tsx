import { useQuery } from '../../data/hooks.ts';
import { Select } from '../../ui/field.tsx';
import { Visible } from '../../ui/visible.tsx';
import { nameOf } from './read.ts';

export const useProjects = () => useQuery('records.list', { type: 'project', limit: 1_000 }).data?.records ?? [];

export function ProjectName({ id }: { id: string }) {
  const project = useProjects().find((record) => record.id === id);
  return <Visible text={project ? nameOf(project) : 'a project that is gone'} />;
}

export function ProjectChoice({ value, onDone, onCancel }: { value: string | null; onDone: (id: string | null) => void; onCancel: () => void }) {
  const choices = [{ value: '', label: 'none' }, ...useProjects().map((project) => ({ value: project.id, label: nameOf(project) }))];
  return (
    <Select
      aria-label="Project"
      autoFocus
      choices={choices}
      value={value ?? ''}
      onChange={(event) => onDone(event.target.value || null)}
      onBlur={onCancel}
      onKeyDown={(event) => event.key === 'Escape' && onCancel()}
    />
  );
}
