//! # Placement contract (OSC)
//!
//! Which host each guest goes to. Operators enter hosts with their class and capacity, and record where they put each
//! guest; the contract refuses what a host has no room for, and keeps 30 % of each class free, so that the guests of a
//! host that fails find a place. Moving a guest may use that buffer. What was decided already changes nothing when it is
//! said again.
//!
//! Every message that changes anything fails with `NotAGatekeeper` for others than gatekeepers in good standing.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod limits;
pub mod types;

#[cfg(test)]
mod tests;

#[ink::contract]
pub mod placement {
    use crate::{
        limits::MAX_PAGE,
        types::{check_name, Class, Error, Host, Placement, Resources},
    };
    use contract_common::{gatekeeper, page, Layout, Role, Roles, Section};
    use ink::{
        prelude::{string::String, vec::Vec},
        storage::Mapping,
    };

    /// Digest of this contract's storage layout; see [`contract_common::Layout`].
    pub const LAYOUT_DIGEST: [u8; 32] = [
        119, 55, 4, 62, 79, 5, 210, 188, 90, 224, 45, 160, 96, 8, 212, 204, 116, 4, 94, 161, 44, 92, 236, 115, 203,
        189, 159, 155, 253, 220, 100, 103,
    ];

    /// A host was entered, or has another class, capacity or readiness than before.
    #[ink(event)]
    pub struct HostSet {
        #[ink(topic)]
        pub host: AccountId,
        pub class: String,
        pub capacity: Resources,
        pub open: bool,
        pub by: AccountId,
    }

    /// A host was taken from the list.
    #[ink(event)]
    pub struct HostRemoved {
        #[ink(topic)]
        pub host: AccountId,
        pub by: AccountId,
    }

    /// A guest goes to a host: for the first time, or from the host where it was.
    #[ink(event)]
    pub struct GuestPlaced {
        #[ink(topic)]
        pub host: AccountId,
        #[ink(topic)]
        pub guest: String,
        pub needs: Resources,
        pub from: Option<AccountId>,
        pub by: AccountId,
    }

    /// A guest needs no place any more.
    #[ink(event)]
    pub struct GuestReleased {
        #[ink(topic)]
        pub host: AccountId,
        #[ink(topic)]
        pub guest: String,
        pub by: AccountId,
    }

    #[ink(storage)]
    pub struct PlacementContract {
        section: Section,
        roles: Roles,
        host_count: u32,
        hosts: Mapping<AccountId, Host>,
        /// The hosts by position, from 0 to `host_count` without gaps, and each one's position.
        host_list: Mapping<u32, AccountId>,
        positions: Mapping<AccountId, u32>,
        classes: Mapping<String, Class>,
        guests: Mapping<String, Placement>,
    }

    impl PlacementContract {
        /// A region without hosts, administered by the caller. Emits `RoleGranted`.
        ///
        /// Fails with `InvalidSection`.
        #[ink(constructor)]
        pub fn new(section: Section) -> Result<Self, Error> {
            Ok(Self {
                section: section.checked()?,
                roles: Roles::new(Self::env().caller()),
                host_count: 0,
                hosts: Mapping::default(),
                host_list: Mapping::default(),
                positions: Mapping::default(),
                classes: Mapping::default(),
                guests: Mapping::default(),
            })
        }

        /// The section that this contract acts for.
        #[ink(message)]
        pub fn section(&self) -> Section {
            self.section.clone()
        }

