import type { YAMLParseError } from 'yaml';
import type { Problem } from '../../core/model/errors.ts';
import { flattenHint } from '../../core/util/yaml-bounds.ts';

/** Returns the errors up to the first such reference: the others are only its consequences. */
export function uptoReference(text: string, errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const first = errors.findIndex((error) => isBareReference(text, error));
  return first === -1 ? errors : errors.slice(0, first + 1);
}

/** Tells whether an error comes from a reference without quotes, whose braces YAML reads as a mapping. */
function isBareReference(text: string, { pos: [at] }: YAMLParseError): boolean {
  return text.startsWith('${', at - 1);
}

export function syntaxWords(text: string, error: YAMLParseError): Pick<Problem, 'message' | 'hint'> {
  if (isBareReference(text, error)) {
    return {
      message: 'inside { } and [ ] a reference must be quoted',
      hint: 'for example "${env:NAME}"',
    };
  }
  if (/call stack/i.test(error.message)) return { message: 'nested too deeply', hint: flattenHint };
  if (/must be sufficiently indented and end with a/.test(error.message)) {
    return {
      message: error.message,
      hint: 'close the bracket or brace that is still open, or indent its lines',
    };
  }
  return {
    message: error.message,
    // Only the wording of the error tells which kind it is.
    ...(/indicator|same column|implicit|as indentation/i.test(error.message) && {
      hint: 'check the indentation of this line and the one before: use spaces, not tabs',
    }),
  };
}
