// Written by tools/chain/generate-types.mjs: do not edit. Names are as polkadot.js has them.

import type { AccountId, Hash } from '../types.ts';

type Hex = `0x${string}`;

export type ConfigurationChange =
  | { Set: { key: string; value: ConfigurationValue; mediaType: string } }
  | { Remove: { key: string } };

export type ConfigurationEntry = {
  value: ConfigurationValue;
  mediaType: string;
  version: bigint;
  previous: Hex | null;
};

export type ConfigurationError =
  | { NotAuthorized: null }
  | { VersionConflict: { expected: bigint; actual: bigint } }
  | { InvalidSection: null }
  | { InvalidKey: { change: number } }
  | { InvalidMediaType: { change: number } }
  | { ValueTooLarge: { change: number } }
  | { KeyNotFound: { change: number } }
  | { DuplicateKey: { change: number } }
  | { NoChanges: null }
  | { TooManyChanges: null }
  | { ChangesTooLarge: null }
  | { TooManyKeys: null }
  | { VersionOverflow: null }
  | { LastAdmin: null }
  | { NoRole: null }
  | { NotAGatekeeper: null }
  | { LayoutMismatch: null };

export type ConfigurationHead = { version: bigint; digest: Hex };

export type ConfigurationLayout = { digest: Hex; accepts: Hex[] };

export type ConfigurationRole = 'Operator' | 'Admin';

export type ConfigurationSection = { region: string; group: string; layer: number; name: string };

export type ConfigurationValue = { Inline: Hex } | { Artifact: { digest: Hex; size: bigint } };

export type DeploymentChange = { target: string; closure: Hex; size: bigint; replaces: Hex | null };

export type DeploymentError =
  | { NotAGatekeeper: null }
  | { NotAuthorized: null }
  | { InvalidSection: null }
  | { LastAdmin: null }
  | { NoRole: null }
  | { LayoutMismatch: null }
  | { InvalidChange: null }
  | { InvalidReason: null }
  | { InvalidThreshold: null }
  | { InvalidDeadline: null }
  | { RequestConflict: null }
  | { UnknownProposal: null }
  | { OwnProposal: null }
  | { NotYourProposal: null }
  | { WrongStatus: { status: DeploymentStatus } }
  | { Superseded: null }
  | { DeadlinePassed: null }
  | { DeadlineNotPassed: null }
  | { Overflow: null };

export type DeploymentLayout = { digest: Hex; accepts: Hex[] };

export type DeploymentOutcome = { Applied: { report: Hex } } | { Failed: { reason: string } };

export type DeploymentProposal = {
  id: bigint;
  requestId: Hex;
  author: AccountId;
  change: DeploymentChange;
  status: DeploymentStatus;
  approvals: AccountId[];
  threshold: number;
  proposedAt: number;
  deadline: number;
  outcome: DeploymentOutcome | null;
};

export type DeploymentRole = 'Operator' | 'Admin';

export type DeploymentSection = { region: string; group: string; layer: number; name: string };

export type DeploymentStatus = 'Proposed' | 'Approved' | 'Applied' | 'Failed' | 'Rejected' | 'Withdrawn' | 'Expired';

export type LeaseError =
  | { NotAGatekeeper: null }
  | { NotAuthorized: null }
  | { InvalidSection: null }
  | { LastAdmin: null }
  | { NoRole: null }
  | { LayoutMismatch: null }
  | { InvalidName: null }
  | { InvalidPrice: null }
  | { InvalidDuration: null }
  | { NotForRent: null }
  | { RequestConflict: null }
  | { WrongPayment: { expected: bigint } }
  | { UnknownLease: null }
  | { NotYourLease: null }
  | { TransferFailed: null }
  | { Overflow: null };

export type LeaseLayout = { digest: Hex; accepts: Hex[] };

export type LeaseLease = {
  id: bigint;
  requestId: Hex;
  customer: AccountId;
  payer: AccountId;
  class: string;
  price: bigint;
  from: number;
  until: number;
  settledUntil: number;
  status: LeaseStatus;
};

export type LeaseRole = 'Operator' | 'Admin';

