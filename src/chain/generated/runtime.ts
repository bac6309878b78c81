// Written by tools/chain/generate-types.mjs: do not edit. Names are as polkadot.js has them.

import type { AccountId, Hash } from '../types.ts';

type Hex = `0x${string}`;

export type Body = { Inline: Hex } | { Artifact: { digest: Hex; size: bigint } };

export type Bond = {
  guard: AccountId;
  manifest: Hex | null;
  former: [Hex, number] | null;
  attested: number;
  seen: number;
  due: number;
  missed: boolean;
};

export type Challenge = { seed: Hash; deadline: number; answer: Hex | null };

export type ContractKind = 'Configuration' | 'Operation' | 'Privacy';

export type ContractRecord = { address: AccountId; layer: number; codeHash: Hash; since: number; revision: number };

export type Decision = 'Suspended' | 'Readmitted' | 'Excluded';

export type Entry = { value: Value; mediaType: Hex; version: bigint; previous: Hex | null };

export type Fault = 'Silent' | 'Unanswered' | 'Wrong' | 'Refused' | 'Deviates' | 'Unattested';

export type GatekeeperRecord = {
  region: Hex;
  role: GatekeeperRole;
  standing: Standing;
  since: number;
  deposit: bigint;
};

export type GatekeeperRole = 'Client' | 'Main';

export type Grant = { epoch: number; memberKey: Hex; secret: Hex };

export type Head = { version: bigint; digest: Hex; count: number; root: Hex };

export type IndexItem = { key: Hex; digest: Hex; size: number };

export type Member = {
  region: Hex;
  class: Hex | null;
  state: State444;
  since: number;
  seen: number;
  report: Hex;
  strikes: number;
  collateral: bigint;
  due: number;
  clean: number;
};

export type Reason =
  | { Strikes: { fault: Fault; strikes: number; limit: number; evidence: Hex | null } }
  | { Fatal: { fault: Fault; evidence: Hex | null } }
  | { Clean: { clean: number; limit: number } }
  | { Ordered: { by: AccountId | null } };

export type Role = { epoch: number; publicKey: Hex; members: number };

export type RoleKey = { publicKey: Hex; previous: Hex | null };

export type Rules = {
  heartbeatTerm: number;
  suspendAt: number;
  excludeAt: number;
  readmitAfter: number;
  fatal: Fault[];
  attestTerm: number;
};

export type Ruling = { decision: Decision; because: Reason; at: number };

export type Standing = 'Good' | 'Suspended' | 'Excluded';

export type State = { Open: null } | { Closed: { outcome: number } } | { Expired: null };

export type State444 = { Active: null } | { Leaving: { until: number } } | { Excluded: null } | { Suspended: null };

export type Ticket = { state: State; payload: Hex; since: number; deadline: number };

export type Value = { Inline: Hex } | { Artifact: { digest: Hex; size: bigint } };

export type Value436 = { body: Body; copies: ValueCopy[]; version: number; previous: Hex | null };

export type ValueCopy = { role: Hex; epoch: number; key: Hex };

export type Wait = 'Heartbeat' | 'Answer' | 'Attestation';

export type Weight = { refTime: bigint; proofSize: bigint };

export interface SclPallet {
  storage: {
    contracts: { keys: [Hex, [ContractKind, Hex]]; value: ContractRecord | null };
    revisions: { keys: [Hex, [ContractKind, Hex]]; value: number };
    contractCounts: { keys: [AccountId]; value: number };
    gatekeepers: { keys: [AccountId]; value: GatekeeperRecord | null };
    suspendedByRules: { keys: [AccountId]; value: null | null };
  };
  calls: {
    registerContract: [region: Hex, kind: ContractKind, section: Hex, layer: number, address: AccountId];
    unregisterContract: [region: Hex, kind: ContractKind, section: Hex];
    registerGatekeeper: [region: Hex];
    leaveGatekeeper: [];
    setGatekeeper: [account: AccountId, region: Hex, role: GatekeeperRole, standing: Standing];
    callContract: [dest: AccountId, value: bigint, gasLimit: Weight, storageDepositLimit: bigint | null, data: Hex];
  };
  events: {
    ContractRegistered: {
      region: Hex;
      kind: ContractKind;
      section: Hex;
      layer: number;
      address: AccountId;
      codeHash: Hash;
      revision: number;
    };
    ContractUnregistered: { region: Hex; kind: ContractKind; section: Hex; address: AccountId };
    GatekeeperSet: { account: AccountId; region: Hex; role: GatekeeperRole; standing: Standing };
    GatekeeperLeft: { account: AccountId; region: Hex };
    GatekeeperExcluded: { account: AccountId; region: Hex; slashed: bigint };
  };
  errors:
    | 'InvalidRegion'
    | 'InvalidSection'
    | 'InvalidLayer'
    | 'NotAContract'
    | 'NotRegistered'
    | 'RevisionOverflow'
    | 'NotAGatekeeper'
    | 'AlreadyGatekeeper'
    | 'NotInGoodStanding'
    | 'StillBound';
}

