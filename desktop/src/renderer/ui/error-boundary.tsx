import { Component, type ReactNode } from 'react';
import { ProblemNote } from './states.tsx';
import { wordsOf } from '../words/problems.ts';

/** Catches what a part throws while it is drawn, so that nothing ever becomes a blank pane. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="screen-body">
        <ProblemNote
          words={{ ...wordsOf(null), title: 'This part of the window could not be drawn', hint: 'Try again, or go to another screen.' }}
          onRetry={() => this.setState({ failed: false })}
        />
      </div>
    );
  }
}