        /// Enters a host, or changes what is known of it. Closed, it takes no new guests and doesn't count for its class.
        /// A capacity below what its guests take is a host in trouble: they stay until they are moved. Only an operator
        /// may. Emits `HostSet`, unless nothing changed.
        ///
        /// Fails with `NotAuthorized`, `InvalidName`, `InvalidResources`, `HostInUse` (another class while it has guests)
        /// or `Overflow`.
        #[ink(message)]
        pub fn set_host(
            &mut self,
            host: AccountId,
            class: String,
            capacity: Resources,
            open: bool,
        ) -> Result<Host, Error> {
            let by = self.operator()?;
            check_name(&class)?;
            if !capacity.is_valid_capacity() {
                return Err(Error::InvalidResources);
            }
            let before = self.hosts.get(host);
            let (used, guests) = match &before {
                Some(known) if known.class != class && known.guests > 0 => return Err(Error::HostInUse),
                Some(known) => (known.used, known.guests),
                None => (Resources::default(), 0),
            };
            let next = Host { class, capacity, used, guests, open };
            if before.as_ref() == Some(&next) {
                return Ok(next);
            }
            if let Some(known) = &before {
                self.change_class(&known.class, |class| class.without(known))?;
            } else {
                let position = self.host_count;
                self.host_count = position.checked_add(1).ok_or(Error::Overflow)?;
                self.host_list.insert(position, &host);
                self.positions.insert(host, &position);
            }
            self.change_class(&next.class, |class| class.with(&next))?;
            self.hosts.insert(host, &next);
            self.env().emit_event(HostSet { host, class: next.class.clone(), capacity, open, by });
            Ok(next)
        }

        /// Takes a host without guests from the list. Only an operator may. Emits `HostRemoved`.
        ///
        /// Fails with `NotAuthorized`, `UnknownHost`, `HostInUse` or `Overflow`.
        #[ink(message)]
        pub fn remove_host(&mut self, host: AccountId) -> Result<(), Error> {
            let by = self.operator()?;
            let known = self.hosts.get(host).ok_or(Error::UnknownHost)?;
            if known.guests > 0 {
                return Err(Error::HostInUse);
            }
            self.change_class(&known.class, |class| class.without(&known))?;
            self.hosts.remove(host);
            self.unlist(host);
            self.env().emit_event(HostRemoved { host, by });
            Ok(())
        }

        /// Records that a guest goes to a host. The same again changes nothing. Only an operator may. Emits `GuestPlaced`.
        ///
        /// Fails with `NotAuthorized`, `InvalidName`, `InvalidResources`, `AlreadyPlaced`, `UnknownHost`, `HostClosed`,
        /// `HostFull`, `BufferReached` or `Overflow`.
        #[ink(message)]
        pub fn place(&mut self, guest: String, host: AccountId, needs: Resources) -> Result<Placement, Error> {
            let by = self.operator()?;
            check_name(&guest)?;
            if !needs.is_valid_need() {
                return Err(Error::InvalidResources);
            }
            if let Some(placed) = self.guests.get(&guest) {
                let same = placed.host == host && placed.needs == needs;
                return if same { Ok(placed) } else { Err(Error::AlreadyPlaced) };
            }
            let mut target = self.hosts.get(host).ok_or(Error::UnknownHost)?;
            target.take(&needs)?;
            let mut class = self.class(target.class.clone());
            class.used = class.used.plus(&needs).ok_or(Error::Overflow)?;
            if !class.keeps_buffer() {
                return Err(Error::BufferReached);
            }
            self.classes.insert(&target.class, &class);
            self.hosts.insert(host, &target);
            Ok(self.settle(guest, Placement { host, needs, by, since: self.env().block_number() }, None))
        }

        /// Records that a guest goes to another host of its class, where it may use the buffer. To the host where it is,
        /// it changes nothing. Only an operator may. Emits `GuestPlaced`.
        ///
        /// Fails with `NotAuthorized`, `UnknownGuest`, `UnknownHost`, `OtherClass`, `HostClosed`, `HostFull` or `Overflow`.
        #[ink(message)]
        pub fn move_guest(&mut self, guest: String, host: AccountId) -> Result<Placement, Error> {
            let by = self.operator()?;
            let placed = self.guests.get(&guest).ok_or(Error::UnknownGuest)?;
            if placed.host == host {
                return Ok(placed);
            }
            let mut target = self.hosts.get(host).ok_or(Error::UnknownHost)?;
            let mut source = self.hosts.get(placed.host).ok_or(Error::UnknownHost)?;
            if target.class != source.class {
                return Err(Error::OtherClass);
            }
            target.take(&placed.needs)?;
            source.give_back(&placed.needs)?;
            self.hosts.insert(host, &target);
            self.hosts.insert(placed.host, &source);
            let next = Placement { host, by, since: self.env().block_number(), ..placed };
            Ok(self.settle(guest, next, Some(placed.host)))
        }

