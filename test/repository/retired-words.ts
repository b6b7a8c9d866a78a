/** A word that the project no longer uses for one of its things, and what it says instead. */
interface RetiredWord {
  readonly pattern: RegExp;
  readonly use: string;
  /** The same letters in another meaning: removed from the line before the pattern is tried. */
  readonly except?: RegExp;
}

/** Tried on a line with its identifiers split into words: `takeOverLanes` reads "take over lanes". */
const WORDS: readonly RetiredWord[] = [
  // Structure of the project.
  { pattern: /\bwings?\b/, use: 'module' },
  { pattern: /\bdoors?\b/, use: 'HTTP layer, edge' },
  {
    pattern: /\brooms?\b/,
    use: 'folder; for what is left: remaining',
    except: /\b(no|is|with) room\b|\broom for\b/g,
  },
  { pattern: /\bhouse\b/, use: 'project' },
  { pattern: /\bworkshops?\b/, use: 'cluster job context' },
  { pattern: /\bfoundations?\b/, use: 'infrastructure' },
  { pattern: /\bdut(y|ies)\b/, use: 'periodic task' },
  {
    pattern: /\bplaces?\b/,
    use: 'location, path, URL',
    except: /\bin (its |one )?place\b|\bdecimal places?\b/g,
  },
  { pattern: /\bclosers?\b/, use: 'cleanups' },
  { pattern: /\bcrew\b/, use: 'workers' },
  { pattern: /\btour\b/, use: 'demo' },

  // Jobs and workers.
  {
    pattern: /\b(tak(e|es|en|ing)|took) (over|back)\b|\btakeover\b/,
    use: 'reclaim',
    // The installer's own sentence about the control plane.
    except: /\btak(e|en|ing) over from the bootstrap machine\b/g,
  },
  { pattern: /\b(giv(e|es|en|ing)|gave) back\b/, use: 'reschedule, release; for a limit: refund' },
  { pattern: /\bunattended\b/, use: 'orphaned claim' },
  { pattern: /\bhurry\b/, use: 'forceStop' },
  { pattern: /\bhasten\b/, use: 'beatNow' },
  { pattern: /\bstepper\b/, use: 'runPhases' },
  { pattern: /\bpatien(t|ce|tly)\b/, use: 'retry, timeout, grace period' },
  { pattern: /\bpaces?\b/, use: 'speed, interval' },
  { pattern: /\b(go|goes|going|gone) away\b/, use: 'shut down; for a connection: lost' },

  // Access and audit.
  { pattern: /\btrails?\b/, use: 'audit log', except: /\bcloud ?trail\b/g },
  { pattern: /\baudit checkpoints?\b/, use: 'audit anchor' },
  { pattern: /\bways? in\b/, use: 'authentication mode' },
  {
    pattern: /\badmi(t|ts|tted|tting|ssion)\b/,
    use: 'authenticate and rate limit',
    // Names of Kubernetes.
    except: /\bpod.security.admission\b|\badmission.plugins\b/g,
  },
  { pattern: /\bopenings?\b/, use: 'secret access' },
  { pattern: /\bjudg(e|es|ed|ing|ement)\b/, use: 'validate, classify, decide' },

  // Sentences.
  {
    pattern: /\b(whoever|nobody|somebody)\b/,
    use: 'the caller, no one, another worker',
    // The user of Unix.
    except: /'nobody'/g,
  },
  { pattern: /\bso many\b/, use: 'N, the number of' },
  { pattern: /\bmend(s|ed|ing)?\b/, use: 'fix' },
  { pattern: /\bof (no )?use\b/, use: 'cannot be used' },
  {
    pattern: /\bis no (?!longer\b|more\b|one\b)/,
    use: 'invalid X, is not a X',
    except: /\b(there|it) is no\b|\bis no (proxy|room)\b/g,
  },
];

/** Tried on the line as it is written. */
const NAMES: readonly RetiredWord[] = [
  { pattern: /\brefuse[A-Z]\w*/, use: 'assertX, rejectX, denyX' },
  { pattern: /\blookAt\b/, use: 'read, query' },
  { pattern: /\b(Installer|Destroy|Create|Job|Cluster|Run|Tool)\w*Orders?\b/, use: 'Request, Options' },
  { pattern: /\border(Destroy|Create|Cluster|Job)\w*/, use: 'requestX, enqueueX' },
  { pattern: /\b(StsGate|stsGate)\b/, use: 'StsCircuitBreaker' },
  { pattern: /\bstsWire\b|\bsts-wire\b/, use: 'StsClient' },
  { pattern: /\bSourceLimiter\b/, use: 'IpRateLimiter' },
  { pattern: /\bSecretAddress\b/, use: 'SecretRef' },
  { pattern: /\bKnownValues\b/, use: 'SecretMatcher' },
  { pattern: /\bInstallerShelf\b/, use: 'InstallerInventory' },
  { pattern: /\bInstallerSupply\b/, use: 'InstallerSource' },
  { pattern: /\bstillThere\b/, use: 'filterExisting' },
  { pattern: /\b(oneAtATime|onThisHost|comeBack)\b/, use: 'withFileLock, mapSetupErrors, resumeCommand' },
  { pattern: /\brecogniseTarget\b/, use: 'detectCluster' },
];

/** @returns the retired words of a line, each with what to use: "wing → module" */
export function retiredWordsIn(line: string): string[] {
  const words = line
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]/g, ' ')
    .toLowerCase();
  return [...findIn(words, WORDS), ...findIn(line, NAMES)];
}

function findIn(text: string, retired: readonly RetiredWord[]): string[] {
  return retired.flatMap(({ pattern, use, except }) => {
    const match = pattern.exec(except ? text.replace(except, '') : text);
    return match === null ? [] : [`${match[0].trim()} → ${use}`];
  });
}
