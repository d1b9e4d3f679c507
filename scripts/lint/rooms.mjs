/**
 * The ESLint rule of the rooms: imports go one way. It sees static and dynamic imports, re-exports and `import()` types.
 */
import path from 'node:path';

/**
 * What each room may import besides itself: whole rooms by name, single modules by room and path. A module with
 * `types` may be imported for its types alone.
 */
const MAY_IMPORT = {
  cli: [{ room: 'pipeline' }, { room: 'stages' }, { room: 'artifacts' }],
  stages: [
    { room: 'pipeline', module: 'stage.js' },
    { room: 'pipeline', module: 'ports.js', types: true },
    { room: 'pipeline', module: 'event.js', types: true },
    { room: 'artifacts' },
  ],
  pipeline: [{ room: 'artifacts' }],
  artifacts: [
    { room: 'pipeline', module: 'ports.js', types: true },
    { room: 'pipeline', module: 'event.js', types: true },
  ],
};

/** @type {import('eslint').Rule.RuleModule} */
export const importsOneWay = {
  meta: {
    type: 'problem',
    docs: {
      description: 'Imports go one way: cli -> pipeline, stages, artifacts; stages, pipeline -> artifacts.',
    },
    messages: {
      room: '{{from}}/ must not import from {{to}}/. It may import from: {{allowed}}.',
      types: '{{from}}/ may import types alone from {{to}}/{{module}}: write `import type`.',
    },
    schema: [],
  },
  create(context) {
    const file = path.relative(context.cwd, context.filename);
    const from = roomOf(file);
    if (from === undefined) return {};

    const examine = (source, typesOnly) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
      const target = path.join(path.dirname(file), source.value);
      const to = roomOf(target);
      // A file outside all rooms (package.json) is everyone's.
      if (to === undefined || to === from) return;
      const module = target.slice(to.length + 1);
      const allowed = MAY_IMPORT[from].filter(
        (each) => each.room === to && (each.module ?? module) === module,
      );
      const data = { from, to, module, allowed: MAY_IMPORT[from].map(nameOf).join(', ') };
      if (allowed.length === 0) context.report({ node: source, messageId: 'room', data });
      else if (!typesOnly && allowed.every((each) => each.types))
        context.report({ node: source, messageId: 'types', data });
    };
    return {
      ImportDeclaration: (node) => examine(node.source, node.importKind === 'type'),
      ExportNamedDeclaration: (node) => examine(node.source, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => examine(node.source, node.exportKind === 'type'),
      ImportExpression: (node) => examine(node.source, false),
      TSImportType: (node) => examine(node.source ?? node.argument?.literal, true),
    };
  },
};

function roomOf(file) {
  const [first = ''] = file.split(path.sep);
  return Object.hasOwn(MAY_IMPORT, first) ? first : undefined;
}

function nameOf({ room, module, types }) {
  return `${room}/${module ?? ''}${types ? ' (types)' : ''}`;
}
