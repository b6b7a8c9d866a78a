import type { PlanFact } from '../builder.ts';
import { commandWords, shownCommand } from './command-words.ts';
import { type NodeManager, nodeManager } from './node-manager.ts';
import { type PackageJson, parsePackageJson } from './package-json.ts';
import { fact, type PlanDraft } from './plan-draft.ts';
import { STATIC_START } from './plan-static.ts';
import type { SourceView } from './source-files.ts';
import { staticGenerator } from './static-generators.ts';

const ENTRY_FILES = ['server.js', 'server.mjs', 'index.js', 'index.mjs', 'app.js', 'main.js'];

/** @returns undefined without package.json; a sentence when it cannot be read */
export function planNode(view: SourceView): PlanDraft | string | undefined {
  const text = view.text('package.json');
  if (text === undefined) return undefined;
  const json = parsePackageJson(text);
  if (typeof json === 'string') return json;
  const hasBuild = json.scripts['build'] !== undefined;
  const manager = nodeManager(view, json.packageManager, hasBuild);
  const version = nodeVersion(view, json);
  const needsInstall = hasPackages(json) || manager.isLocked;
  const steps = [
    ...(needsInstall ? [{ name: 'install', argv: manager.install }] : []),
    ...(hasBuild ? [{ name: 'build', argv: manager.run('build') }] : []),
  ];
  const facts: PlanFact[] = [
    fact('Node.js', 'package.json'),
    ...(version === undefined ? [] : [fact(`Node.js ${version.range}`, version.why)]),
    needsInstall
      ? fact(`install with ${shownCommand(manager.install)}`, manager.why)
      : fact('nothing to install', 'package.json names no packages'),
    ...(hasBuild
      ? [fact(`build with ${shownCommand(manager.run('build'))}`, 'scripts.build in package.json')]
      : []),
  ];
  const common = { steps, ...(version === undefined ? {} : { languageVersion: version.range }) };
  const generator = staticGenerator(view, json);
  if (generator !== undefined) {
    return {
      ...common,
      kind: 'static',
      outputDirectory: generator.output,
      start: generator.isSinglePage ? [...STATIC_START, '--single'] : STATIC_START,
      serviceKind: 'static',
      facts: [...facts, fact(`static files of ${generator.output}`, generator.why)],
    };
  }
  const started = nodeStart(view, json, manager);
  return {
    ...common,
    kind: 'node',
    outputDirectory: '.',
    start: started?.start,
    startLookedFor: ['scripts.start and main in package.json', ...ENTRY_FILES],
    facts: [
      ...facts,
      ...(started === undefined ? [] : [fact(`start with ${shownCommand(started.start)}`, started.why)]),
    ],
  };
}

function hasPackages({ dependencies, devDependencies }: PackageJson): boolean {
  return Object.keys(dependencies).length + Object.keys(devDependencies).length > 0;
}

function nodeVersion(view: SourceView, json: PackageJson): { range: string; why: string } | undefined {
  if (json.engines.node !== undefined)
    return { range: json.engines.node, why: 'engines.node in package.json' };
  for (const file of ['.nvmrc', '.node-version']) {
    const range = view.text(file)?.trim().replace(/^v/, '');
    // Aliases such as `lts/*` name no version.
    if (range !== undefined && /^\d/.test(range)) return { range, why: file };
  }
  return undefined;
}

interface Start {
  readonly start: readonly string[];
  readonly why: string;
}

function nodeStart(view: SourceView, json: PackageJson, manager: NodeManager): Start | undefined {
  const script = json.scripts['start'];
  if (script !== undefined) return scriptStart(view, json, script, manager);
  const main = json.main?.replace(/^\.\//, '');
  if (main !== undefined) {
    const file = view.first(main, `${main}.js`, `${main}/index.js`);
    if (file !== undefined) return { start: ['node', file], why: 'main in package.json' };
    if (json.scripts['build'] !== undefined)
      return { start: ['node', main], why: 'main in package.json, which the build makes' };
  }
  const entry = view.first(...ENTRY_FILES);
  return entry === undefined ? undefined : { start: ['node', entry], why: `${entry} exists` };
}

/** Without the package manager, where the script is only `node FILE`: it would stay in memory, and between signals and the program. */
function scriptStart(view: SourceView, json: PackageJson, script: string, manager: NodeManager): Start {
  const words = commandWords(script);
  const hasHooks = json.scripts['prestart'] !== undefined || json.scripts['poststart'] !== undefined;
  if (words[0] === 'node' && words.length > 1 && !hasHooks)
    return { start: words, why: 'scripts.start in package.json' };
  const needsManager = manager.name === 'bun' || (manager.name === 'yarn' && view.has('.pnp.cjs'));
  // An instance must not wait for a registry: no npx here.
  const start = needsManager ? [manager.name, 'run', 'start'] : ['npm', 'run', 'start'];
  return { start, why: `scripts.start in package.json: ${script}` };
}
