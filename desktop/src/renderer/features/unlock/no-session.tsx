import { FrontPage } from './front-page.tsx';

/** This browser holds no session of the host: the link was used before, is older than ten minutes, or the host was started again. */
export function NoSession() {
  return (
    <FrontPage title="Open a fresh link" lead="This window is not let in yet. A link works once, for ten minutes, so that nobody else can use it.">
      <ol className="no-session">
        <li>Go to the terminal where Adiuva runs and press Enter. It prints a fresh link and opens it.</li>
        <li>
          Or run this in the folder of Adiuva: <code className="mono">npm run -s adiuva -- open</code>
        </li>
      </ol>
      <p className="small soft">Your data is untouched and stays encrypted.</p>
    </FrontPage>
  );
}
