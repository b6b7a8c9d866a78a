import { renderCsv } from './csv.ts';
import type { Paint } from './paint.ts';
import { renderRecord } from './record.ts';
import { renderTable } from './table.ts';
import { valuesAt } from './value-path.ts';
import type { ListView, RecordView, TableColumn } from './view.ts';

export type Format =
  | { readonly kind: 'table' | 'wide' | 'json' | 'yaml' | 'name' | 'csv' }
  | { readonly kind: 'value'; readonly path: string };

/** Renders a result in a format. @throws NoSuchFieldError for a value path that does not exist */
export async function printView<Row>(
  view: ListView<Row> | RecordView,
  format: Format,
  paint: Paint,
): Promise<string> {
  switch (format.kind) {
    case 'json':
      return `${JSON.stringify(view.document, null, 2)}\n`;
    case 'yaml': {
      const { toYaml } = await import('./yaml.ts');
      return toYaml(view.document);
    }
    case 'value':
      return valuesAt(view.document, format.path)
        .map((value) => `${value}\n`)
        .join('');
    case 'name':
      return (view.kind === 'list' ? view.rows.map(view.name) : [view.name])
        .map((name) => `${name}\n`)
        .join('');
    case 'csv':
      return view.kind === 'list'
        ? renderCsv(view.rows, view.columns)
        : renderCsv(fieldsOf(view), FIELD_COLUMNS);
    case 'table':
    case 'wide':
      return view.kind === 'list'
        ? renderTable(view.rows, view.columns, { paint, wide: format.kind === 'wide' })
        : renderRecord(view.blocks, paint);
  }
}

interface Field {
  readonly label: string;
  readonly value: string;
}

const FIELD_COLUMNS: readonly TableColumn<Field>[] = [
  { header: 'KEY', text: (field) => field.label },
  { header: 'VALUE', text: (field) => field.value },
];

function fieldsOf(view: RecordView): Field[] {
  return view.blocks.flatMap((block) => block.fields.map(([label, value]) => ({ label, value })));
}
