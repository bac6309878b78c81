import GatekeeperRequests from './index.ts';

export default class GatekeeperRequestsList extends GatekeeperRequests {
  static override description = 'list the newest requests; the same as `gatekeeper requests`';
  static override examples = ['<%= config.bin %> gatekeeper requests list --last 5'];
}
