/** A located tree against a zod schema: every finding as a diagnostic at the value that caused it. */
import type { z } from 'zod';
import type { Diagnostic } from '../failure.js';
import { didYouMean, oneOf, suggest } from '../suggest.js';
import { type Located, locate, type Node, type Path, placeOfLocated, toPlain } from '../yaml/node.js';
import { placeOf } from '../yaml/source.js';
import {
  describeValue,
  expectation,
  type Issue,
  NO_WORDS,
  ownWords,
  phrase,
  scalarHint,
  sentence,
} from './issue-words.js';
import { descriptionAt, type JsonSchema, jsonSchemaOf, keysAt } from './json-schema.js';

/** What is validated: the value at `under` in the tree `root`. */
export interface Subject {
  readonly root: Node;
  /** Default: the root itself. */
  readonly under?: Path;
  /** The value, when it is not all that stands there: some keys may belong to another schema. */
  readonly value?: Node;
  /** Keys that are right besides those of the schema. */
  readonly alsoKnown?: readonly string[];
  /** What is told of an unknown word, key or value, that has a meaning and is refused for a reason. */
  readonly refused?: (word: string) => Pick<Diagnostic, 'what' | 'hint'> | undefined;
}

/** A text of a MB may be wrong in every word; each issue is worked out against the schema and the tree. */
const MOST_ISSUES = 1000;

/** The parsed value, or undefined after appending what is wrong to `problems`. A map that is left out counts as empty. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  subject: Subject,
  problems: Diagnostic[],
): z.output<Schema> | undefined {
  const at = locate(subject.root, subject.under ?? []);
  const node = subject.value ?? (at.whole ? at.node : undefined);
  const empty = node === undefined || (node.kind === 'scalar' && node.value === null);
  const parsed = schema.safeParse(empty ? {} : toPlain(node), { error: () => NO_WORDS });
  if (parsed.success) return parsed.data;
  const reader = new IssueReader(jsonSchemaOf(schema), subject);
  problems.push(...reader.readAll(parsed.error.issues.slice(0, MOST_ISSUES), []));
  return undefined;
}

/** What stands where a secret may stand is not repeated: a user may have typed the secret itself. */
function withoutSecret(problem: Diagnostic, path: Path): Diagnostic {
  if (!path.some((key) => /passw(or)?d|secret/i.test(String(key)))) return problem;
  const { text: _text, ...place } = problem.place ?? { file: '', line: 0, column: 0 };
  return {
    ...problem,
    ...(problem.place === undefined ? {} : { place }),
    ...(problem.found === undefined ? {} : { found: 'not shown: it may be a secret' }),
  };
}

class IssueReader {
  /** Paths of keys that a wrong key beside them was probably meant to be. */
  private readonly misspelt = new Set<string>();

  constructor(
    private readonly json: JsonSchema,
    private readonly subject: Subject,
  ) {}

  private locate(path: Path): Located {
    return locate(this.subject.root, [...(this.subject.under ?? []), ...path]);
  }

  /** A misspelt key is one mistake, not an unknown key and a missing one: so unknown keys come first. */
  readAll(issues: readonly Issue[], above: Path): Diagnostic[] {
    const unknown = issues.filter(({ code }) => code === 'unrecognized_keys');
    const others = issues.filter(({ code }) => code !== 'unrecognized_keys');
    return [...unknown, ...others].flatMap((issue) => this.read(issue, above));
  }

