//! What the contract stores and speaks. Order and types of fields and variants are part of the encoding.

use crate::limits::{MAX_NAME_BYTES, MAX_REASON_BYTES, MAX_TEMPLATE_BYTES};
use contract_common::{is_label, is_path, refusals_into, RequestId};
use ink::{prelude::string::String, primitives::AccountId};

/// How a host lends compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Path {
    /// Hardware virtualization through libvirt.
    Kvm,
    /// QEMU's software emulation through libvirt.
    Qemu,
    /// GPU kernels that are sent to it.
    Gpu,
}

/// What a host says of itself when it asks to be admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Admission {
    /// Its resource class: a label.
    pub class: String,
    pub path: Path,
    /// SHA-256 of the JSON document with its inventory and scores.
    pub inventory: [u8; 32],
    /// Version of the client gatekeeper that it will run.
    pub gatekeeper: String,
}

/// Where a host stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Standing {
    /// It belongs to the region.
    Admitted,
    /// It left by itself, and may come back.
    Left,
    /// It was excluded, and may not.
    Excluded,
}

/// A host that was admitted at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Member {
    pub standing: Standing,
    /// What it said of itself last.
    pub admission: Admission,
    /// Block in which it joined, or came back after it had left.
    pub since: u32,
    /// Block of the last change to this record.
    pub changed: u32,
}

/// What a host is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum OperationKind {
    /// Start a DVM from a template.
    StartDvm { name: String, template: String },
    /// Stop a DVM.
    StopDvm { name: String },
    /// Run a native command that a gatekeeper let through.
    Run {
        /// What it is in the words of its library, such as `kubeadm/join`: labels.
        operation: String,
        /// SHA-256 of the reference library that it was read by.
        library: [u8; 32],
        /// SHA-256 of the document with its arguments and the digests of its files.
        command: [u8; 32],
    },
}

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum OperationState {
    /// Asked for, and waiting for approval. This version approves at once.
    Requested,
    /// The host may claim it.
    Approved,
    /// The host is at it.
    Claimed,
    Done,
    Failed,
    /// Its deadline passed before it was done.
    Expired,
}

/// How an operation ended on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Outcome {
    /// `result` is the SHA-256 of the document that describes what was done.
    Done {
        result: [u8; 32],
    },
    Failed {
        reason: String,
    },
}

/// Something that one host is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Operation {
    /// Its number in this contract, from 1.
    pub id: u64,
    /// The requester's own number for it.
    pub request_id: RequestId,
    /// The host that is to do it.
    pub host: AccountId,
    pub kind: OperationKind,
    /// Who asked. For an admission guest that is the contract itself.
    pub requested_by: AccountId,
    pub state: OperationState,
    /// Block in which it was asked for.
    pub requested_at: u32,
    /// First block in which it can't be claimed any more and may be expired.
    pub deadline: u32,
    /// Set once it is done or failed.
    pub outcome: Option<Outcome>,
}

/// Why a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Error {
    /// The caller's role doesn't allow this.
    NotAuthorized,
    /// The section's names or layer are not what the chain takes.
    InvalidSection,
    /// The class is not a label, or the gatekeeper's version is empty, too long, or has bytes that don't print.
    InvalidAdmission,
    /// The DVM's name is not a label, or the command's operation no labels with `/` between them.
    InvalidName,
    /// The template's name is empty, too long, or has bytes other than `a-z 0-9 - . /`.
    InvalidTemplate,
    /// A reason is too long.
    InvalidReason,
    /// A deadline is 0 blocks, or longer than 30 days.
    InvalidDeadline,
    /// The caller used this request id for something else.
    RequestConflict,
    /// The account was never admitted.
    NotAMember,
    /// The host is not admitted now.
    NotAdmitted,
    /// The host was excluded.
    Excluded,
    /// The host has too many open operations.
    TooManyOpenOperations,
    /// There is no such operation.
    OperationNotFound,
    /// The operation is another host's.
    NotYourOperation,
    /// The operation is in a state from which this can't be done.
    WrongState { state: OperationState },
    /// The operation's deadline has passed.
    DeadlinePassed,
    /// The operation's deadline hasn't passed yet.
    DeadlineNotPassed,
    /// The contract has used up its numbers.
    Overflow,
    /// The contract would be left without an admin.
    LastAdmin,
    /// The account has no role.
    NoRole,
    /// The caller is no gatekeeper in good standing.
    NotAGatekeeper,
    /// The new code can't read what this contract has stored, or there is no such code.
    LayoutMismatch,
}

refusals_into!(Error);

impl Admission {
    pub fn check(&self) -> Result<(), Error> {
        let gatekeeper = self.gatekeeper.as_str();
        let prints = gatekeeper.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = (1..=MAX_NAME_BYTES).contains(&gatekeeper.len());
        if is_label(&self.class, MAX_NAME_BYTES) && prints && fits {
            Ok(())
        } else {
            Err(Error::InvalidAdmission)
        }
    }
}

impl OperationKind {
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::StartDvm { name, template } => check_name(name).and_then(|()| check_template(template)),
            Self::StopDvm { name } => check_name(name),
            Self::Run { operation, .. } if operation.len() > MAX_NAME_BYTES => Err(Error::InvalidName),
            Self::Run { operation, .. } => operation.split('/').try_for_each(check_name),
        }
    }
}

impl Outcome {
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Done { .. } => Ok(()),
            Self::Failed { reason } => check_reason(reason),
        }
    }

    /// State of an operation that ended so.
    pub fn state(&self) -> OperationState {
        match self {
            Self::Done { .. } => OperationState::Done,
            Self::Failed { .. } => OperationState::Failed,
        }
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    if is_label(name, MAX_NAME_BYTES) {
        Ok(())
    } else {
        Err(Error::InvalidName)
    }
}

pub fn check_template(template: &str) -> Result<(), Error> {
    if is_path(template, MAX_TEMPLATE_BYTES) {
        Ok(())
    } else {
        Err(Error::InvalidTemplate)
    }
}

pub fn check_reason(reason: &str) -> Result<(), Error> {
    if reason.len() <= MAX_REASON_BYTES {
        Ok(())
    } else {
        Err(Error::InvalidReason)
    }
}
