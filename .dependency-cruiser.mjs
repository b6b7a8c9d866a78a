// Who may import whom: docs/architecture.md in rules. `npm run check` runs them; test/repository/import-rules.test.ts breaks each once.

/** Kinds of managed things under src/control-plane, each in a folder of its own. */
const MODULES = 'clusters|apps';

/** A folder may import itself and the named folders under src, nothing else of ours. */
const mayImport = (name, from, folders, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: { path: '^src/', pathNot: [from, ...folders].map((folder) => `^src/${folder}/`) },
});

/** A package or built-in module belongs to one place. */
const onlyIn = (name, modules, places, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: places },
  to: { path: modules },
});

export default {
  forbidden: [
    {
      name: 'commands-use-the-cli',
      comment: 'A command maps flags to one call and one view; it knows no other command and no server.',
      severity: 'error',
      from: { path: '^src/commands/' },
      to: { path: '^src/', pathNot: '^src/(cli|client|render|contract|control-plane)/' },
    },
    {
      name: 'only-the-server-command-knows-the-control-plane',
      comment: 'Everything else talks to it over HTTP. The rules of profiles need no server.',
      severity: 'error',
      from: { path: '^src/commands/', pathNot: '^src/commands/(server/|profiles/validate\\.ts$)' },
      to: { path: '^src/control-plane/' },
    },
    {
      name: 'the-control-plane-is-loaded-lazily',
      comment: 'No other command pays for the server at start-up.',
      severity: 'error',
      from: { path: '^src/commands/' },
      to: { path: '^src/control-plane/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    mayImport(
      'quick-runs-commands',
      'quick',
      ['commands', 'cli'],
      'What it needs of the rest, the commands bring.',
    ),
    mayImport(
      'cli-uses-client-render-contract',
      'cli',
      ['client', 'render', 'contract', 'tracing'],
      'The CLI is a client like any other.',
    ),
    mayImport(
      'client-uses-contract',
      'client',
      ['contract'],
      'The client prints nothing and knows no flags.',
    ),
    mayImport('tracing-uses-contract', 'tracing', ['contract'], 'Commands and servers share it.'),
    mayImport('render-uses-contract', 'render', ['contract'], 'Views know shapes, not servers.'),
    {
      name: 'contract-imports-nothing',
      comment: 'Both sides share it; whatever it imported, both would load.',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { pathNot: '^src/contract/' },
    },
    {
      name: 'edges-use-the-kernel',
      comment:
        'http, worker and janitor serve every module and name none; nor do they know each other or the composition.',
      severity: 'error',
      from: { path: '^src/control-plane/(http|worker|janitor)/' },
      to: {
        path: '^src/',
        pathNot: ['^src/control-plane/$1/', '^src/control-plane/kernel/', '^src/contract/'],
      },
    },
    {
      name: 'modules-use-the-kernel',
      comment:
        'A module knows neither HTTP nor workers. Its sandbox cloud reads the simulated cloud that the stand-in installer fills.',
      severity: 'error',
      from: {
        path: `^src/control-plane/(${MODULES})/`,
        pathNot: '^src/control-plane/clusters/clouds/sandbox/',
      },
      to: { path: '^src/', pathNot: [`^src/control-plane/(${MODULES}|kernel)/`, '^src/contract/'] },
    },
    {
      name: 'the-sandbox-cloud-reads-the-simulated-cloud',
      comment: 'Its shapes only: the stand-in installer itself is a program.',
      severity: 'error',
      from: { path: '^src/control-plane/clusters/clouds/sandbox/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/control-plane/(clusters|kernel)/',
          '^src/contract/',
          '^src/sandbox/(cloud/simulated-cloud|faults/faults|faults/fault-presets|resources/plan-aws)\\.ts$',
        ],
      },
    },
    {
      name: 'a-module-knows-no-other-module',
      comment: 'What two modules need is kernel.',
      severity: 'error',
      from: { path: `^src/control-plane/(${MODULES})/` },
      to: { path: `^src/control-plane/(${MODULES})/`, pathNot: '^src/control-plane/$1/' },
    },
    {
      name: 'the-kernel-knows-no-module',
      comment: 'It serves every module, also those not yet written.',
      severity: 'error',
      from: { path: '^src/control-plane/kernel/' },
      to: { path: '^src/', pathNot: ['^src/control-plane/kernel/', '^src/contract/'] },
    },
    mayImport(
      'sandbox-imports-nothing-of-ours',
      'sandbox',
      [],
      'The stand-in installer is a program of its own, as the real one is.',
    ),
    onlyIn(
      'the-sandbox-is-not-a-library',
      '^src/sandbox/',
      ['^src/sandbox/', '^src/control-plane/clusters/clouds/sandbox/'],
      'The product runs it as it runs the real installer.',
    ),
    onlyIn(
      'the-face-is-for-outsiders',
      '^src/control-plane/index\\.ts$',
      ['^src/commands/(server/|profiles/validate\\.ts$)'],
      'Inside, import the file that has it.',
    ),
    onlyIn(
      'one-composition-root',
      '^src/control-plane/(main\\.ts$|composition/)',
      [
        '^src/control-plane/(index|main)\\.ts$',
        '^src/control-plane/composition/',
        '^src/control-plane/settings/server-config\\.ts$',
      ],
      'Only main.ts and the composition know all folders, so no folder may know them.',
    ),
    {
      name: 'only-the-composition-lists-modules',
      comment: 'Everything else of a module is reached through its value.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/control-plane/composition/modules\\.ts$' },
      to: { path: `^src/control-plane/(${MODULES})/module\\.ts$` },
    },
    onlyIn(
      'settings-are-passed-in',
      '^src/control-plane/settings/server-config\\.ts$',
      ['^src/control-plane/((main|index)\\.ts$|composition/)'],
      'A folder gets the settings it needs, not all of them.',
    ),
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or miss a third.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-cycles-between-kernel-folders',
      comment: 'A folder that needs one that needs it cannot be understood, moved or tested without it.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/control-plane/kernel/[^/]+$' },
      to: { circular: true },
    },
    onlyIn(
      'processes-in-one-place',
      '^(node:)?child_process$',
      [
        '^src/control-plane/kernel/process/',
        '^src/sandbox/',
        '^src/cli/(demo/child-command|run/program|apps/open-url)\\.ts$',
      ],
      'An installer that nobody guards outlives its worker (G7).',
    ),
    onlyIn(
      'databases-in-one-place',
      'node_modules/(pg|@electric-sql/pglite)/',
      ['^src/control-plane/kernel/db/'],
      'Everything else speaks to the Db port.',
    ),
    onlyIn('fastify-in-http', 'node_modules/(fastify|@fastify/[^/]+)/', ['^src/control-plane/http/']),
    onlyIn('oclif-in-the-cli', 'node_modules/@oclif/', ['^src/(cli|commands)/']),
    onlyIn(
      'aws-clients-in-engines',
      'node_modules/@aws-sdk/',
      [
        '^src/control-plane/kernel/(artifacts/s3|secrets/aws|notifications/aws|jobs/sqs)',
        '^src/control-plane/clusters/clouds/aws/',
        '^src/cli/credentials/aws-credentials\\.ts$',
      ],
      'Without AWS nothing of AWS is loaded.',
    ),
    {
      name: 'aws-clients-are-loaded-lazily',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: 'node_modules/@aws-sdk/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    onlyIn(
      'ink-in-the-live-view',
      'node_modules/(ink|react)/',
      ['^src/render/(progress/live|dashboard/)[^/]*\\.tsx$'],
      'It costs every command that loads it a tenth of a second and more.',
    ),
    {
      name: 'the-live-view-is-loaded-lazily',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/render/(progress/live|dashboard/)[^/]*\\.tsx$' },
      to: {
        path: '^src/render/(progress/live|dashboard/)[^/]*\\.tsx$',
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'only-what-is-installed-with-us',
      comment: 'The package is installed without its development dependencies.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-resolves',
      comment: 'A rule about a package that cannot be found would pass in silence.',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types count as well: a folder that needs another's types depends on it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // ESM-only packages stay unresolved without these, and rules on them pass in silence.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
