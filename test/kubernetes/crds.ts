/** What the suite needs of OpenShift's definitions: kinds, subresources, defaults and columns of MachineSets and Machines. */
const column = (name: string, jsonPath: string, type = 'string', priority = 0) => ({
  name,
  jsonPath,
  type,
  priority,
});
const AGE = column('Age', '.metadata.creationTimestamp', 'date');
const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const SPEC = {
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
  properties: {
    replicas: { type: 'integer', format: 'int32', default: 1 },
    minReadySeconds: { type: 'integer', format: 'int32' },
    deletePolicy: { type: 'string', enum: ['Random', 'Newest', 'Oldest'] },
  },
};

function definition(
  kind: string,
  columns: readonly object[],
  spec: object,
  subresources: Readonly<Record<string, object>>,
) {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${singular}s.machine.openshift.io`,
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/openshift/api' },
    },
    spec: {
      group: 'machine.openshift.io',
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural: `${singular}s`, singular },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: true,
          subresources,
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec, status: OPEN } } },
        },
      ],
    },
  };
}

export const CRDS = [
  definition(
    'MachineSet',
    [
      column('Desired', '.spec.replicas', 'integer'),
      column('Current', '.status.replicas', 'integer'),
      column('Ready', '.status.readyReplicas', 'integer'),
      column('Available', '.status.availableReplicas'),
      AGE,
    ],
    SPEC,
    {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.labelSelector',
      },
    },
  ),
  definition(
    'Machine',
    [
      column('Phase', '.status.phase'),
      column('Type', '.metadata.labels.machine\\.openshift\\.io/instance-type'),
      column('Region', '.metadata.labels.machine\\.openshift\\.io/region'),
      column('Zone', '.metadata.labels.machine\\.openshift\\.io/zone'),
      AGE,
      column('Node', '.status.nodeRef.name', 'string', 1),
      column('ProviderID', '.spec.providerID', 'string', 1),
      column('State', '.metadata.annotations.machine\\.openshift\\.io/instance-state', 'string', 1),
    ],
    OPEN,
    { status: {} },
  ),
];
