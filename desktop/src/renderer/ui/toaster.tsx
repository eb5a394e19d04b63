import { CircleCheck, CircleX, Info, X } from 'lucide-react';
import { useApp } from '../app-context.ts';
import { useSignal } from '../data/hooks.ts';
import type { Toast } from '../data/toasts.ts';
import { Button, IconButton } from './button.tsx';

const icons = { plain: Info, good: CircleCheck, bad: CircleX } as const;

/** The short messages at the edge. Screen readers hear them through the live regions instead. */
export function Toaster() {
  const { toasts } = useApp();
  const list = useSignal(toasts.list);
  return (
    <section className="toasts" aria-label="Notices">
      {list.map((toast) => (
        <ToastRow key={toast.id} toast={toast} onClose={() => toasts.dismiss(toast.id)} />
      ))}
    </section>
  );
}

function ToastRow({ toast, onClose }: { toast: Toast; onClose: () => void }) {
  const Icon = icons[toast.tone];
  const act = () => {
    toast.action?.run();
    onClose();
  };
  return (
    <div className={`toast ${toast.tone}`}>
      <Icon size={16} aria-hidden />
      <div className="grow">
        <div>{toast.text}</div>
        {toast.detail !== undefined && <div className="small soft">{toast.detail}</div>}
      </div>
      {toast.action && (
        <Button small onClick={act}>
          {toast.action.label}
        </Button>
      )}
      <IconButton tiny icon={X} label="Dismiss" onClick={onClose} />
    </div>
  );
}

/** The two live regions of the whole window, apart from every transcript and list. */
export function LiveRegions() {
  const { announcer } = useApp();
  return (
    <>
      <div className="unseen" role="status" aria-live="polite">
        {useSignal(announcer.polite)}
      </div>
      <div className="unseen" role="alert" aria-live="assertive">
        {useSignal(announcer.assertive)}
      </div>
    </>
  );
}
