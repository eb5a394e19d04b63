import type { ComponentProps } from 'react';
import { TextArea } from '../../ui/field.tsx';

/** The words as they are meant, however they were typed. */
export const phraseOf = (typed: string): string => typed.trim().toLowerCase().split(/\s+/).join(' ');

/** Where twelve words are typed: nothing helps, corrects or keeps them. */
export function WordsField({ label = 'Twelve words', ...rest }: Omit<ComponentProps<typeof TextArea>, 'label'> & { label?: string }) {
  return <TextArea label={label} rows={3} autoComplete="off" autoCapitalize="off" spellCheck={false} {...rest} />;
}