export type LeaseSection = { region: string; group: string; layer: number; name: string };

export type LeaseStatus = 'Active' | 'Ended' | 'Cancelled';

export type OperationAdmission = { class: string; path: OperationPath; inventory: Hex; gatekeeper: string };

export type OperationError =
  | { NotAuthorized: null }
  | { InvalidSection: null }
  | { InvalidAdmission: null }
  | { InvalidName: null }
  | { InvalidTemplate: null }
  | { InvalidReason: null }
  | { InvalidDeadline: null }
  | { RequestConflict: null }
  | { NotAMember: null }
  | { NotAdmitted: null }
  | { Excluded: null }
  | { TooManyOpenOperations: null }
  | { OperationNotFound: null }
  | { NotYourOperation: null }
  | { WrongState: { state: OperationOperationState } }
  | { DeadlinePassed: null }
  | { DeadlineNotPassed: null }
  | { Overflow: null }
  | { LastAdmin: null }
  | { NoRole: null }
  | { NotAGatekeeper: null }
  | { LayoutMismatch: null };

export type OperationLayout = { digest: Hex; accepts: Hex[] };

export type OperationMember = {
  standing: OperationStanding;
  admission: OperationAdmission;
  since: number;
  changed: number;
};

export type OperationOperation = {
  id: bigint;
  requestId: Hex;
  host: AccountId;
  kind: OperationOperationKind;
  requestedBy: AccountId;
  state: OperationOperationState;
  requestedAt: number;
  deadline: number;
  outcome: OperationOutcome | null;
};

export type OperationOperationKind =
  | { StartDvm: { name: string; template: string } }
  | { StopDvm: { name: string } }
  | { Run: { operation: string; library: Hex; command: Hex } };

export type OperationOperationState = 'Requested' | 'Approved' | 'Claimed' | 'Done' | 'Failed' | 'Expired';

export type OperationOutcome = { Done: { result: Hex } } | { Failed: { reason: string } };

export type OperationPath = 'Kvm' | 'Qemu' | 'Gpu';

export type OperationRole = 'Operator' | 'Admin';

export type OperationSection = { region: string; group: string; layer: number; name: string };

export type OperationStanding = 'Admitted' | 'Left' | 'Excluded';

export type PlacementClass = { capacity: PlacementTotals; used: PlacementTotals };

export type PlacementError =
  | 'NotAGatekeeper'
  | 'NotAuthorized'
  | 'InvalidSection'
  | 'LastAdmin'
  | 'NoRole'
  | 'LayoutMismatch'
  | 'InvalidName'
  | 'InvalidResources'
  | 'UnknownHost'
  | 'UnknownGuest'
  | 'AlreadyPlaced'
  | 'HostClosed'
  | 'HostInUse'
  | 'HostFull'
  | 'BufferReached'
  | 'OtherClass'
  | 'Overflow';

export type PlacementHost = {
  class: string;
  capacity: PlacementResources;
  used: PlacementResources;
  guests: number;
  open: boolean;
};

export type PlacementLayout = { digest: Hex; accepts: Hex[] };

export type PlacementPlacement = { host: AccountId; needs: PlacementResources; by: AccountId; since: number };

export type PlacementResources = { vcpus: number; memoryMib: number; diskGib: number };

export type PlacementRole = 'Operator' | 'Admin';

export type PlacementSection = { region: string; group: string; layer: number; name: string };

export type PlacementTotals = { vcpus: bigint; memoryMib: bigint; diskGib: bigint };

export type PrivacyAccess = 'Reader' | 'Writer' | 'Keeper';

export type PrivacyAnchor = { root: Hex; size: bigint; by: AccountId; since: number };

export type PrivacyChallenge = {
  role: Hex;
  value: Hex;
  holder: AccountId;
  anchor: PrivacyAnchor;
  index: number;
  deadline: number;
};

