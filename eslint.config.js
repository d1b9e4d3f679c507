/** The rules that neither the compiler nor the formatter knows; which room may import which is in .dependency-cruiser.mjs. */
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Only `cli/` prints and ends the process. */
const noTerminal = {
  'no-console': 'error',
  'no-restricted-properties': [
    'error',
    ...['exit', 'exitCode', 'stdout', 'stderr', 'stdin'].map((property) => ({
      object: 'process',
      property,
      message: 'Only cli/ prints and ends the process: emit an event, or throw a Failure.',
    })),
  ],
};

/** Only `base/command.ts` starts processes. */
const noProcesses = {
  'no-restricted-imports': [
    'error',
    {
      paths: ['execa', 'child_process', 'node:child_process', '@npmcli/run-script'].map((name) => ({
        name,
        message: 'Only base/command.ts starts processes: use the `run` and `start` ports.',
      })),
    },
  ],
};

export default defineConfig(
  globalIgnores(['dist/', 'out/', 'coverage/', '.lunsmith/', 'bench/results/', 'recipes/']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'array-callback-return': 'error',
      eqeqeq: 'error',
      'no-constructor-return': 'error',
      'no-else-return': ['error', { allowElseIf: false }],
      'no-self-compare': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-unreachable-loop': 'error',
      'no-useless-rename': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-object-has-own': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: ['tsconfig.test.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // `vi.importActual<typeof import(…)>` is how a double keeps the rest of its module.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers in texts are what most of our messages are made of.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `() => write(…)` reads well where nothing is done with what it returns.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // A leading underscore says that a name is there for its place.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Blind to what a callback changed since, and to data from outside that is not what its type says.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // It cannot see that a check stands before the assertion; `as T` names what is asserted.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Our objects are records of functions without `this`.
      '@typescript-eslint/unbound-method': 'off',
      // `process.env['NAME']` shows that the name comes from outside.
      '@typescript-eslint/dot-notation': 'off',
      // `||` is meant where zero or an empty text counts as none.
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { number: true, string: true } },
      ],
      // Code points are what is wanted where a string is spread.
      '@typescript-eslint/no-misused-spread': 'off',
    },
  },
  {
    files: ['{app,stages,pipeline,gate,hosts,artifacts,base}/**/*.ts'],
    rules: { ...noTerminal, ...noProcesses },
  },
  { files: ['cli/**/*.ts'], rules: noProcesses },
  {
    // They start processes, or are one of their own with its own streams and end.
    files: [
      'base/command.ts',
      'pipeline/sandbox/enter.ts',
      'pipeline/sandbox/inside.ts',
      'pipeline/sandbox/hook-host.ts',
      'gate/raspberry-pi/firmware-process.ts',
    ],
    rules: { 'no-restricted-imports': 'off', 'no-restricted-properties': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    // Doubles that need no await stand where the real one does.
    rules: { '@typescript-eslint/require-await': 'off' },
  },
);