  private read(issue: Issue, above: Path): Diagnostic[] {
    const path = [...above, ...(issue.path as Path)];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => withoutSecret(this.unknownKey(path, key), [...path, key]));
    }
    return this.readValue(issue, path).map((problem) => withoutSecret(problem, path));
  }

  private readValue(issue: Exclude<Issue, { code: 'unrecognized_keys' }>, path: Path): Diagnostic[] {
    if (issue.code === 'invalid_union') return this.union(issue, path);
    if (issue.code === 'invalid_key') return [this.badKey(issue, path)];
    if (issue.code === 'invalid_element') return this.readAll(issue.issues, path);
    const located = this.locate(path);
    const missing = !located.whole && issue.code !== 'custom';
    const place = placeOfLocated(located);
    if (missing) return this.misspelt.has(JSON.stringify(path)) ? [] : [this.missingKey(path)];
    const words = ownWords(issue);
    if (issue.code === 'custom' && issue.params !== undefined && 'diagnostic' in issue.params) {
      const { text: _text, ...bare } = place;
      return [
        { ...(issue.params.diagnostic as Diagnostic), place: issue.params['secret'] === true ? bare : place },
      ];
    }
    if (issue.code === 'custom')
      return [{ what: words === undefined ? `Invalid value${this.named(path)}.` : sentence(words), place }];
    const found = describeValue(located.node);
    const expected = words === undefined ? expectation(issue) : phrase(words);
    if (issue.code === 'invalid_value') {
      const refused = this.subject.refused?.(String(toPlain(located.node)));
      if (refused !== undefined) return [{ ...refused, place, expected, found }];
      const hint =
        typeof toPlain(located.node) === 'string'
          ? didYouMean(String(toPlain(located.node)), issue.values.map(String))
          : {};
      return [{ what: `Unknown value${this.named(path)}.`, place, expected, found, ...hint }];
    }
    const what =
      issue.code === 'invalid_type'
        ? `Wrong kind of value${this.named(path)}.`
        : `Invalid value${this.named(path)}.`;
    return [{ what, place, expected, found, ...scalarHint(located.node, expected) }];
  }

  private unknownKey(path: Path, key: string): Diagnostic {
    const located = this.locate(path);
    const { node } = located;
    const entry = node.kind === 'map' ? node.entries.get(key) : undefined;
    const keys = [
      ...keysAt(this.json, path, toPlain(node)),
      ...(path.length === 0 ? (this.subject.alsoKnown ?? []) : []),
    ];
    const place = entry === undefined ? placeOfLocated(located) : placeOf(entry.key);
    const refused = this.subject.refused?.(key);
    if (refused !== undefined) return { ...refused, place, found: `\`${key}\`` };
    const nearest = suggest(key, keys);
    if (nearest !== undefined) this.misspelt.add(JSON.stringify([...path, nearest]));
    return {
      what: `Unknown key \`${key}\`.`,
      place,
      expected: keys.length === 0 ? 'no key at all' : oneOf(keys),
      ...didYouMean(key, keys),
    };
  }

  private missingKey(path: Path): Diagnostic {
    const key = String(path.at(-1) ?? this.subject.under?.at(-1) ?? '');
    const expected = descriptionAt(this.json, path);
    const located = this.locate(path);
    // A map is shown by its key: its own text may be anything, or nothing at all.
    const place = placeOfLocated(located);
    return {
      what: `Missing key \`${key}\`.`,
      place,
      ...(expected === undefined ? {} : { expected: `\`${key}\`: ${expected}` }),
    };
  }

  private badKey(issue: Extract<Issue, { code: 'invalid_key' }>, path: Path): Diagnostic {
    const { node, key } = this.locate(path);
    const inner = issue.issues[0];
    const expected = inner === undefined ? undefined : phrase(ownWords(inner) ?? expectation(inner));
    return {
      what: `\`${path.at(-1)}\` cannot be a key here.`,
      place: placeOf(key ?? node),
      ...(expected === undefined ? {} : { expected }),
    };
  }

  private union(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path): Diagnostic[] {
    const located = this.locate(path);
    const own = ownWords(issue);
    if (issue.errors.length === 0) {
      // A kind with a default may be left out, which is no word to write.
      const options = (issue as { options?: unknown[] }).options ?? [];
      const words = options.filter((option) => option !== undefined).map(String);
      if (!located.whole)
        return [{ ...this.missingKey(path), ...(words.length === 0 ? {} : { expected: oneOf(words) }) }];
      return [
        {
          what: `Unknown value${this.named(path)}.`,
          place: placeOfLocated(located),
          ...(words.length === 0
            ? {}
            : { expected: oneOf(words), ...didYouMean(String(toPlain(located.node)), words) }),
          found: describeValue(located.node),
        },
      ];
    }
    // The branch whose own kind fits is the one the user meant; among several, the one with the fewest complaints.
    const fitting = issue.errors
      .filter(
        (branch) =>
          !branch.some(
            (one) => one.path.length === 0 && (one.code === 'invalid_type' || one.code === 'invalid_value'),
          ),
      )
      .sort((a, b) => a.length - b.length)[0];
    if (fitting !== undefined && located.whole) {
      if (own !== undefined && fitting.every((one) => one.path.length === 0))
        return [this.wrong(path, phrase(own))];
      return this.readAll(fitting, path);
    }
    if (!located.whole) return [this.missingKey(path)];
    const expected =
      own ??
      [...new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectation)))].join(', or ');
    return [this.wrong(path, phrase(expected))];
  }

  private wrong(path: Path, expected: string): Diagnostic {
    const located = this.locate(path);
    return {
      what: `Invalid value${this.named(path)}.`,
      place: placeOfLocated(located),
      expected,
      found: describeValue(located.node),
    };
  }

  /** ` of \`suite\``: the nearest key, or nothing for the root itself. */
  private named(path: Path): string {
    const full = [...(this.subject.under ?? []), ...path];
    const at = full.findLastIndex((part) => typeof part === 'string');
    return at < 0 ? '' : ` of \`${full[at]}\``;
  }
}
