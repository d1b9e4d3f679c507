/** Patterns for absolute paths: `*` and `?` stay within one name, `**` crosses directories. */
export function globToRegExp(pattern: string): RegExp {
  const source = pattern
    .split(/(\/\*\*\/|\/\*\*$|\*\*|\*|\?)/)
    .map((part) => {
      if (part === '/**/') return '/(?:.*/)?';
      if (part === '/**') return '/.*';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}
