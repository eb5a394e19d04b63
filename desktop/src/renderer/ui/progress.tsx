/** How far something is. A null share moves without saying how far. */
export function ProgressBar({ label, share }: { label: string; share: number | null }) {
  const percent = share === null ? null : Math.round(share * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent !== null && { 'aria-valuenow': percent })}
      className="progress"
      data-unknown={percent === null}
    >
      <span style={{ width: `${percent ?? 30}%` }} />
    </div>
  );
}

/** How much of a limit is used. */
export function Meter({ label, share }: { label: string; share: number }) {
  const percent = Math.round(Math.min(1, share) * 100);
  return (
    <div role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} className="progress meter" data-full={share >= 0.9}>
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
