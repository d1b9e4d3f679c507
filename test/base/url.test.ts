import { expect, it } from 'vitest';
import { hasCredentials, hidePasswords, withoutCredentials } from '../../base/url.js';

it.each([
  ['https://ci:hunter2@mirror.example.org/debian', 'https://ci:*******@mirror.example.org/debian'],
  ['x: { mirror: http://token@h/, b: ssh://root@h }', 'x: { mirror: http://*****@h/, b: ssh://root@h }'],
  ['ssh://root:hunter2@h', 'ssh://root:*******@h'],
  ['https://ci:p@ss@h/a@b', 'https://ci:****@h/a@b'],
  ['HTTPS://a:b@h', 'HTTPS://a:*@h'],
  ['https://mirror.example.org/~x@y', 'https://mirror.example.org/~x@y'],
  ['user@example.org', 'user@example.org'],
])('of %s no password is shown', (text, shown) => {
  expect(hidePasswords(text)).toBe(shown);
});

it.each([
  ['https://ci:hunter2@mirror.example.org/debian', true, 'https://mirror.example.org/debian'],
  ['https://ci@mirror.example.org', true, 'https://mirror.example.org'],
  ['https://mirror.example.org/a@b', false, 'https://mirror.example.org/a@b'],
  ['https://[no url:x@', true, 'https://'],
])('tells whether %s names a user', (url, has, without) => {
  expect([hasCredentials(url), withoutCredentials(url)]).toEqual([has, without]);
});
