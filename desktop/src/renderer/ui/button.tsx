import type { LucideIcon } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { Tip } from './tip.tsx';

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly icon?: LucideIcon;
  readonly small?: boolean;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

export function Button({ look = 'plain', icon: Icon, small = false, wide = false, className = '', children, ...rest }: ButtonProps) {
  const classes = ['button', look, small ? 'small' : '', wide ? 'wide' : '', className].filter(Boolean).join(' ');
  return (
    <button type="button" className={classes} {...rest}>
      {Icon && <Icon size={16} aria-hidden />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  readonly icon: LucideIcon;
  /** The name of the action, read and shown on hover. */
  readonly label: string;
  readonly keys?: string;
  readonly tiny?: boolean;
  /** Without the name on hover: where the focus starts, it would cover and take the first Esc. */
  readonly bare?: boolean;
}

export function IconButton({ icon: Icon, label, keys, tiny = false, bare = false, className = '', ...rest }: IconButtonProps) {
  const button = (
    <button type="button" aria-label={label} className={`icon-button ${tiny ? 'tiny' : ''} ${className}`} {...rest}>
      <Icon size={tiny ? 15 : 17} aria-hidden />
    </button>
  );
  if (bare) return button;
  return (
    <Tip text={label} {...(keys !== undefined && { keys })}>
      {button}
    </Tip>
  );
}
