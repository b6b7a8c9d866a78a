import { testKubernetesApi } from '../sandbox/kubernetes/api-suite.ts';
import { kubernetesPrograms } from './programs.ts';
import { startRealServer } from './real-server.ts';

testKubernetesApi(() => startRealServer(kubernetesPrograms()));
