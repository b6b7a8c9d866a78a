import type { ContactState } from '../../client/server-contact.ts';
import { shortDuration } from '../../contract/duration.ts';
import { ContactLines, type ContactNotice } from '../../render/progress/contact-lines.ts';
import type { Session } from '../session.ts';

/** What the views of a wait say about the connection. */
export function contactNotice(state: ContactState): ContactNotice {
  switch (state.kind) {
    case 'connected':
      return { kind: 'connected', text: '' };
    case 'silent':
      return { kind: 'silent', text: `no word from the server for ${shortDuration(state.forMs)}` };
    case 'lost':
      return {
        kind: 'lost',
        text: `connection lost ${shortDuration(state.forMs)} ago, retrying (${state.reason})`,
      };
  }
}

/** Notes lost connections of a stream without a progress display. @returns what ends it */
export function noteContact(session: Session): () => void {
  const lines = new ContactLines();
  return session.io.every(1_000, () => {
    const line = lines.next(contactNotice(session.contact.state), session.io.now());
    if (line !== undefined) session.note(line);
  });
}