export type PrivacyError =
  | { NotAGatekeeper: null }
  | { NotAuthorized: null }
  | { InvalidSection: null }
  | { LastAdmin: null }
  | { NoRole: null }
  | { LayoutMismatch: null }
  | { InvalidKey: null }
  | { RoleExists: null }
  | { UnknownRole: null }
  | { NotAMember: null }
  | { NoKey: null }
  | { LastKeeper: null }
  | { TooManyMembers: null }
  | { TooManyValues: null }
  | { InvalidSize: null }
  | { RoleTooLarge: null }
  | { WrongEpoch: { actual: number } }
  | { VersionConflict: { actual: bigint } }
  | { UnknownValue: null }
  | { IncompleteRotation: null }
  | { UnknownData: null }
  | { InvalidData: null }
  | { UnknownChallenge: null }
  | { NotYourChallenge: null }
  | { WrongProof: null }
  | { DeadlinePassed: null }
  | { DeadlineNotPassed: null }
  | { Overflow: null };

export type PrivacyLayout = { digest: Hex; accepts: Hex[] };

export type PrivacyMember = { access: PrivacyAccess; share: Hex };

export type PrivacyRole = 'Operator' | 'Admin';

export type PrivacyRoleRecord = { epoch: number; publicKey: Hex; version: bigint; keepers: number; bytes: number };

export type PrivacyRotation = { publicKey: Hex; shares: [AccountId, Hex][]; values: [Hex, Hex][] };

export type PrivacySealedValue = { sealed: Hex; epoch: number; version: bigint; by: AccountId; since: number };

export type PrivacySection = { region: string; group: string; layer: number; name: string };

