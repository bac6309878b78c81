//! # Configuration contract (CSC)
//!
//! The keys and values of one section of a region's configuration. A section changes by whole sets of changes: each
//! raises its version by one and adds to a digest over its history, so that a reader who knows a head knows that
//! nothing before it was altered. A writer says which version it worked from and is refused if that isn't the last.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod limits;
pub mod types;

#[cfg(test)]
mod tests;

#[ink::contract]
pub mod configuration {
    use crate::{
        limits::*,
        types::{Change, Entry, Error, Head, Value},
    };
    use contract_common::{gatekeeper, page, Layout, Role, Roles, Section};
    use ink::{
        env::hash::Blake2x256,
        prelude::{collections::BTreeSet, string::String, vec::Vec},
        scale::Encode,
        storage::Mapping,
    };

    /// Digest of this contract's storage layout; see [`contract_common::Layout`].
    pub const LAYOUT_DIGEST: [u8; 32] = [
        173, 51, 253, 36, 197, 204, 28, 207, 49, 67, 200, 247, 218, 161, 131, 139, 130, 248, 80, 22, 128, 29, 243, 42,
        217, 237, 5, 33, 166, 13, 211, 40,
    ];

    /// The section has a new version.
    #[ink(event)]
    pub struct ConfigurationChanged {
        /// Name of the section.
        #[ink(topic)]
        pub section: String,
        pub version: u64,
        pub by: AccountId,
        /// Digest of the new head.
        pub digest: [u8; 32],
    }

    /// BLAKE2b-256 of a key. Entries are stored under it, because the chain's storage keys are shorter than ours.
    type KeyHash = [u8; 32];

