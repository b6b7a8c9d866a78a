import type { CloudResourceDocument, SandboxFault, SandboxFaultPreset } from '../contract/documents.ts';
import { age } from './format.ts';
import { type ListView, listDocument, listView } from './view.ts';

/** The table of `ocpctl sandbox faults list`. */
export function sandboxFaultList(faults: readonly SandboxFault[]): ListView<SandboxFault> {
  return listView({
    document: listDocument(faults),
    rows: faults,
    columns: [
      { header: 'PRESET', text: ({ preset }) => preset ?? '' },
      { header: 'STAGE', text: ({ stage }) => stage },
      { header: 'KIND', text: ({ kind }) => kind },
      {
        header: 'CLUSTER',
        text: ({ clusterName }) => clusterName ?? 'all',
        exact: ({ clusterName }) => clusterName ?? '',
      },
      {
        header: 'OCCURRED',
        text: ({ times, used }) => (times === null ? 'always' : `${used} of ${times}`),
        exact: ({ used }) => String(used),
      },
      { header: 'ID', text: ({ id }) => id, wide: true },
    ],
    name: ({ id }) => id,
    whenEmpty: "No faults. 'ocpctl sandbox faults list --available' shows those that can be set.",
  });
}

/** The table of `ocpctl sandbox faults list --available`. */
export function faultPresetList(presets: readonly SandboxFaultPreset[]): ListView<SandboxFaultPreset> {
  return listView({
    document: listDocument(presets),
    rows: presets,
    columns: [
      { header: 'PRESET', text: ({ name }) => name },
      { header: 'DESCRIPTION', fit: 'wrap', text: ({ description }) => description },
    ],
    name: ({ name }) => name,
  });
}

interface Step {
  readonly command: string;
  readonly seconds: number;
}

/** The result of `try`: TOOK COMMAND. */
export function demoView(steps: readonly Step[]): ListView<Step> {
  return listView({
    document: listDocument(steps),
    rows: steps,
    columns: [
      {
        header: 'TOOK',
        text: ({ seconds }) => `${seconds.toFixed(1)}s`,
        exact: ({ seconds }) => String(seconds),
        align: 'right',
      },
      { header: 'COMMAND', fit: 'never', text: ({ command }) => command },
    ],
    name: ({ command }) => command,
  });
}

/** The table of `ocpctl sandbox resources`; tags are only in JSON and YAML. */
export function resourceList(
  resources: readonly CloudResourceDocument[],
  now: Date,
): ListView<CloudResourceDocument> {
  return listView({
    document: listDocument(resources),
    rows: resources,
    columns: [
      { header: 'TYPE', text: ({ type }) => type },
      { header: 'ID', text: ({ id }) => id },
      { header: 'INFRAID', fit: 'first', text: ({ infraId }) => infraId ?? '' },
      { header: 'CLUSTER', text: ({ clusterName, clusterId }) => clusterName ?? clusterId ?? '' },
      {
        header: 'CREATED',
        text: ({ createdAt }) => `${age(createdAt, now)} ago`,
        exact: ({ createdAt }) => createdAt,
      },
    ],
    name: ({ id }) => id,
    whenEmpty: 'No resources: the simulated cloud is empty.',
  });
}
