import { Visible } from '../../ui/visible.tsx';
import { markWords } from './words.ts';

/** A text with the searched words marked. */
export function HitText({ text, query }: { text: string; query: string }) {
  return (
    <>
      {markWords(text, query).map((part, index) =>
        part.found ? (
          <mark key={index}>
            <Visible text={part.text} />
          </mark>
        ) : (
          <Visible key={index} text={part.text} />
        ),
      )}
    </>
  );
}
