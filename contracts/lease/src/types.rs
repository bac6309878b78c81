//! What the contract stores and speaks. Order and types of fields and variants are part of the encoding.

use contract_common::{refusals_into, RequestId};
use ink::{prelude::string::String, primitives::AccountId};

/// Planck.
pub type Balance = u128;

/// How far a lease is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Status {
    /// It runs, or its end was not settled yet.
    Active,
    /// It ran to its end, and all of it was settled.
    Ended,
    /// It was ended early, and the rest paid back.
    Cancelled,
}

/// What a customer rents.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Lease {
    /// Its number in this contract, from 1.
    pub id: u64,
    /// The payer's own number for it.
    pub request_id: RequestId,
    /// Whom it is for.
    pub customer: AccountId,
    /// Who paid in advance, and gets the rest back.
    pub payer: AccountId,
    /// Resource class: a label.
    pub class: String,
    /// Planck a block, as the price was when it began.
    pub price: Balance,
    /// Its first block.
    pub from: u32,
    /// The first block after it.
    pub until: u32,
    /// The first block that was not settled yet.
    pub settled_until: u32,
    pub status: Status,
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
    /// A class is not a label.
    InvalidName,
    /// A price is 0 or too high.
    InvalidPrice,
    /// A lease is shorter than an hour or longer than 360 days.
    InvalidDuration,
    /// The class has no price: it isn't for rent.
    NotForRent,
    /// The caller used this request id for something else.
    RequestConflict,
    /// The payment is not the price of all blocks.
    WrongPayment { expected: Balance },
    /// There is no such lease.
    UnknownLease,
    /// The lease was paid by another.
    NotYourLease,
    /// The chain didn't take a transfer, for example to an account that would hold too little to exist.
    TransferFailed,
    /// The contract has used up its numbers.
    Overflow,
}

refusals_into!(Error);

impl Lease {
    /// Price of the blocks up to `now` that were not settled yet, and the first block after them.
    pub fn due(&self, now: u32) -> Option<(Balance, u32)> {
        let end = now.clamp(self.settled_until, self.until);
        let blocks = end.checked_sub(self.settled_until)?;
        Some((self.price.checked_mul(blocks.into())?, end))
    }

    /// What is held for the blocks that were not settled yet.
    pub fn held(&self) -> Option<Balance> {
        match self.status {
            Status::Active => self.price.checked_mul(self.until.checked_sub(self.settled_until)?.into()),
            Status::Ended | Status::Cancelled => Some(0),
        }
    }
}