        /// Records that a guest is gone. Only an operator may. Emits `GuestReleased`.
        ///
        /// Fails with `NotAuthorized`, `UnknownGuest`, `UnknownHost` or `Overflow`.
        #[ink(message)]
        pub fn release(&mut self, guest: String) -> Result<(), Error> {
            let by = self.operator()?;
            let placed = self.guests.get(&guest).ok_or(Error::UnknownGuest)?;
            let mut host = self.hosts.get(placed.host).ok_or(Error::UnknownHost)?;
            host.give_back(&placed.needs)?;
            self.change_class(&host.class, |class| Some(Class { used: class.used.minus(&placed.needs)?, ..class }))?;
            self.hosts.insert(placed.host, &host);
            self.guests.remove(&guest);
            self.env().emit_event(GuestReleased { host: placed.host, guest, by });
            Ok(())
        }

        /// What is known of a host.
        #[ink(message)]
        pub fn host(&self, account: AccountId) -> Option<Host> {
            self.hosts.get(account)
        }

        /// The hosts from position `from` on, at most `limit` and never more than 64. Their order changes when one is
        /// removed.
        #[ink(message)]
        pub fn hosts(&self, from: u32, limit: u32) -> Vec<(AccountId, Host)> {
            page(from, limit, MAX_PAGE, self.host_count)
                .filter_map(|position| self.host_list.get(position))
                .filter_map(|account| Some((account, self.hosts.get(account)?)))
                .collect()
        }

        /// The hosts of a class together; zeros for a class without hosts.
        #[ink(message)]
        pub fn class(&self, class: String) -> Class {
            self.classes.get(class).unwrap_or_default()
        }

        /// Where a guest is.
        #[ink(message)]
        pub fn placement(&self, guest: String) -> Option<Placement> {
            self.guests.get(guest)
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

        fn operator(&self) -> Result<AccountId, Error> {
            let caller = gatekeeper()?;
            self.roles.ensure_operator(caller)?;
            Ok(caller)
        }

        fn settle(&mut self, guest: String, placement: Placement, from: Option<AccountId>) -> Placement {
            self.guests.insert(&guest, &placement);
            let Placement { host, needs, by, .. } = placement;
            self.env().emit_event(GuestPlaced { host, guest, needs, from, by });
            placement
        }

        /// Changes a class's sums; one without hosts and guests is forgotten.
        fn change_class(&mut self, name: &String, change: impl Fn(Class) -> Option<Class>) -> Result<(), Error> {
            let next = change(self.class(name.clone())).ok_or(Error::Overflow)?;
            if next == Class::default() {
                self.classes.remove(name);
            } else {
                self.classes.insert(name, &next);
            }
            Ok(())
        }

        /// Moves the last host of the list into the place of the one that goes.
        fn unlist(&mut self, host: AccountId) {
            let Some(position) = self.positions.take(host) else { return };
            let last = self.host_count.saturating_sub(1);
            self.host_count = last;
            let Some(moved) = self.host_list.take(last) else { return };
            if position != last {
                self.host_list.insert(position, &moved);
                self.positions.insert(moved, &position);
            }
        }
    }

    /// Digest of the storage as this code lays it out, and of the older layouts that it reads.
    pub fn layout() -> Layout {
        Layout { digest: LAYOUT_DIGEST, accepts: Vec::new() }
    }
}
