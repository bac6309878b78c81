//! # Lease contract (OSC)
//!
//! What customers rent. Operators set a price a block for each class; a gatekeeper opens a lease for a customer and pays
//! for all of its blocks in advance; what has run is settled to the beneficiary whenever somebody asks; and a lease that
//! is cancelled is settled up to now, with the rest paid back.
//!
//! Every message that changes anything fails with `NotAGatekeeper` for others than gatekeepers in good standing.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod limits;
pub mod types;

#[cfg(test)]
mod tests;

#[ink::contract]
pub mod lease {
    use crate::{
        limits::*,
        types::{Error, Lease, Status},
    };
    use contract_common::{gatekeeper, is_label, page, Layout, RequestId, Role, Roles, Section};
    use ink::{
        prelude::{string::String, vec::Vec},
        storage::Mapping,
    };

    /// Digest of this contract's storage layout; see [`contract_common::Layout`].
    pub const LAYOUT_DIGEST: [u8; 32] = [
        223, 86, 210, 177, 254, 98, 93, 194, 217, 38, 92, 111, 23, 74, 24, 161, 180, 160, 182, 157, 5, 79, 128, 20,
        193, 29, 234, 32, 21, 168, 202, 130,
    ];

    /// A class has another price, or with `None` isn't for rent any more. Leases that run keep theirs.
    #[ink(event)]
    pub struct PriceSet {
        #[ink(topic)]
        pub class: String,
        /// Planck a block.
        pub price: Option<Balance>,
        pub by: AccountId,
    }

    /// Settled blocks are paid to this account from now on.
    #[ink(event)]
    pub struct BeneficiarySet {
        pub account: AccountId,
        pub by: AccountId,
    }

    /// A customer rents something.
    #[ink(event)]
    pub struct LeaseOpened {
        #[ink(topic)]
        pub lease: u64,
        #[ink(topic)]
        pub customer: AccountId,
        pub class: String,
        pub price: Balance,
        pub until: u32,
        pub payer: AccountId,
    }

    /// Blocks of a lease were paid for.
    #[ink(event)]
    pub struct LeaseSettled {
        #[ink(topic)]
        pub lease: u64,
        pub amount: Balance,
        pub settled_until: u32,
    }

    /// A lease ran to its end, or was cancelled and the rest of it paid back.
    #[ink(event)]
    pub struct LeaseClosed {
        #[ink(topic)]
        pub lease: u64,
        #[ink(topic)]
        pub customer: AccountId,
        pub status: Status,
        pub refund: Balance,
    }

    #[ink(storage)]
    pub struct LeaseContract {
        section: Section,
        roles: Roles,
        beneficiary: AccountId,
        lease_count: u64,
        prices: Mapping<String, Balance>,
        leases: Mapping<u64, Lease>,
        /// The lease that each request led to.
        requests: Mapping<(AccountId, RequestId), u64>,
    }

    impl LeaseContract {
        /// Nothing is for rent yet. The caller administers the contract and is its beneficiary. Emits `RoleGranted`.
        ///
        /// Fails with `InvalidSection`.
        #[ink(constructor)]
        pub fn new(section: Section) -> Result<Self, Error> {
            let beneficiary = Self::env().caller();
            Ok(Self {
                section: section.checked()?,
                roles: Roles::new(beneficiary),
                beneficiary,
                lease_count: 0,
                prices: Mapping::default(),
                leases: Mapping::default(),
                requests: Mapping::default(),
            })
        }

        /// The section that this contract acts for.
        #[ink(message)]
        pub fn section(&self) -> Section {
            self.section.clone()
        }

        /// Price of a class in Planck a block; `None` when it isn't for rent.
        #[ink(message)]
        pub fn price(&self, class: String) -> Option<Balance> {
            self.prices.get(class)
        }

