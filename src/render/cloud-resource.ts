import type { CloudResourceDocument } from '../contract/documents.ts';
import { age } from './time-format.ts';
import { type ListView, listDocument, listView } from './view.ts';

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
      { header: 'INFRAID', text: ({ infraId }) => infraId ?? '' },
      { header: 'CLUSTER', text: ({ clusterName, clusterId }) => clusterName ?? clusterId ?? '' },
      {
        header: 'CREATED',
        text: ({ createdAt }) => `${age(createdAt, now)} ago`,
        exact: ({ createdAt }) => createdAt,
      },
    ],
    name: ({ id }) => id,
  });
}
