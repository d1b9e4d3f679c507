/** URLs that people write: where they may lead, and what must not stand in them. */

/** What follows the user before the last `@` of the authority; of HTTP what is there without a password too: it may be a token. */
const USER_INFORMATION = /((?:\bhttps?)?:\/\/[^\s/@:'"]*:|\bhttps?:\/\/)([^\s/'"]+)(?=@)/gi;

/** The same text, as long as before, with what may be a password in a URL made unreadable. */
export function hidePasswords(text: string): string {
  return text.includes('@')
    ? text.replace(
        USER_INFORMATION,
        (_, before: string, secret: string) => before + '*'.repeat(secret.length),
      )
    : text;
}

/** Whether a URL names a user or a password. */
export function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return /:\/\/[^/]*@/.test(url);
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

/** The same URL without user and password. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1');
}
