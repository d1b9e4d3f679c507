/** From `lunsmith.yaml` to a Site: read, validate, fill in, hold against itself. */
import { dirname } from 'node:path';
import { notBuiltWord } from '../../artifacts/platform/not-built.js';
import { throwIfAny } from '../../base/diagnostic.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import { validate } from '../../base/schema/validate.js';
import { readText } from '../../base/text-file.js';
import { type Parsed, parseYaml } from '../../base/yaml/parse.js';
import { parseYamlAside } from '../../base/yaml/parse-aside.js';
import { placeOf, type SourceText, startOf } from '../../base/yaml/source.js';
import { clientsOf } from './client-facts.js';
import { fileOf } from './client-files.js';
import type { Site } from './facts.js';
import { findSite } from './find.js';
import { findingsIn } from './findings.js';
import { hideSecrets } from './hide-secrets.js';
import { hostsOf } from './host-facts.js';
import { powerOf } from './power.js';
import { siteSchema } from './schema.js';

/**
 * The site that the user means.
 * @param cwd absolute path of the current folder
 * @param named what `--site` names; default: the nearest `lunsmith.yaml` in `cwd` or above it
 * @throws Failure of kind `usage` with everything that is wrong, sorted by place
 */
export async function loadSite(cwd: string, named?: string): Promise<Site> {
  const source = await readSite(cwd, named);
  return siteOf(source, await parseYamlAside(source, EXPECTED));
}

/** A site file as text, for those who change it: see client-text.ts. */
export interface SiteText extends SourceText {
  /** Absolute. */
  readonly path: string;
}

/** A client takes some hundred bytes. */
const MOST_SITE_BYTES = 512 * 1024;
/** What an empty site should have been. */
const EXPECTED = 'a map with `hosts`, `channels` and `clients`';

/** The text of the site file. @throws Failure of kind `usage` when there is none */
export async function readSite(cwd: string, named?: string): Promise<SiteText> {
  const { path, shown } = await findSite(cwd, named);
  return {
    path,
    file: shown,
    folder: dirname(path),
    text: await readText(path, shown, { kind: 'usage', most: MOST_SITE_BYTES }),
  };
}

/** The site of a text. @throws Failure of kind `usage` with everything that is wrong, sorted by place */
export function parseSite(source: SourceText): Site {
  return siteOf(source, parseYaml(source, EXPECTED));
}

function siteOf(source: SourceText, parsed: Parsed): Site {
  if ('problems' in parsed) return refuse(parsed.problems);
  const { root } = parsed;
  if (root.kind !== 'map') {
    return refuse([
      {
        what: 'A site is a map.',
        place: root.start < source.text.length ? placeOf(root) : startOf(source),
        expected: 'keys such as `hosts:`, `channels:` and `clients:` at the left margin',
      },
    ]);
  }
  const problems: Diagnostic[] = [];
  const file = validate(siteSchema, { root, refused: notBuiltWord }, problems);
  if (file === undefined) return refuse(problems);
  const findings = findingsIn(root, problems);
  checkChannels(file.channels, findings);
  const hosts = hostsOf(file, source.folder, findings);
  const clients = clientsOf(file, hosts, findings);
  const power = file.power === undefined ? {} : { power: powerOf(file.power, findings) };
  if (problems.length > 0) return refuse(problems);
  const files = file.files.map(fileOf);
  return { folder: source.folder, hosts, channels: file.channels, clients, files, ...power };
}

function checkChannels(channels: readonly string[], findings: ReturnType<typeof findingsIn>): void {
  channels.forEach((channel, index) => {
    if (channels.indexOf(channel) === index) return;
    findings.add(['channels', index], {
      what: `The channel \`${channel}\` stands twice.`,
      hint: 'Keep one of them.',
    });
  });
}

function refuse(problems: readonly Diagnostic[]): never {
  throwIfAny('usage', hideSecrets(problems));
  throw new Failure('usage', { what: 'The site file is not valid.' });
}
