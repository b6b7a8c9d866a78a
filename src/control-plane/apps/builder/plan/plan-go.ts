import { fact, type PlanDraft } from './plan-draft.ts';
import type { SourceView } from './source-files.ts';

/** Beside what the source has, so that no name of it is taken. */
const BINARY = '.ocpctl/app';

/** @returns undefined without go.mod; a sentence when it is not clear which program is meant */
export function planGo(view: SourceView): PlanDraft | string | undefined {
  const module = view.text('go.mod');
  if (module === undefined) return undefined;
  const program = findProgram(view, module);
  if (typeof program === 'string') return program;
  const version = /^toolchain\s+go(\S+)/m.exec(module)?.[1] ?? /^go\s+(\S+)/m.exec(module)?.[1];
  const requiresModules = /^\s*require\b/m.test(module);
  const isUnlocked = requiresModules && !view.has('go.sum') && !view.has('vendor/modules.txt');
  const argv = [
    'go',
    'build',
    '-trimpath',
    '-buildvcs=false',
    ...(isUnlocked ? ['-mod=mod'] : []),
    '-o',
    BINARY,
    program.path,
  ];
  return {
    kind: 'go',
    ...(version === undefined ? {} : { languageVersion: version }),
    steps: [{ name: 'build', argv }],
    outputDirectory: '.',
    start: [`./${BINARY}`],
    facts: [
      fact('Go', 'go.mod'),
      ...(version === undefined ? [] : [fact(`Go ${version}`, 'go.mod')]),
      fact(`build ${program.path}`, program.why),
      ...(isUnlocked ? [fact('modules are not verified', 'no go.sum')] : []),
    ],
  };
}

function findProgram(view: SourceView, module: string): { path: string; why: string } | string {
  const programs = mainPackages(view);
  if (programs.includes('.')) return { path: '.', why: 'package main in the root' };
  const [first, ...others] = programs;
  if (first === undefined)
    return 'go.mod is there, but no `package main` in the root or in a directory below it';
  if (others.length === 0) return { path: `./${first}`, why: `the only package main, in ${first}` };
  const name = /^module\s+(\S+)/m
    .exec(module)?.[1]
    ?.replace(/\/v\d+$/, '')
    .split('/')
    .at(-1);
  const named = programs.find((path) => path === `cmd/${name}`);
  if (named !== undefined)
    return { path: `./${named}`, why: `package main in ${named}, named as the module` };
  return `several programs: ${programs.join(', ')}; say which with build: go build -o ${BINARY} ./${first} and start: ./${BINARY}`;
}

/** Directories with a `package main`, as far as a planner reads. */
function mainPackages(view: SourceView): string[] {
  const found = new Set<string>();
  for (const path of view.below()) {
    if (!path.endsWith('.go') || path.endsWith('_test.go')) continue;
    const parts = path.split('/').slice(0, -1);
    if (parts.some((part) => IGNORED.test(part))) continue;
    const text = view.text(path) ?? '';
    if (/^package main\b/m.test(text) && !/^\/\/go:build ignore\b/m.test(text))
      found.add(parts.join('/') || '.');
  }
  return [...found].sort();
}

/** Directories that the tools of Go leave out, and those whose programs are not the service. */
const IGNORED = /^([._].*|vendor|testdata|node_modules|examples?|tools|scripts|hack|internal)$/;
