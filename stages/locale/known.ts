/**
 * What is known of languages, territories, time zones and keyboard layouts without a network or a root tree, so that a slip is
 * found before anything is built. What passes here may still be missing in the root; the step then says so.
 */
import { didYouMean } from '../../base/suggest.js';
import type { StageFinding } from '../../pipeline/stage.js';

type Finding = Omit<StageFinding, 'path'>;

/** Layouts of xkeyboard-config 2.35 (`rules/base.lst`). */
const LAYOUTS = (
  'us af ara al am at au az by be bd in ba br bg dz ma cm mm ca cd cn hr cz dk nl bt ee ir iq fo fi fr gh gn ge de gr hu ' +
  'is il it jp kg kh kz la latam lt lv mao me mk mt mn no pl pt ro ru rs si sk es se ch sy tj lk th tr tw ua gb uz vn kr ' +
  'ie pk mv za epo np ng et sn brai tm ml tz tg ke bw ph md id jv my'
).split(' ');

/** Layouts that people name by other words: ISO 639 for ISO 3166, or those of the Linux console. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  deutsch: 'de',
  german: 'de',
  en: 'us',
  english: 'us',
  uk: 'gb',
  ja: 'jp',
  jp106: 'jp',
  sv: 'se',
  da: 'dk',
  cs: 'cz',
  el: 'gr',
  ko: 'kr',
  zh: 'cn',
  he: 'il',
  'sv-latin1': 'se',
  'fr-latin1': 'fr',
  'de-latin1': 'de',
  'de-latin1-nodeadkeys': 'de',
};

const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
const territories = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/**
 * Language (ISO 639) and territory (ISO 3166) of a locale's name. Languages of three letters are not looked at: glibc has some that
 * the tables of Unicode lack.
 */
export function unknownLocale(name: string): Finding | undefined {
  const [, language = '', territory = ''] = /^([a-z]{2,3})_([A-Z]{2})/.exec(name) ?? [];
  if (language === '') return undefined;
  if (language.length === 2 && languages.of(language) === undefined)
    return {
      what: `There is no locale ${name}: no language has the code \`${language}\`.`,
      expected: 'a language by ISO 639, as in de_DE.UTF-8',
    };
  // Unicode takes UK, which ISO 3166 only reserves; glibc does not.
  if (territories.of(territory) === undefined || territory === 'UK')
    return {
      what: `There is no locale ${name}: no territory has the code \`${territory}\`.`,
      expected: 'a territory by ISO 3166, as in de_DE.UTF-8',
      ...(territory === 'UK' ? { hint: 'Did you mean `GB`?' } : {}),
    };
  return undefined;
}

/** A name that is not in the tz database (IANA), old names included. */
export function unknownTimezone(name: string): Finding | undefined {
  const zones = Intl.supportedValuesOf('timeZone');
  if (zones.includes(name)) return undefined;
  const other = zones.find((zone) => zone.toLowerCase() === name.toLowerCase());
  if (other === undefined && isTimezone(name)) return undefined;
  return {
    what: `There is no time zone ${name}.`,
    expected: 'a name of the tz database, such as Europe/Berlin',
    ...didYouMean(name, zones),
  };
}

/** Old names too, in any case of letters. */
function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function unknownKeymap(name: string): Finding | undefined {
  if (LAYOUTS.includes(name)) return undefined;
  const meant = OTHER_WORDS[name];
  return {
    what: `There is no keyboard layout ${name}.`,
    expected: 'a layout of XKB, such as us or de',
    ...(meant === undefined ? didYouMean(name, LAYOUTS) : { hint: `Did you mean \`${meant}\`?` }),
  };
}
