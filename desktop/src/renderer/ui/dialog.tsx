import { AlertDialog } from '@base-ui/react/alert-dialog';
import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { Button, IconButton } from './button.tsx';

interface Opened {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ReactNode;
}

/** A window over the screen: traps focus, Esc closes, focus goes back to where it was. */
export function Dialog({ open, onClose, title, children, wide = false }: Opened & { wide?: boolean }) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="veil" />
        <Base.Popup className={wide ? 'dialog wide' : 'dialog'}>
          <div className="row between">
            <Base.Title>{title}</Base.Title>
            <IconButton bare icon={X} label="Close" onClick={onClose} />
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** A panel from below, for narrow windows. */
export function Sheet({ open, onClose, title, children }: Opened) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="veil" />
        <Base.Popup className="sheet">
          <div className="sheet-title">
            <Base.Title>{title}</Base.Title>
            <IconButton bare icon={X} label="Close" onClick={onClose} />
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Asks before something that cannot be taken back. The safe button comes first and has the focus. */
export function Confirm({
  open,
  onClose,
  title,
  children,
  confirm,
  danger = false,
  onConfirm,
}: Opened & { confirm: string; danger?: boolean; onConfirm: () => void }) {
  const safe = useRef<HTMLButtonElement>(null);
  const agree = () => {
    onClose();
    onConfirm();
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="veil" />
        <AlertDialog.Popup className="dialog" initialFocus={safe}>
          <AlertDialog.Title>{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div className="soft" />}>{children}</AlertDialog.Description>
          <div className="dialog-actions">
            <Button ref={safe} onClick={onClose}>
              Cancel
            </Button>
            <Button look={danger ? 'danger' : 'primary'} onClick={agree}>
              {confirm}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