    /// What has to be known about an entry to replace or remove it, without reading the entry itself.
    #[derive(Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub struct Slot {
        /// Its place in the list of keys.
        position: u32,
        /// BLAKE2b-256 of the entry's SCALE bytes.
        digest: [u8; 32],
    }

    #[ink(storage)]
    pub struct Configuration {
        section: Section,
        roles: Roles,
        head: Head,
        key_count: u32,
        entries: Mapping<KeyHash, Entry>,
        slots: Mapping<KeyHash, Slot>,
        /// The keys, by position: from 0 to `key_count`, without gaps.
        keys: Mapping<u32, String>,
    }

    impl Configuration {
        /// An empty section, administered by the caller.
        ///
        /// Fails with `InvalidSection`.
        #[ink(constructor)]
        pub fn new(section: Section) -> Result<Self, Error> {
            Ok(Self {
                section: section.checked()?,
                roles: Roles::new(Self::env().caller()),
                head: Head { version: 0, digest: [0; 32] },
                key_count: 0,
                entries: Mapping::default(),
                slots: Mapping::default(),
                keys: Mapping::default(),
            })
        }

        /// The section that this contract holds.
        #[ink(message)]
        pub fn section(&self) -> Section {
            self.section.clone()
        }

        /// Version and digest of the section.
        #[ink(message)]
        pub fn head(&self) -> Head {
            self.head
        }

        /// The entry of a key.
        #[ink(message)]
        pub fn get(&self, key: String) -> Option<Entry> {
            self.entries.get(self.hash_of(&key))
        }

        /// The entries of several keys, in their order. Where they are too large for one answer, it holds only the
        /// first ones: ask again for the keys past its length.
        #[ink(message)]
        pub fn get_many(&self, keys: Vec<String>) -> Vec<Option<Entry>> {
            let mut answer = Vec::new();
            let mut bytes = 0usize;
            for key in &keys {
                let entry = self.entries.get(self.hash_of(key));
                bytes = bytes.saturating_add(entry.encoded_size());
                if bytes > MAX_ANSWER_BYTES {
                    break;
                }
                answer.push(entry);
            }
            answer
        }

        /// The keys from position `from` on, at most `limit` and never more than 256. Their order is arbitrary, and it
        /// can change when a key is removed: a reader of several pages compares the head before and after.
        #[ink(message)]
        pub fn keys(&self, from: u32, limit: u32) -> Vec<String> {
            page(from, limit, MAX_PAGE, self.key_count).filter_map(|position| self.keys.get(position)).collect()
        }

        /// Makes all changes, or none. `expected_version` is the version that the caller worked from. Only an operator may.
        /// Emits `ConfigurationChanged`.
        ///
        /// Returns the new head. Fails with every [`Error`] but `InvalidSection`, `LastAdmin`, `NoRole` and `LayoutMismatch`.
        #[ink(message)]
        pub fn apply(&mut self, expected_version: u64, changes: Vec<Change>) -> Result<Head, Error> {
            let by = gatekeeper()?;
            self.roles.ensure_operator(by)?;
            let actual = self.head.version;
            if expected_version != actual {
                return Err(Error::VersionConflict { expected: expected_version, actual });
            }
            let hashes = self.check(&changes)?;
            let version = actual.checked_add(1).ok_or(Error::VersionOverflow)?;
            let digest = self.env().hash_encoded::<Blake2x256, _>(&(self.head.digest, &changes));

            for (change, hash) in changes.into_iter().zip(hashes) {
                match change {
                    Change::Set { key, value, media_type } => self.set(hash, &key, value, media_type, version),
                    Change::Remove { .. } => self.remove(hash),
                }
            }
            self.head = Head { version, digest };
            self.env().emit_event(ConfigurationChanged { section: self.section.name.clone(), version, by, digest });
            Ok(self.head)
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

        fn hash_of(&self, key: &str) -> KeyHash {
            self.env().hash_bytes::<Blake2x256>(key.as_bytes())
        }

        /// Checks that every change can be made. Nothing is written before this has passed, so that a refused call
        /// leaves no trace. Returns the hashes of the changes' keys.
        fn check(&self, changes: &Vec<Change>) -> Result<Vec<KeyHash>, Error> {
            if changes.is_empty() {
                return Err(Error::NoChanges);
            }
            if changes.len() > MAX_CHANGES {
                return Err(Error::TooManyChanges);
            }
            if changes.encoded_size() > MAX_CHANGES_BYTES {
                return Err(Error::ChangesTooLarge);
            }
            let mut hashes: Vec<KeyHash> = Vec::with_capacity(changes.len());
            let mut seen = BTreeSet::new();
            let mut key_count = self.key_count;
            for (position, change) in (0u32..).zip(changes) {
                change.check(position)?;
                let hash = self.hash_of(change.key());
                if !seen.insert(hash) {
                    return Err(Error::DuplicateKey { change: position });
                }
                match (change, self.slots.contains(hash)) {
                    (Change::Set { .. }, false) => key_count = key_count.saturating_add(1),
                    (Change::Set { .. }, true) => {}
                    (Change::Remove { .. }, true) => key_count = key_count.saturating_sub(1),
                    (Change::Remove { .. }, false) => return Err(Error::KeyNotFound { change: position }),
                }
                hashes.push(hash);
            }
            if key_count > MAX_KEYS {
                return Err(Error::TooManyKeys);
            }
            Ok(hashes)
        }

        fn set(&mut self, hash: KeyHash, key: &String, value: Value, media_type: String, version: u64) {
            let before = self.slots.get(hash);
            let position = match &before {
                Some(slot) => slot.position,
                None => {
                    self.keys.insert(self.key_count, key);
                    let position = self.key_count;
                    self.key_count = position.saturating_add(1);
                    position
                }
            };
            let entry = Entry { value, media_type, version, previous: before.map(|slot| slot.digest) };
            let digest = self.env().hash_encoded::<Blake2x256, _>(&entry);
            self.entries.insert(hash, &entry);
            self.slots.insert(hash, &Slot { position, digest });
        }

        /// Removes a key and moves the last one into its place. A key without a slot isn't there.
        fn remove(&mut self, hash: KeyHash) {
            let Some(slot) = self.slots.take(hash) else { return };
            self.entries.remove(hash);
            let last = self.key_count.saturating_sub(1);
            let moved = self.keys.take(last);
            self.key_count = last;
            if slot.position == last {
                return;
            }
            if let Some(key) = moved {
                let moved_hash = self.hash_of(&key);
                if let Some(moved_slot) = self.slots.get(moved_hash) {
                    self.slots.insert(moved_hash, &Slot { position: slot.position, ..moved_slot });
                }
                self.keys.insert(slot.position, &key);
            }
        }
    }

    /// Digest of the storage as this code lays it out, and of the older layouts that it reads.
    pub fn layout() -> Layout {
        Layout { digest: LAYOUT_DIGEST, accepts: Vec::new() }
    }
}
