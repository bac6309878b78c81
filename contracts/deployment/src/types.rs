//! What the contract stores and speaks. Order and types of fields and variants are part of the encoding.

use crate::limits::{MAX_REASON_BYTES, MAX_TARGET_BYTES};
use contract_common::{is_path, refusals_into, RequestId};
use ink::{
    prelude::{string::String, vec::Vec},
    primitives::AccountId,
};

/// What is to run. Everything in it is known by its hash, so that what is approved is what is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Change {
    /// What it changes, such as `region/network`: lower-case letters, digits, hyphens, dots and slashes.
    pub target: String,
    /// SHA-256 of the manifest that names every artefact of the change by its hash.
    pub closure: [u8; 32],
    /// Size of that manifest in bytes.
    pub size: u64,
    /// The closure that it replaces, as its author knew it; `None` for a target that has none.
    pub replaces: Option<[u8; 32]>,
}

/// How far a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Status {
    /// It waits for approvals.
    Proposed,
    /// It has enough of them, and may be applied.
    Approved,
    /// It runs.
    Applied,
    /// It was applied in vain.
    Failed,
    /// An approver turned it down.
    Rejected,
    /// Its author took it back.
    Withdrawn,
    /// It didn't get its approvals in time.
    Expired,
}

/// How applying a proposal ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Outcome {
    /// `report` is the SHA-256 of the document that describes what was done.
    Applied {
        report: [u8; 32],
    },
    Failed {
        reason: String,
    },
}

/// A change that somebody proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Proposal {
    /// Its number in this contract, from 1.
    pub id: u64,
    /// The author's own number for it.
    pub request_id: RequestId,
    pub author: AccountId,
    pub change: Change,
    pub status: Status,
    /// Who approved it, in their order.
    pub approvals: Vec<AccountId>,
    /// How many approvals it needs: the threshold when it was proposed.
    pub threshold: u32,
    /// Block in which it was proposed.
    pub proposed_at: u32,
    /// First block in which it can't be approved any more.
    pub deadline: u32,
    /// Set once it was applied or failed.
    pub outcome: Option<Outcome>,
}

/// Why a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Error {
    /// The caller is no gatekeeper in good standing.
    NotAGatekeeper,
    /// The caller's role doesn't allow this.
    NotAuthorized,
    /// The section's names or layer are not what the chain takes.
    InvalidSection,
    /// The contract would be left without an admin.
    LastAdmin,
    /// The account has no role.
    NoRole,
    /// The new code can't read what this contract has stored, or there is no such code.
    LayoutMismatch,
    /// The target's name is empty, too long, or has bytes other than `a-z 0-9 - . /`; or the manifest is empty.
    InvalidChange,
    /// A reason is too long.
    InvalidReason,
    /// A threshold is 0 or more than 32.
    InvalidThreshold,
    /// A deadline is less than a minute or more than 30 days away.
    InvalidDeadline,
    /// The caller used this request id for something else.
    RequestConflict,
    /// There is no such proposal.
    UnknownProposal,
    /// Whoever proposes a change doesn't approve it.
    OwnProposal,
    /// The proposal is another one's.
    NotYourProposal,
    /// The proposal is in a state from which this can't be done.
    WrongStatus { status: Status },
    /// Something else was applied to the target since this was proposed.
    Superseded,
    /// The proposal's deadline has passed.
    DeadlinePassed,
    /// The proposal's deadline hasn't passed yet.
    DeadlineNotPassed,
    /// The contract has used up its numbers.
    Overflow,
}

refusals_into!(Error);

impl Change {
    pub fn check(&self) -> Result<(), Error> {
        if is_path(&self.target, MAX_TARGET_BYTES) && self.size > 0 {
            Ok(())
        } else {
            Err(Error::InvalidChange)
        }
    }
}

impl Outcome {
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Failed { reason } => check_reason(reason),
            Self::Applied { .. } => Ok(()),
        }
    }

    /// Status of a proposal that ended so.
    pub fn status(&self) -> Status {
        match self {
            Self::Applied { .. } => Status::Applied,
            Self::Failed { .. } => Status::Failed,
        }
    }
}

pub fn check_reason(reason: &str) -> Result<(), Error> {
    if reason.len() <= MAX_REASON_BYTES {
        Ok(())
    } else {
        Err(Error::InvalidReason)
    }
}