        /// Sets a price, or with `None` takes a class off the market. Only an operator may. Emits `PriceSet`.
        ///
        /// Fails with `NotAuthorized`, `InvalidName` or `InvalidPrice`.
        #[ink(message)]
        pub fn set_price(&mut self, class: String, price: Option<Balance>) -> Result<(), Error> {
            let by = gatekeeper()?;
            self.roles.ensure_operator(by)?;
            if !is_label(&class, MAX_NAME_BYTES) {
                return Err(Error::InvalidName);
            }
            match price {
                Some(price) if !(1..=MAX_PRICE).contains(&price) => return Err(Error::InvalidPrice),
                Some(price) => drop(self.prices.insert(&class, &price)),
                None => self.prices.remove(&class),
            }
            self.env().emit_event(PriceSet { class, price, by });
            Ok(())
        }

        /// Who is paid for settled blocks.
        #[ink(message)]
        pub fn beneficiary(&self) -> AccountId {
            self.beneficiary
        }

        /// Sets who is paid for settled blocks. Only an admin may. Emits `BeneficiarySet`.
        ///
        /// Fails with `NotAuthorized`.
        #[ink(message)]
        pub fn set_beneficiary(&mut self, account: AccountId) -> Result<(), Error> {
            let by = gatekeeper()?;
            self.roles.ensure_admin(by)?;
            self.beneficiary = account;
            self.env().emit_event(BeneficiarySet { account, by });
            Ok(())
        }

        /// Rents a class for a customer from this block on, for `blocks` blocks, paid with the call. Any gatekeeper may.
        /// The same request again has no second effect: its payment goes back. Emits `LeaseOpened`. Returns the lease's id.
        ///
        /// Fails with `NotForRent`, `InvalidDuration`, `RequestConflict`, `WrongPayment`, `TransferFailed` or `Overflow`.
        #[ink(message, payable)]
        pub fn open(
            &mut self,
            request_id: RequestId,
            customer: AccountId,
            class: String,
            blocks: u32,
        ) -> Result<u64, Error> {
            let payer = gatekeeper()?;
            let paid = self.env().transferred_value();
            if let Some(lease) = self.requests.get((payer, request_id)).and_then(|id| self.leases.get(id)) {
                let same = lease.customer == customer
                    && lease.class == class
                    && lease.until.checked_sub(lease.from) == Some(blocks);
                if !same {
                    return Err(Error::RequestConflict);
                }
                self.pay(payer, paid)?;
                return Ok(lease.id);
            }
            let price = self.prices.get(&class).ok_or(Error::NotForRent)?;
            if !(MIN_BLOCKS..=MAX_BLOCKS).contains(&blocks) {
                return Err(Error::InvalidDuration);
            }
            let expected = price.checked_mul(blocks.into()).ok_or(Error::Overflow)?;
            if paid != expected {
                return Err(Error::WrongPayment { expected });
            }
            let id = self.lease_count.checked_add(1).ok_or(Error::Overflow)?;
            let from = self.env().block_number();
            let until = from.checked_add(blocks).ok_or(Error::Overflow)?;
            self.lease_count = id;
            self.requests.insert((payer, request_id), &id);
            let lease = Lease {
                id,
                request_id,
                customer,
                payer,
                class: class.clone(),
                price,
                from,
                until,
                settled_until: from,
                status: Status::Active,
            };
            self.leases.insert(id, &lease);
            self.env().emit_event(LeaseOpened { lease: id, customer, class, price, until, payer });
            Ok(id)
        }

        /// Pays the beneficiary for the blocks that ran since it was settled last; once all of them have, the lease is
        /// ended. Any gatekeeper may. Emits `LeaseSettled` and `LeaseClosed`, where anything changed.
        ///
        /// Fails with `UnknownLease`, `TransferFailed` or `Overflow`.
        #[ink(message)]
        pub fn settle(&mut self, id: u64) -> Result<Lease, Error> {
            gatekeeper()?;
            let mut lease = self.leases.get(id).ok_or(Error::UnknownLease)?;
            if lease.status != Status::Active {
                return Ok(lease);
            }
            self.settle_due(&mut lease)?;
            if lease.settled_until == lease.until {
                self.close(&mut lease, Status::Ended, 0);
            }
            self.leases.insert(id, &lease);
            Ok(lease)
        }

