// What a host that joins a Kubernetes cluster talks to before it has a kubelet of its own: TLS by an authority that kubeadm made,
// a cluster-info that is signed with the bootstrap token, and the cluster's configuration. There is no cluster behind it.
//
//   node lab/kubernetes-endpoint.mjs DIRECTORY ADDRESS PORT TOKEN
//
// DIRECTORY has kubeadm's ca.crt, apiserver.crt and apiserver.key, and configuration.json with the configuration maps by name.
// Each request is a line of JSON on stdout, with the command lines of the kubeadm processes that were running when it came.

import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

const [directory = '', address = '', port = '', token = ''] = process.argv.slice(2);
const [tokenId = '', tokenSecret = ''] = token.split('.');
const file = (name) => readFileSync(join(directory, name));

const kubeconfig = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: '',
      cluster: {
        'certificate-authority-data': file('ca.crt').toString('base64'),
        server: `https://${address}:${port}`,
      },
    },
  ],
});

/** A detached JSON Web Signature by HMAC-SHA-256, as the bootstrap signer of a cluster makes it (RFC 7515, appendix F). */
function signature(text) {
  const encoded = (value) => Buffer.from(value).toString('base64url');
  const header = encoded(JSON.stringify({ alg: 'HS256', kid: tokenId }));
  const mac = createHmac('sha256', tokenSecret).update(`${header}.${encoded(text)}`);
  return `${header}..${mac.digest('base64url')}`;
}

const systemMaps = JSON.parse(file('configuration.json').toString());
const maps = {
  'kube-public/cluster-info': { kubeconfig, [`jws-kubeconfig-${tokenId}`]: signature(kubeconfig) },
  ...Object.fromEntries(Object.entries(systemMaps).map(([name, data]) => [`kube-system/${name}`, data])),
};

function answer(path, authorization) {
  const [, namespace, name] = /^\/api\/v1\/namespaces\/([a-z-]+)\/configmaps\/([a-z-]+)$/.exec(path) ?? [];
  const data = maps[`${namespace}/${name}`];
  // Anybody may read what is in kube-public; the rest takes the token.
  if (namespace !== 'kube-public' && authorization !== `Bearer ${token}`) return status(401, 'Unauthorized');
  if (data === undefined) return status(404, 'NotFound');
  return [200, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data }];
}

function status(code, reason) {
  return [code, { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', reason, code }];
}

function runningKubeadm() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'kubeadm\n') return [];
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)];
      } catch {
        return []; // it has ended
      }
    });
}

const server = createServer({ key: file('apiserver.key'), cert: file('apiserver.crt') }, (request, response) => {
  const path = (request.url ?? '').split('?')[0];
  const [code, body] = answer(path, request.headers.authorization);
  const { method, headers } = request;
  const line = { method, path, code, agent: headers['user-agent'], running: runningKubeadm() };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
server.listen(Number(port), address, () => process.stdout.write('{"ready":true}\n'));
