import { Copy, ExternalLink, Image } from 'lucide-react';
import { type ComponentProps, memo, type ReactNode, useRef, useState } from 'react';
import Markdown, { type Components } from 'react-markdown';
import rehypeHighlight from 'rehype-highlight';
import remarkGfm from 'remark-gfm';
import { IconButton } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { Visible } from '../../ui/visible.tsx';
import { useCopy } from '../shell/acts.ts';
import { drawnBlocks, endsInFence } from './blocks.ts';
import { linkTarget } from './links.ts';
import './markdown.css';

/** A link shows its host and asks before it opens. One that may not be opened is text. */
function Link({ href, children }: { href?: string | undefined; children?: ReactNode }) {
  const [asking, setAsking] = useState(false);
  const target = linkTarget(href);
  if (!target) return <span className="md-dead">{children}</span>;
  return (
    <>
      <a
        href={target.url}
        rel="noopener noreferrer"
        onClick={(event) => {
          event.preventDefault();
          setAsking(true);
        }}
      >
        {children}
        <span className="md-host"> ({target.host})</span>
        <ExternalLink size={12} aria-hidden />
      </a>
      {asking && (
        <Confirm
          open
          onClose={() => setAsking(false)}
          title={`Open ${target.host}?`}
          confirm="Open"
          onConfirm={() => window.open(target.url, '_blank', 'noopener,noreferrer')}
        >
          <p>This opens outside Adiuva. The address comes from the answer, not from you{target.secure ? '' : ', and is not encrypted'}:</p>
          <p className="mono md-address">
            <Visible text={target.url} />
          </p>
        </Confirm>
      )}
    </>
  );
}

/** Pictures are never fetched: a chip with their description stands in their place. */
function Picture({ alt, src }: ComponentProps<'img'>) {
  const host = linkTarget(typeof src === 'string' ? src : undefined)?.host;
  return (
    <span className="chip md-picture">
      <Image size={13} aria-hidden />
      Picture: <Visible text={alt || 'no description'} />
      {host !== undefined && <span> · {host}</span>}
    </span>
  );
}

function Code({ children }: { children?: ReactNode }) {
  const block = useRef<HTMLPreElement>(null);
  const copy = useCopy();
  return (
    <div className="md-code">
      <IconButton tiny icon={Copy} label="Copy code" onClick={() => copy(block.current?.textContent ?? '', 'Code copied.')} />
      {/* A wide block scrolls, so the keyboard must be able to reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre ref={block} tabIndex={0}>
        {children}
      </pre>
    </div>
  );
}

const components: Components = {
  a: ({ href, children }) => <Link href={href}>{children}</Link>,
  img: ({ alt, src }) => <Picture alt={alt} src={src} />,
  pre: ({ children }) => <Code>{children}</Code>,
  table: ({ children }) => (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="md-table" tabIndex={0} role="group" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => <input type="checkbox" disabled checked={checked ?? false} aria-label={checked ? 'Done' : 'Open'} readOnly />,
  // A text's headings must not stand above the screen's own.
  h1: ({ children }) => <h2>{children}</h2>,
};

const remarkPlugins = [remarkGfm];
const rehypePlugins = [rehypeHighlight];
const none: [] = [];
/** Characters of a block beyond which code keeps one colour: colouring more would hold up the window for longer than a frame or three. */
const longest = 8_000;

/** One block; parsed again only when its own text changed. Raw HTML in it is left out by the parser. */
const Block = memo(function Block({ text, plain }: { text: string; plain: boolean }) {
  return (
    <Markdown remarkPlugins={remarkPlugins} rehypePlugins={plain ? none : rehypePlugins} components={components}>
      {text}
    </Markdown>
  );
});

/** Formatted text of an answer, block by block, so that one more word costs no more than its paragraph. Code takes its colours once its fence is closed. */
export function Formatted({ text, growing }: { text: string; growing: boolean }) {
  const blocks = drawnBlocks(text);
  return (
    <div className="md" dir="auto">
      {blocks.map((block, index) => (
        <Block key={index} text={block} plain={block.length > longest || (growing && index === blocks.length - 1 && endsInFence(block))} />
      ))}
    </div>
  );
}