/** The messages and events of our contracts. */
export interface ContractInterfaces {
  configuration: {
    messages: {
      section: { args: []; returns: ConfigurationSection };
      head: { args: []; returns: ConfigurationHead };
      get: { args: [key: string]; returns: ConfigurationEntry | null };
      getMany: { args: [keys: string[]]; returns: (ConfigurationEntry | null)[] };
      keys: { args: [from: number, limit: number]; returns: string[] };
      apply: {
        args: [expectedVersion: bigint, changes: ConfigurationChange[]];
        returns: { Ok: ConfigurationHead } | { Err: ConfigurationError };
      };
      roleOf: { args: [account: AccountId]; returns: ConfigurationRole | null };
      grant: {
        args: [account: AccountId, role: ConfigurationRole];
        returns: { Ok: null } | { Err: ConfigurationError };
      };
      revoke: { args: [account: AccountId]; returns: { Ok: null } | { Err: ConfigurationError } };
      layout: { args: []; returns: ConfigurationLayout };
      upgrade: { args: [codeHash: Hash]; returns: { Ok: null } | { Err: ConfigurationError } };
    };
    events: {
      ConfigurationChanged: { section: string; version: bigint; by: AccountId; digest: Hex };
      RoleGranted: { account: AccountId; role: ConfigurationRole; by: AccountId };
      RoleRevoked: { account: AccountId; by: AccountId };
    };
  };
  deployment: {
    messages: {
      section: { args: []; returns: DeploymentSection };
      threshold: { args: []; returns: number };
      setThreshold: { args: [threshold: number]; returns: { Ok: null } | { Err: DeploymentError } };
      propose: {
        args: [requestId: Hex, change: DeploymentChange, waitBlocks: number];
        returns: { Ok: bigint } | { Err: DeploymentError };
      };
      approve: { args: [id: bigint]; returns: { Ok: DeploymentProposal } | { Err: DeploymentError } };
      reject: { args: [id: bigint]; returns: { Ok: DeploymentProposal } | { Err: DeploymentError } };
      withdraw: { args: [id: bigint]; returns: { Ok: DeploymentProposal } | { Err: DeploymentError } };
      expire: { args: [id: bigint]; returns: { Ok: DeploymentProposal } | { Err: DeploymentError } };
      report: {
        args: [id: bigint, outcome: DeploymentOutcome];
        returns: { Ok: DeploymentProposal } | { Err: DeploymentError };
      };
      proposal: { args: [id: bigint]; returns: DeploymentProposal | null };
      proposals: { args: [from: bigint, limit: number]; returns: DeploymentProposal[] };
      current: { args: [target: string]; returns: DeploymentProposal | null };
      roleOf: { args: [account: AccountId]; returns: DeploymentRole | null };
      grant: { args: [account: AccountId, role: DeploymentRole]; returns: { Ok: null } | { Err: DeploymentError } };
      revoke: { args: [account: AccountId]; returns: { Ok: null } | { Err: DeploymentError } };
      layout: { args: []; returns: DeploymentLayout };
      upgrade: { args: [codeHash: Hash]; returns: { Ok: null } | { Err: DeploymentError } };
    };
    events: {
      ThresholdSet: { threshold: number; by: AccountId };
      ApprovalGiven: { proposal: bigint; by: AccountId; approvals: number };
      StatusChanged: { proposal: bigint; target: string; status: DeploymentStatus; by: AccountId };
      ChangeProposed: { proposal: bigint; target: string; closure: Hex; author: AccountId; deadline: number };
      RoleGranted: { account: AccountId; role: DeploymentRole; by: AccountId };
      RoleRevoked: { account: AccountId; by: AccountId };
    };
  };
  lease: {
    messages: {
      section: { args: []; returns: LeaseSection };
      price: { args: [class_: string]; returns: bigint | null };
      setPrice: { args: [class_: string, price: bigint | null]; returns: { Ok: null } | { Err: LeaseError } };
      beneficiary: { args: []; returns: AccountId };
      setBeneficiary: { args: [account: AccountId]; returns: { Ok: null } | { Err: LeaseError } };
      open: {
        args: [requestId: Hex, customer: AccountId, class_: string, blocks: number];
        returns: { Ok: bigint } | { Err: LeaseError };
      };
      settle: { args: [id: bigint]; returns: { Ok: LeaseLease } | { Err: LeaseError } };
      cancel: { args: [id: bigint]; returns: { Ok: LeaseLease } | { Err: LeaseError } };
      lease: { args: [id: bigint]; returns: LeaseLease | null };
      leases: { args: [from: bigint, limit: number]; returns: LeaseLease[] };
      roleOf: { args: [account: AccountId]; returns: LeaseRole | null };
      grant: { args: [account: AccountId, role: LeaseRole]; returns: { Ok: null } | { Err: LeaseError } };
      revoke: { args: [account: AccountId]; returns: { Ok: null } | { Err: LeaseError } };
      layout: { args: []; returns: LeaseLayout };
      upgrade: { args: [codeHash: Hash]; returns: { Ok: null } | { Err: LeaseError } };
    };
    events: {
      PriceSet: { class: string; price: bigint | null; by: AccountId };
      LeaseClosed: { lease: bigint; customer: AccountId; status: LeaseStatus; refund: bigint };
      LeaseOpened: {
        lease: bigint;
        customer: AccountId;
        class: string;
        price: bigint;
        until: number;
        payer: AccountId;
      };
      LeaseSettled: { lease: bigint; amount: bigint; settledUntil: number };
      BeneficiarySet: { account: AccountId; by: AccountId };
      RoleGranted: { account: AccountId; role: LeaseRole; by: AccountId };
      RoleRevoked: { account: AccountId; by: AccountId };
    };
  };
  operation: {
    messages: {
      section: { args: []; returns: OperationSection };
      admit: {
        args: [requestId: Hex, admission: OperationAdmission];
        returns: { Ok: OperationMember } | { Err: OperationError };
      };
      leave: { args: []; returns: { Ok: OperationMember } | { Err: OperationError } };
      exclude: {
        args: [account: AccountId, reason: string];
        returns: { Ok: OperationMember } | { Err: OperationError };
      };
      member: { args: [account: AccountId]; returns: OperationMember | null };
      members: { args: [from: number, limit: number]; returns: [AccountId, OperationMember][] };
      admissionTemplate: { args: []; returns: string | null };
      setAdmissionTemplate: { args: [template: string | null]; returns: { Ok: null } | { Err: OperationError } };
      request: {
        args: [requestId: Hex, host: AccountId, kind: OperationOperationKind, deadlineBlocks: number];
        returns: { Ok: bigint } | { Err: OperationError };
      };
      claim: { args: [id: bigint]; returns: { Ok: OperationOperation } | { Err: OperationError } };
      complete: {
        args: [id: bigint, outcome: OperationOutcome];
        returns: { Ok: OperationOperation } | { Err: OperationError };
      };
      expire: { args: [id: bigint]; returns: { Ok: OperationOperation } | { Err: OperationError } };
      operation: { args: [id: bigint]; returns: OperationOperation | null };
      operationsOf: { args: [host: AccountId, from: number, limit: number]; returns: OperationOperation[] };
      openOperations: { args: [host: AccountId]; returns: OperationOperation[] };
      roleOf: { args: [account: AccountId]; returns: OperationRole | null };
      grant: { args: [account: AccountId, role: OperationRole]; returns: { Ok: null } | { Err: OperationError } };
      revoke: { args: [account: AccountId]; returns: { Ok: null } | { Err: OperationError } };
      layout: { args: []; returns: OperationLayout };
      upgrade: { args: [codeHash: Hash]; returns: { Ok: null } | { Err: OperationError } };
    };
    events: {
      AdmissionTemplateSet: { template: string | null; by: AccountId };
      HostLeft: { host: AccountId };
      HostAdmitted: { host: AccountId; requestId: Hex; admission: OperationAdmission };
      HostExcluded: { host: AccountId; by: AccountId; reason: string };
      OperationClaimed: { host: AccountId; operation: bigint };
      OperationExpired: { host: AccountId; operation: bigint };
      OperationApproved: { host: AccountId; operation: bigint };
      OperationCompleted: { host: AccountId; operation: bigint; outcome: OperationOutcome };
      OperationRequested: {
        host: AccountId;
        operation: bigint;
        requestId: Hex;
        kind: OperationOperationKind;
        requestedBy: AccountId;
        deadline: number;
      };
      RoleGranted: { account: AccountId; role: OperationRole; by: AccountId };
      RoleRevoked: { account: AccountId; by: AccountId };
    };
  };
  placement: {
    messages: {
      section: { args: []; returns: PlacementSection };
      setHost: {
        args: [host: AccountId, class_: string, capacity: PlacementResources, open: boolean];
        returns: { Ok: PlacementHost } | { Err: PlacementError };
      };
      removeHost: { args: [host: AccountId]; returns: { Ok: null } | { Err: PlacementError } };
      place: {
        args: [guest: string, host: AccountId, needs: PlacementResources];
        returns: { Ok: PlacementPlacement } | { Err: PlacementError };
      };
      moveGuest: {
        args: [guest: string, host: AccountId];
        returns: { Ok: PlacementPlacement } | { Err: PlacementError };
      };
      release: { args: [guest: string]; returns: { Ok: null } | { Err: PlacementError } };
      host: { args: [account: AccountId]; returns: PlacementHost | null };
      hosts: { args: [from: number, limit: number]; returns: [AccountId, PlacementHost][] };
      class: { args: [class_: string]; returns: PlacementClass };
      placement: { args: [guest: string]; returns: PlacementPlacement | null };
      roleOf: { args: [account: AccountId]; returns: PlacementRole | null };
      grant: { args: [account: AccountId, role: PlacementRole]; returns: { Ok: null } | { Err: PlacementError } };
      revoke: { args: [account: AccountId]; returns: { Ok: null } | { Err: PlacementError } };
      layout: { args: []; returns: PlacementLayout };
      upgrade: { args: [codeHash: Hash]; returns: { Ok: null } | { Err: PlacementError } };
    };
    events: {
      HostSet: { host: AccountId; class: string; capacity: PlacementResources; open: boolean; by: AccountId };
      GuestPlaced: { host: AccountId; guest: string; needs: PlacementResources; from: AccountId | null; by: AccountId };
      HostRemoved: { host: AccountId; by: AccountId };
      GuestReleased: { host: AccountId; guest: string; by: AccountId };
      RoleGranted: { account: AccountId; role: PlacementRole; by: AccountId };
      RoleRevoked: { account: AccountId; by: AccountId };
    };
  };
  privacy: {
    messages: {
      section: { args: []; returns: PrivacySection };
      publishKey: { args: [publicKey: Hex]; returns: { Ok: null } | { Err: PrivacyError } };
      keyOf: { args: [account: AccountId]; returns: Hex | null };
      createRole: { args: [role: Hex, publicKey: Hex, share: Hex]; returns: { Ok: null } | { Err: PrivacyError } };
      dropRole: { args: [role: Hex]; returns: { Ok: null } | { Err: PrivacyError } };
      grantAccess: {
        args: [role: Hex, account: AccountId, access: PrivacyAccess, epoch: number, share: Hex];
        returns: { Ok: PrivacyRoleRecord } | { Err: PrivacyError };
      };
      revokeAccess: {
        args: [role: Hex, account: AccountId, expectedVersion: bigint, rotation: PrivacyRotation];
        returns: { Ok: PrivacyRoleRecord } | { Err: PrivacyError };
      };
      rotate: {
        args: [role: Hex, expectedVersion: bigint, rotation: PrivacyRotation];
        returns: { Ok: PrivacyRoleRecord } | { Err: PrivacyError };
      };
      role: { args: [role: Hex]; returns: PrivacyRoleRecord | null };
      members: { args: [role: Hex]; returns: [AccountId, PrivacyMember][] };
      put: {
        args: [role: Hex, value: Hex, epoch: number, expectedVersion: bigint, sealed: Hex];
        returns: { Ok: bigint } | { Err: PrivacyError };
      };
      remove: { args: [role: Hex, value: Hex]; returns: { Ok: null } | { Err: PrivacyError } };
      value: { args: [role: Hex, value: Hex]; returns: PrivacySealedValue | null };
      values: { args: [role: Hex]; returns: [Hex, PrivacySealedValue][] };
      anchor: { args: [role: Hex, value: Hex, root: Hex, size: bigint]; returns: { Ok: null } | { Err: PrivacyError } };
      data: { args: [role: Hex, value: Hex]; returns: PrivacyAnchor | null };
      challenge: {
        args: [role: Hex, value: Hex, holder: AccountId, seed: Hex];
        returns: { Ok: bigint } | { Err: PrivacyError };
      };
      prove: { args: [id: bigint, chunk: Hex, path: Hex[]]; returns: { Ok: null } | { Err: PrivacyError } };
      fail: { args: [id: bigint]; returns: { Ok: null } | { Err: PrivacyError } };
      openChallenge: { args: [id: bigint]; returns: PrivacyChallenge | null };
      lastProven: { args: [holder: AccountId, root: Hex]; returns: number | null };
      roleOf: { args: [account: AccountId]; returns: PrivacyRole | null };
      grant: { args: [account: AccountId, role: PrivacyRole]; returns: { Ok: null } | { Err: PrivacyError } };
      revoke: { args: [account: AccountId]; returns: { Ok: null } | { Err: PrivacyError } };
      layout: { args: []; returns: PrivacyLayout };
      upgrade: { args: [codeHash: Hash]; returns: { Ok: null } | { Err: PrivacyError } };
    };
    events: {
      ValueSet: { role: Hex; value: Hex; version: bigint; by: AccountId };
      RoleCreated: { role: Hex; by: AccountId };
      RoleDropped: { role: Hex; by: AccountId };
      RoleRotated: { role: Hex; epoch: number; by: AccountId };
      DataAnchored: { role: Hex; value: Hex; root: Hex; size: bigint; by: AccountId };
      KeyPublished: { account: AccountId; publicKey: Hex };
      ValueRemoved: { role: Hex; value: Hex; by: AccountId };
      AccessGranted: { role: Hex; account: AccountId; access: PrivacyAccess; by: AccountId };
      AccessRevoked: { role: Hex; account: AccountId; by: AccountId };
      ChallengeClosed: { holder: AccountId; challenge: bigint; proven: boolean };
      PossessionChallenged: { holder: AccountId; challenge: bigint; index: number; deadline: number };
      RoleGranted: { account: AccountId; role: PrivacyRole; by: AccountId };
      RoleRevoked: { account: AccountId; by: AccountId };
    };
  };
}
