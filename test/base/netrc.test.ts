import { describe, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import { authorizeBy } from '../../base/netrc.js';

const TEXT = `
# of the build machines
machine mirror.example.org/debian login ci password s3cret#1
machine http://10.0.0.1:8080 login a
  password b
machine mirror.example.org login other password p
`;
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a request', () => {
  const authorize = authorizeBy(TEXT, 'it');
  it.each([
    ['https://mirror.example.org/debian/pool/x.deb', 'ci:s3cret#1'],
    ['https://mirror.example.org/debian-security/x', 'ci:s3cret#1'],
    ['https://mirror.example.org/other', 'other:p'],
    ['http://10.0.0.1:8080/debian', 'a:b'],
  ])('of %s says who it is', (url, login) => {
    expect(authorize(url)).toBe(basic(login));
  });

  it.each([
    ['without TLS', 'http://mirror.example.org/debian'],
    ['of another port', 'https://mirror.example.org:444/debian'],
    ['of another host', 'https://mirror.example.org.evil.example/debian'],
    ['of another scheme', 'https://10.0.0.1:8080/'],
  ])('%s says nothing', (_title, url) => {
    expect(authorize(url)).toBeUndefined();
  });
});

it.each(['ci:hunter2', 'machine a login b', 'machine a login b password hunter2 hunter2'])(
  'a text that is none is refused and not shown',
  (text) => {
    try {
      authorizeBy(text, '`env:X`');
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
      expect(JSON.stringify((error as Failure).toRecord())).not.toContain('hunter2');
      return;
    }
    throw new Error('it was accepted');
  },
);

it('an empty text asks for nothing', () => {
  expect(authorizeBy('# nothing\n', 'it')('https://a/')).toBeUndefined();
});
