/**
 * Placeholders in files: `@{name}` is replaced by the value of that name, `@@{` stands for the characters `@{`. Nothing
 * else has a meaning, so that shell, systemd and nginx files need no quoting.
 */
import { Failure } from '../../base/failure.js';

export type TemplateValues = Readonly<Record<string, string | number | boolean>>;

const PLACEHOLDER = /@(@?)\{([^}\n]*)(\}?)/g;

/** @param file named in messages. @throws Failure of kind `recipe`, at the place of the first wrong placeholder */
export function renderTemplate(text: string, values: TemplateValues, file: string): string {
  return text.replace(PLACEHOLDER, (whole, escape: string, name: string, close: string, offset: number) => {
    if (escape !== '') return whole.slice(1);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (close !== '' && value !== undefined) return String(value);
    const before = text.slice(0, offset).split('\n');
    const line = text.split('\n')[before.length - 1] ?? '';
    throw new Failure('recipe', {
      what: close === '' ? 'A placeholder has no end.' : `No value is given for the placeholder ${whole}.`,
      place: {
        file,
        line: before.length,
        column: (before.at(-1)?.length ?? 0) + 1,
        text: line,
        length: whole.length,
      },
      expected: close === '' ? '`@{name}`' : `one of ${Object.keys(values).join(', ') || 'no value at all'}`,
      hint: 'Add it to `values` of the step. `@@{` stands for the characters `@{`.',
    });
  });
}
