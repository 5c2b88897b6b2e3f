import { hangingIndent } from './layout.ts';
import { wrap } from './sanitize.ts';
import { painter, type Style } from './style.ts';

/** A field in words. */
interface ExplainedField {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  readonly examples: readonly string[];
  readonly fields: readonly ExplainedField[];
}

/** Renders a field and the fields inside it, as wide as the terminal. */
export function renderExplanation({ name, fields, ...field }: ExplainedField, style: Style): string {
  const { bold } = painter(style);
  const inner = fields.flatMap((one) => [
    ...hangingIndent(
      { plain: one.name, painted: bold(one.name) },
      ` <${one.type}>${mark(one)}`,
      { ...style, width: style.width - 2 },
      4,
    ).map((line) => `  ${line}`),
    ...paragraph(one, style, 6),
    '',
  ]);
  return [
    ...hangingIndent({ plain: name, painted: bold(name) }, ` <${field.type}>${mark(field)}`, style, 2),
    '',
    ...paragraph(field, style, 2),
    ...(inner.length > 0 ? ['', bold('Fields'), ''] : ['']),
    ...inner,
  ].join('\n');
}

function mark({ required }: { readonly required: boolean }): string {
  return required ? '  required' : '';
}

function paragraph(
  { description, examples }: Pick<ExplainedField, 'description' | 'examples'>,
  { width }: Style,
  indent: number,
): readonly string[] {
  const text = [description, ...(examples.length > 0 ? [`Example: ${examples.join(', ')}.`] : [])].filter(
    (part) => part !== '',
  );
  if (text.length === 0) return [];
  return wrap(text.join(' '), width - indent).map((line) => `${' '.repeat(indent)}${line}`);
}
