import type { ContactState } from '../../client/server-contact.ts';
import { shortDuration } from '../../contract/duration.ts';
import type { ContactNotice } from '../../render/progress/contact-lines.ts';

/** What the views of a wait say about the connection. */
export function contactNotice(state: ContactState): ContactNotice {
  switch (state.kind) {
    case 'connected':
      return { kind: 'connected', text: '' };
    case 'silent':
      return { kind: 'silent', text: `no data from the server for ${shortDuration(state.forMs)}` };
    case 'lost':
      return {
        kind: 'lost',
        text: `connection lost ${shortDuration(state.forMs)} ago, retrying (${state.reason})`,
      };
  }
}
