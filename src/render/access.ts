import type { AccessExplanation, GrantChangeDocument, GrantDocument } from '../contract/documents.ts';
import { ageColumn } from './format.ts';
import type { Style } from './paint.ts';
import { type ListView, listDocument, listView, type TableColumn } from './view.ts';

/** The table of `ocpctl admin grants list`. */
export function grantList(grants: readonly GrantDocument[], now: Date): ListView<GrantDocument> {
  return listView({
    document: listDocument(grants),
    rows: grants,
    columns: [
      ...grantColumns<GrantDocument>((grant) => grant),
      { header: 'BY', text: ({ grantedBy }) => grantedBy },
      ageColumn(({ createdAt }) => createdAt, now),
    ],
    name: ({ principal }) => principal,
    whenEmpty: "No grants. Add one with 'ocpctl admin grants add PRINCIPAL --role ROLE --team TEAM'.",
  });
}

/** The result of `grants add` and `grants remove`. @param did shown as CHANGE if something changed */
export function grantChange(
  change: GrantChangeDocument,
  did: 'ADDED' | 'REMOVED' | 'WOULD ADD' | 'WOULD REMOVE',
): ListView<GrantChangeDocument> {
  return listView({
    document: change,
    rows: [change],
    columns: [
      ...grantColumns<GrantChangeDocument>(({ grant }) => grant),
      { header: 'CHANGE', text: ({ changed }) => (changed ? did : 'NONE') },
    ],
    name: ({ grant }) => grant.principal,
  });
}

function grantColumns<Row>(of: (row: Row) => GrantDocument): readonly TableColumn<Row>[] {
  return [
    { header: 'PRINCIPAL', text: (row) => of(row).principal },
    { header: 'ROLE', text: (row) => of(row).role },
    { header: 'TEAM', text: (row) => of(row).team },
    { header: 'PINNED TO', text: (row) => of(row).uniqueId ?? '' },
  ];
}

type AccessReviewItem = AccessExplanation['items'][number];

/** The table of `ocpctl admin grants test`: OPERATION ALLOWED SCOPE REASON. */
export function accessList(explanation: AccessExplanation): ListView<AccessReviewItem> {
  return listView({
    document: explanation,
    rows: explanation.items,
    columns: [
      { header: 'OPERATION', text: ({ operation }) => operation },
      {
        header: 'ALLOWED',
        text: ({ allowed }) => (allowed ? 'yes' : 'no'),
        exact: ({ allowed }) => String(allowed),
        style: allowedStyle,
      },
      { header: 'SCOPE', text: scopeText },
      { header: 'REASON', fit: 'wrap', text: reasonText },
      { header: 'ROLES', text: ({ roles }) => roles.join(' '), wide: true },
      { header: 'RULE SCOPE', text: ({ scope }) => scope, wide: true },
    ],
    name: ({ operation }) => operation,
  });
}

function allowedStyle({ allowed }: AccessReviewItem): Style {
  return allowed ? 'green' : 'red';
}

function scopeText({ allowed, scope, teams }: AccessReviewItem): string {
  if (!allowed || scope === 'public' || scope === 'proof' || scope === 'self') return '';
  if (scope !== 'team') return 'installation';
  return teams === null ? 'all teams' : `team ${teams.join(', ')}`;
}

/** The rule that decided, with the grants it found. */
export function reasonText({ rule, by, roles, scope }: AccessReviewItem): string {
  const held = by.map(({ role, team }) => `${role} in ${team === '*' ? 'all teams' : team}`).join(', ');
  switch (rule) {
    case 'PUBLIC':
      return 'public';
    case 'KNOWN':
      return 'every authenticated principal';
    case 'GRANTED':
      return held;
    case 'ROLE_MISSING':
      return `requires ${roles.join(' or ')}`;
    case 'TEAM_MISSING':
      return `has ${held}; requires it in ${scope === 'installation' ? 'all teams' : 'this team'}`;
  }
}
