/**
 * Which room may import which: down this list only (DESIGN: rooms), types as well, and nowhere in a circle. The list has
 * no exceptions. `npm run lint` runs it; see https://github.com/sverweij/dependency-cruiser.
 */
const ROOMS = ['cli', 'app', 'stages', 'pipeline', 'gate', 'hosts', 'artifacts', 'base'];

/** Folders whose code no room imports. */
const OUTSIDE = ['recipes', 'schemas', 'docs', 'bench', 'test', 'scripts'];

const upward = ROOMS.map((room, index) => ({
  name: `from-${room}`,
  comment: `${room}/ may import from: ${[room, ...ROOMS.slice(index + 1)].join(', ')}.`,
  severity: 'error',
  from: { path: `^${room}/` },
  to: { path: `^(${[...ROOMS.slice(0, index), ...OUTSIDE].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upward,
    {
      name: 'stages-know-one-interface',
      comment: 'A stage is handed what it needs: of pipeline/ it imports its interface, stage.ts, alone.',
      severity: 'error',
      from: { path: '^stages/' },
      to: { path: '^pipeline/', pathNot: '^pipeline/stage\\.ts$' },
    },
    {
      name: 'no-circle',
      comment: 'Modules that import each other: put what both need, mostly a type, into a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'not-found',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    includeOnly: { path: `^(${[...ROOMS, ...OUTSIDE].join('|')})/` },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
  },
};
