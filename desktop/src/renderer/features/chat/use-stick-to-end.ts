import { useCallback, useLayoutEffect, useRef, useState } from 'react';

const nearPx = 48;

/** Keeps a growing list at its end until the user scrolls up; then it stays where it is and `away` offers the way back. */
export function useStickToEnd(content: unknown) {
  const box = useRef<HTMLDivElement>(null);
  const sticking = useRef(true);
  const lastTop = useRef(0);
  const [away, setAway] = useState(false);
  const toEnd = useCallback(() => {
    sticking.current = true;
    setAway(false);
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, []);
  const onScroll = useCallback(() => {
    const list = box.current;
    if (!list) return;
    const near = list.scrollHeight - list.scrollTop - list.clientHeight < nearPx;
    // Content that grows moves the end away without the user: only a way upwards is theirs.
    const upwards = list.scrollTop < lastTop.current - 1;
    lastTop.current = list.scrollTop;
    if (near || upwards) sticking.current = near;
    setAway(!sticking.current);
  }, []);
  useLayoutEffect(() => {
    if (sticking.current) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [content]);
  // Plan cards and fonts arrive after the text: what grows later must not push the end out of sight.
  useLayoutEffect(() => {
    const lines = box.current?.firstElementChild;
    if (!lines) return;
    const watcher = new ResizeObserver(() => sticking.current && box.current?.scrollTo({ top: box.current.scrollHeight }));
    watcher.observe(lines);
    return () => watcher.disconnect();
  }, []);
  return { box, away, toEnd, onScroll };
}
