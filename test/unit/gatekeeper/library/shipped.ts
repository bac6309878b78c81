import { readdirSync, readFileSync } from 'node:fs';
import {
  type Documents,
  type Library,
  librarySet,
  parseLibrary,
  readCommand,
} from '../../../../src/gatekeeper/library/index.ts';
import { ExitCode, UserError } from '../../../../src/system/errors.ts';

const DIRECTORY = new URL('../../../../libraries/', import.meta.url);

/** The libraries that the project ships, as their files are. */
export const SHIPPED: readonly Library[] = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => parseLibrary(readFileSync(new URL(name, DIRECTORY))));

export const shipped = librarySet(SHIPPED);

export const NO_DOCUMENTS: Documents = {
  read: (path) => {
    throw new UserError('document-missing', `There is no ${path}.`, { exitCode: ExitCode.refused });
  },
};

export function documentsOf(files: Readonly<Record<string, string>>): Documents {
  return {
    read: (path, limit) => {
      const text = files[path];
      if (text === undefined) return NO_DOCUMENTS.read(path, limit);
      return new TextEncoder().encode(text);
    },
  };
}

export const CA_HASH = `sha256:${'0123456789abcdef'.repeat(4)}`;
const UUID = '0b5ea2c4-55f5-4f6b-9d4c-1f3c1b0d7a10';

/** Commands as people type them, one or more of each library; each is accepted. None names a document. */
export const SAMPLES: readonly (readonly string[])[] = [
  `kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash ${CA_HASH} --node-name n1`,
  'kubeadm init --apiserver-advertise-address=10.0.0.1 --pod-network-cidr 10.244.0.0/16 --kubernetes-version v1.34.2',
  'kubeadm upgrade apply v1.34.2 -y',
  'kubeadm reset -f',
  'tofu -chdir=region plan -out=net.tfplan -var=size=3 -lock-timeout=30s',
  'tofu init -lockfile=readonly -input=false',
  'openstack server create --image debian-13 --flavor small --network customers --tag logos --description first web-1',
  'openstack --os-cloud region aggregate add host kvm-a n4.example.org',
  'openstack subnet create --network n --subnet-range 10.1.0.0/24 --allocation-pool start=10.1.0.10,end=10.1.0.99 s',
  'openstack security group rule create --protocol tcp --dst-port 80:90 --remote-ip 10.0.0.0/8 web',
  `openstack volume create --size 10 --image ${UUID} --property a=b v1`,
  'virsh -c qemu:///system migrate --live --tls web-1 qemu+tls://n4.example.org/system --bandwidth 100',
  `virsh start ${UUID} --paused`,
  'virsh snapshot-create-as web-1 before --disk-only --diskspec vda,snapshot=external',
  'helm upgrade web oci://registry.example.org/charts/web --version 1.2.3 -n web --install --set image.tag=v1,replicas=3',
  'helm --namespace web rollback web 3',
].map((line) => line.split(' '));

export function read(line: string, documents: Documents = NO_DOCUMENTS) {
  const argv = line.split(' ');
  return readArgv(argv, documents);
}

export function readArgv(argv: readonly string[], documents: Documents = NO_DOCUMENTS) {
  const library = shipped.forTool(argv[0] as string);
  if (library === undefined) throw new Error(`no library for ${argv[0]}`);
  return readCommand(library, argv, documents);
}

/** The code of the refusal that `work` throws; anything else that it throws or returns fails the test. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError && error.exitCode === ExitCode.refused) return error.code;
    throw error;
  }
  return 'accepted';
}
