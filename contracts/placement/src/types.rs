//! What the contract stores and speaks. Order and types of fields and variants are part of the encoding.

use crate::limits::{MAX_CAPACITY, MAX_NAME_BYTES, USABLE_PERCENT};
use contract_common::{is_label, refusals_into};
use ink::{prelude::string::String, primitives::AccountId};

/// What a host has or a guest needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Resources {
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Disk in GiB.
    pub disk_gib: u32,
}

/// Sums over a class's hosts or guests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Totals {
    pub vcpus: u64,
    pub memory_mib: u64,
    pub disk_gib: u64,
}

/// A host that takes guests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Host {
    /// Its resource class: a label.
    pub class: String,
    pub capacity: Resources,
    /// What its guests take. More than its capacity only after the capacity was lowered.
    pub used: Resources,
    pub guests: u32,
    /// Whether it takes new guests.
    pub open: bool,
}

/// The hosts of one class together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Class {
    /// Capacity of its open hosts.
    pub capacity: Totals,
    /// What the guests of all its hosts take.
    pub used: Totals,
}

/// Where a guest was put.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Placement {
    pub host: AccountId,
    pub needs: Resources,
    /// Who decided.
    pub by: AccountId,
    /// Block of the decision.
    pub since: u32,
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
    /// A class or a guest is not a label.
    InvalidName,
    /// A guest needs nothing, or a host has more than a host can have.
    InvalidResources,
    /// There is no such host.
    UnknownHost,
    /// There is no such guest.
    UnknownGuest,
    /// The guest is placed already, in another way.
    AlreadyPlaced,
    /// The host takes no new guests.
    HostClosed,
    /// The host still has guests.
    HostInUse,
    /// The host has too little left.
    HostFull,
    /// No more of the class may be used: the rest is its buffer.
    BufferReached,
    /// The guest would change its class.
    OtherClass,
    /// The contract has used up its numbers.
    Overflow,
}

refusals_into!(Error);

impl Resources {
    pub fn is_valid_capacity(&self) -> bool {
        self.units().iter().all(|unit| *unit <= MAX_CAPACITY)
    }

    /// Whether a guest can need this: a processor and memory at least.
    pub fn is_valid_need(&self) -> bool {
        self.vcpus > 0 && self.memory_mib > 0 && self.is_valid_capacity()
    }

    pub fn fits(&self, capacity: &Self) -> bool {
        self.units().iter().zip(capacity.units()).all(|(unit, limit)| *unit <= limit)
    }

    pub fn plus(&self, other: &Self) -> Option<Self> {
        self.combine(other, u32::checked_add)
    }

    pub fn minus(&self, other: &Self) -> Option<Self> {
        self.combine(other, u32::checked_sub)
    }

    fn combine(&self, other: &Self, with: impl Fn(u32, u32) -> Option<u32>) -> Option<Self> {
        Some(Self {
            vcpus: with(self.vcpus, other.vcpus)?,
            memory_mib: with(self.memory_mib, other.memory_mib)?,
            disk_gib: with(self.disk_gib, other.disk_gib)?,
        })
    }

    fn units(&self) -> [u32; 3] {
        [self.vcpus, self.memory_mib, self.disk_gib]
    }
}

impl Totals {
    pub fn plus(&self, other: &Resources) -> Option<Self> {
        self.combine(other, u64::checked_add)
    }

    pub fn minus(&self, other: &Resources) -> Option<Self> {
        self.combine(other, u64::checked_sub)
    }

    fn combine(&self, other: &Resources, with: impl Fn(u64, u64) -> Option<u64>) -> Option<Self> {
        Some(Self {
            vcpus: with(self.vcpus, other.vcpus.into())?,
            memory_mib: with(self.memory_mib, other.memory_mib.into())?,
            disk_gib: with(self.disk_gib, other.disk_gib.into())?,
        })
    }
}

impl Class {
    /// Whether what is used leaves the buffer free.
    pub fn keeps_buffer(&self) -> bool {
        let within = |used: u64, capacity: u64| used.saturating_mul(100) <= capacity.saturating_mul(USABLE_PERCENT);
        within(self.used.vcpus, self.capacity.vcpus)
            && within(self.used.memory_mib, self.capacity.memory_mib)
            && within(self.used.disk_gib, self.capacity.disk_gib)
    }
}

pub fn check_name(name: &str) -> Result<(), Error> {
    if is_label(name, MAX_NAME_BYTES) {
        Ok(())
    } else {
        Err(Error::InvalidName)
    }
}

impl Class {
    /// With a host in it.
    pub fn with(&self, host: &Host) -> Option<Self> {
        let capacity = if host.open { self.capacity.plus(&host.capacity)? } else { self.capacity };
        Some(Self { capacity, used: self.used.plus(&host.used)? })
    }

    /// Without a host that is in it.
    pub fn without(&self, host: &Host) -> Option<Self> {
        let capacity = if host.open { self.capacity.minus(&host.capacity)? } else { self.capacity };
        Some(Self { capacity, used: self.used.minus(&host.used)? })
    }
}

impl Host {
    /// Makes room for a guest. Fails with `HostClosed`, `HostFull` or `Overflow`.
    pub fn take(&mut self, needs: &Resources) -> Result<(), Error> {
        if !self.open {
            return Err(Error::HostClosed);
        }
        let used = self.used.plus(needs).ok_or(Error::Overflow)?;
        if !used.fits(&self.capacity) {
            return Err(Error::HostFull);
        }
        self.guests = self.guests.checked_add(1).ok_or(Error::Overflow)?;
        self.used = used;
        Ok(())
    }

    /// Frees what a guest took. Fails with `Overflow`.
    pub fn give_back(&mut self, needs: &Resources) -> Result<(), Error> {
        self.used = self.used.minus(needs).ok_or(Error::Overflow)?;
        self.guests = self.guests.checked_sub(1).ok_or(Error::Overflow)?;
        Ok(())
    }
}
