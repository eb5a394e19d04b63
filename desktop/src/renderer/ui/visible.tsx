import { visibleStretches } from '../words/visible.ts';

/** Text from outside, drawn as text: isolated from the text around it, invisible and direction characters by name. */
export function Visible({ text, className = '' }: { text: string; className?: string }) {
  return (
    <bdi className={`isolated ${className}`}>
      {visibleStretches(text).map((part, index) =>
        part.hidden ? (
          <span key={index} className="hidden-character" title="A character that is not seen">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </bdi>
  );
}
