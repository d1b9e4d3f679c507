/** The located tree of a JSON text, so that what is wrong in a file that a program wrote is told with its place. */
import type { MapEntry, Node } from './node.js';
import type { SourceText, Span } from './source.js';

/** Deeper values have no places of their own: nothing that is read here is nested like that. */
const MOST_DEPTH = 64;
/** A token of JSON (RFC 8259): a string, a number or word, or one other character. White space stands between. */
const TOKEN = /[ \t\n\r]*("(?:[^"\\\u0000-\u001f]|\\.)*"|[^ \t\n\r"[\]{}:,]+|[^ \t\n\r])/y;

/** @throws JsonSyntaxError for what `JSON.parse` does not accept, but for faults in what is nested too deeply */
export function jsonTree(source: SourceText): Node {
  const reader = new Reader(source);
  const root = reader.value(0);
  reader.expect('');
  return root;
}

export class JsonSyntaxError extends Error {
  /** @param at offset in the text, in UTF-16 code units */
  constructor(readonly at: number) {
    super('The text is no JSON.');
  }
}

class Reader {
  private at = 0;

  constructor(private readonly source: SourceText) {}

  value(depth: number): Node {
    const token = this.next();
    if (token === '{') return this.map(depth);
    if (token === '[') return this.list(depth);
    const span = this.span(this.at - token.length);
    return { ...span, kind: 'scalar', value: this.scalar(token) };
  }

  /** The next token has to be this one; '' is the end. */
  expect(mark: string): void {
    if (this.peek() !== mark) throw this.wrong(this.next());
    this.next();
  }

  private map(depth: number): Node {
    const start = this.at - 1;
    const entries = new Map<string, MapEntry>();
    if (depth > MOST_DEPTH) return { ...this.skip(start), kind: 'map', entries };
    for (let first = true; this.peek() !== '}'; first = false) {
      if (!first) this.expect(',');
      const name = this.next();
      if (!name.startsWith('"')) throw this.wrong(name);
      const key = this.span(this.at - name.length);
      const word = this.scalar(name) as string;
      this.expect(':');
      entries.set(word, { key, value: this.value(depth + 1) });
    }
    this.next();
    return { ...this.span(start), kind: 'map', entries };
  }

  private list(depth: number): Node {
    const start = this.at - 1;
    const items: Node[] = [];
    if (depth > MOST_DEPTH) return { ...this.skip(start), kind: 'list', items };
    for (let first = true; this.peek() !== ']'; first = false) {
      if (!first) this.expect(',');
      items.push(this.value(depth + 1));
    }
    this.next();
    return { ...this.span(start), kind: 'list', items };
  }

  /** To the end of a map or list whose beginning was read. */
  private skip(start: number): Span {
    for (let open = 1; open > 0; ) {
      const token = this.next();
      if (token === '') throw this.wrong(token);
      if (token === '{' || token === '[') open += 1;
      if (token === '}' || token === ']') open -= 1;
    }
    return this.span(start);
  }

  private scalar(token: string): string | number | boolean | null {
    try {
      return JSON.parse(token) as string | number | boolean | null;
    } catch {
      throw this.wrong(token);
    }
  }

  /** The token that was read last is the fault. */
  private wrong(token: string): JsonSyntaxError {
    return new JsonSyntaxError(this.at - token.length);
  }

  private span(start: number): Span {
    return { source: this.source, start, end: this.at };
  }

  /** '' at the end. */
  private next(): string {
    TOKEN.lastIndex = this.at;
    const token = TOKEN.exec(this.source.text)?.[1] ?? '';
    this.at = token === '' ? this.source.text.length : TOKEN.lastIndex;
    return token;
  }

  private peek(): string {
    const { at } = this;
    const token = this.next();
    this.at = at;
    return token;
  }
}