export interface CscPallet {
  storage: {
    sections: { keys: [AccountId]; value: Head | null };
    entries: { keys: [AccountId, Hex]; value: Entry | null };
    indexes: { keys: [AccountId]; value: IndexItem[] };
  };
  calls: {
    closeSection: [owner: AccountId, keys: number];
  };
  events: {
    SectionOpened: { owner: AccountId };
    SectionChanged: { owner: AccountId; head: Head };
    SectionClosed: { owner: AccountId };
  };
  errors: 'NoSection' | 'TooManyKeys';
}

export interface OscPallet {
  storage: {
    tickets: { keys: [AccountId, Hex]; value: Ticket | null };
    due: { keys: [number, [AccountId, Hex]]; value: null | null };
    nextDue: { keys: []; value: number | null };
  };
  calls: {
    clear: [owner: AccountId, items: number];
  };
  events: {
    TicketSubmitted: { owner: AccountId; id: Hex; deadline: number };
    TicketClosed: { owner: AccountId; id: Hex; outcome: number };
    TicketExpired: { owner: AccountId; id: Hex };
    Cleared: { owner: AccountId; items: number };
  };
  errors: 'TooManyItems';
}

export interface PscPallet {
  storage: {
    members: { keys: [AccountId, AccountId]; value: Hex | null };
    roles: { keys: [AccountId, Hex]; value: Role | null };
    roleKeys: { keys: [AccountId, [Hex, number]]; value: RoleKey | null };
    usedKeys: { keys: [AccountId, Hex]; value: null | null };
    grants: { keys: [AccountId, [Hex, AccountId]]; value: Grant | null };
    values: { keys: [AccountId, Hex]; value: Value436 | null };
    lastVersions: { keys: [AccountId, Hex]; value: number | null };
  };
  calls: {
    clear: [owner: AccountId, items: number];
  };
  events: {
    MemberEnrolled: { owner: AccountId; member: AccountId; publicKey: Hex };
    RoleCreated: { owner: AccountId; role: Hex; publicKey: Hex };
    RoleGranted: { owner: AccountId; role: Hex; epoch: number; member: AccountId };
    RoleRotated: { owner: AccountId; role: Hex; epoch: number; members: number; revoked: number };
    ValueStored: { owner: AccountId; name: Hex; version: number };
    ValueRemoved: { owner: AccountId; name: Hex };
    Cleared: { owner: AccountId; items: number };
  };
  errors: 'TooManyItems';
}

export interface DrnPallet {
  storage: {
    members: { keys: [AccountId]; value: Member | null };
    challenges: { keys: [AccountId]; value: Challenge | null };
    due: { keys: [number, [AccountId, Wait]]; value: null | null };
    nextDue: { keys: []; value: number | null };
    currentRules: { keys: []; value: Rules };
    rulings: { keys: [AccountId]; value: Ruling | null };
    reported: { keys: [AccountId]; value: Hex[] };
    bonds: { keys: [AccountId]; value: Bond | null };
    guards: { keys: [AccountId]; value: AccountId | null };
  };
  calls: {
    join: [];
    classify: [account: AccountId, class_: Hex];
    heartbeat: [report: Hex];
    challenge: [account: AccountId];
    respond: [answer: Hex];
    judge: [account: AccountId, right: boolean];
    leave: [];
    withdraw: [];
    exclude: [account: AccountId];
    report: [account: AccountId, fault: Fault, evidence: Hex];
    setRules: [rules: Rules];
    bindGuard: [guard: AccountId];
    attest: [block: number, manifest: Hex, intact: boolean, proof: Hex];
    setManifest: [account: AccountId, manifest: Hex];
  };
  events: {
    Joined: { account: AccountId; region: Hex };
    Classified: { account: AccountId; class: Hex };
    Heartbeat: { account: AccountId; report: Hex };
    Challenged: { account: AccountId; seed: Hash; deadline: number };
    Answered: { account: AccountId; answer: Hex };
    Passed: { account: AccountId };
    Struck: { account: AccountId; fault: Fault; strikes: number; evidence: Hex | null };
    Leaving: { account: AccountId; until: number };
    Left: { account: AccountId };
    Excluded: { account: AccountId; slashed: bigint };
    Decided: { account: AccountId; decision: Decision; because: Reason };
    RulesSet: { rules: Rules };
    GuardBound: { account: AccountId; guard: AccountId };
    Attested: { account: AccountId; block: number; manifest: Hex; intact: boolean };
    ManifestSet: { account: AccountId; old: Hex | null; new: Hex; by: AccountId | null };
  };
  errors:
    | 'NotAGatekeeper'
    | 'NotTheMainGatekeeper'
    | 'AlreadyMember'
    | 'NotAMember'
    | 'NotActive'
    | 'NotLeaving'
    | 'TooEarly'
    | 'InvalidClass'
    | 'ChallengeOpen'
    | 'NoChallenge'
    | 'TooLate'
    | 'NotReportable'
    | 'AlreadyReported'
    | 'InvalidRules'
    | 'AlreadyBound'
    | 'GuardTaken'
    | 'NotAGuard'
    | 'NotBound'
    | 'AlreadyAttested'
    | 'NotRecent'
    | 'WrongProof';
}

/** The pallets of our own, as `api.query`, `api.tx`, events and errors name them. */
export interface RuntimePallets {
  scl: SclPallet;
  csc: CscPallet;
  osc: OscPallet;
  psc: PscPallet;
  drn: DrnPallet;
}
