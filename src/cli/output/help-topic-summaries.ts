/** Help topics that belong to no command, as the help of all commands lists them; help-topics.ts has their texts. */
export const HELP_TOPIC_SUMMARIES = [
  { name: 'exit-codes', summary: 'Exit codes' },
  { name: 'flags', summary: 'Flags of all commands' },
  { name: 'environment', summary: 'Environment variables' },
  { name: 'cluster-file', summary: 'Files of ocpctl create -f' },
] as const;