        /// Ends a lease now: what ran is settled, the rest goes back to whoever paid. Its payer or an operator may.
        /// Cancelling again changes nothing. Emits `LeaseSettled` and `LeaseClosed`.
        ///
        /// Fails with `UnknownLease`, `NotYourLease`, `TransferFailed` or `Overflow`.
        #[ink(message)]
        pub fn cancel(&mut self, id: u64) -> Result<Lease, Error> {
            let by = gatekeeper()?;
            let mut lease = self.leases.get(id).ok_or(Error::UnknownLease)?;
            if lease.payer != by && self.roles.of(by).is_none() {
                return Err(Error::NotYourLease);
            }
            if lease.status != Status::Active {
                return Ok(lease);
            }
            self.settle_due(&mut lease)?;
            let refund = lease.held().ok_or(Error::Overflow)?;
            self.pay(lease.payer, refund)?;
            let status = if refund == 0 { Status::Ended } else { Status::Cancelled };
            self.close(&mut lease, status, refund);
            self.leases.insert(id, &lease);
            Ok(lease)
        }

        /// A lease by its id.
        #[ink(message)]
        pub fn lease(&self, id: u64) -> Option<Lease> {
            self.leases.get(id)
        }

        /// The leases from number `from` (the first is 1) on, at most `limit` and never more than 64.
        #[ink(message)]
        pub fn leases(&self, from: u64, limit: u32) -> Vec<Lease> {
            let count = u32::try_from(self.lease_count.saturating_add(1).saturating_sub(from)).unwrap_or(u32::MAX);
            page(0, limit, MAX_PAGE, count)
                .filter_map(|offset| self.leases.get(from.checked_add(offset.into())?))
                .collect()
        }

        /// The role of an account.
        #[ink(message)]
        pub fn role_of(&self, account: AccountId) -> Option<Role> {
            self.roles.of(account)
        }

        /// Gives an account a role, in place of the one it has. Only an admin may. Emits `RoleGranted`.
        ///
        /// Fails with `NotAGatekeeper`, `NotAuthorized` or `LastAdmin`.
        #[ink(message)]
        pub fn grant(&mut self, account: AccountId, role: Role) -> Result<(), Error> {
            Ok(self.roles.grant(gatekeeper()?, account, role)?)
        }

        /// Takes an account's role. Only an admin may, and one admin must remain. Emits `RoleRevoked`.
        ///
        /// Fails with `NotAGatekeeper`, `NotAuthorized`, `NoRole` or `LastAdmin`.
        #[ink(message)]
        pub fn revoke(&mut self, account: AccountId) -> Result<(), Error> {
            Ok(self.roles.revoke(gatekeeper()?, account)?)
        }

        /// How this code lays out the contract's storage.
        #[ink(message, selector = 0x4c41594f)]
        pub fn layout(&self) -> Layout {
            layout()
        }

        /// Replaces the contract's code by code that was uploaded and reads what is stored. Only an admin may. The chain
        /// emits `ContractCodeUpdated`.
        ///
        /// Fails with `NotAGatekeeper`, `NotAuthorized` or `LayoutMismatch`.
        #[ink(message)]
        pub fn upgrade(&mut self, code_hash: Hash) -> Result<(), Error> {
            self.roles.ensure_admin(gatekeeper()?)?;
            Ok(contract_common::upgrade(&layout(), code_hash)?)
        }

        fn settle_due(&self, lease: &mut Lease) -> Result<(), Error> {
            let (amount, end) = lease.due(self.env().block_number()).ok_or(Error::Overflow)?;
            if amount == 0 {
                return Ok(());
            }
            self.pay(self.beneficiary, amount)?;
            lease.settled_until = end;
            self.env().emit_event(LeaseSettled { lease: lease.id, amount, settled_until: end });
            Ok(())
        }

        fn close(&self, lease: &mut Lease, status: Status, refund: Balance) {
            lease.status = status;
            self.env().emit_event(LeaseClosed { lease: lease.id, customer: lease.customer, status, refund });
        }

        fn pay(&self, account: AccountId, amount: Balance) -> Result<(), Error> {
            if amount == 0 {
                return Ok(());
            }
            self.env().transfer(account, amount).map_err(|_| Error::TransferFailed)
        }
    }

    /// Digest of the storage as this code lays it out, and of the older layouts that it reads.
    pub fn layout() -> Layout {
        Layout { digest: LAYOUT_DIGEST, accepts: Vec::new() }
    }
}
