//! # Privacy contract (PSC)
//!
//! Private data on a public chain. A *role* here is a group of accounts that share an X25519 key: its public half is on
//! chain, its secret half is sealed to each member. Values are sealed to the role's key before they come here, so the
//! chain sees who may read and when something changed, and never what. Roles and values are called by hashes of their
//! names.
//!
//! Whoever loses access must not read what comes later: in the same call, the role gets a new key, which is sealed to
//! those who remain, and all values are sealed to it anew. What somebody could read before can't be taken back from them.
//!
//! Larger data stays off chain, encrypted under a key that is a value here; the contract knows its hash, and asks holders
//! to prove that they have it.
//!
//! Every message that changes anything fails with `NotAGatekeeper` for others than gatekeepers in good standing.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod limits;
mod merkle;
pub mod types;

#[cfg(test)]
mod tests;

#[ink::contract]
pub mod privacy {
    use crate::{
        limits::*,
        merkle::includes,
        types::{
            check_data, check_key, check_sealed, Access, Anchor, Challenge, Error, Member, PublicKey, RoleId,
            RoleRecord, Rotation, SealedValue, ValueId,
        },
    };
    use contract_common::{gatekeeper, Layout, Role, Roles, Section};
    use ink::{env::hash::Blake2x256, prelude::vec::Vec, storage::Mapping};

    /// Digest of this contract's storage layout; see [`contract_common::Layout`].
    pub const LAYOUT_DIGEST: [u8; 32] = [
        181, 151, 111, 197, 190, 1, 66, 105, 113, 111, 19, 178, 75, 180, 225, 189, 28, 54, 82, 112, 32, 85, 233, 214,
        159, 87, 60, 124, 115, 149, 166, 43,
    ];

    /// An account has a key, or another one, that can be sealed to.
    #[ink(event)]
    pub struct KeyPublished {
        #[ink(topic)]
        pub account: AccountId,
        pub public_key: PublicKey,
    }

    /// There is a new role.
    #[ink(event)]
    pub struct RoleCreated {
        #[ink(topic)]
        pub role: RoleId,
        pub by: AccountId,
    }

    /// A role is gone, with all its values.
    #[ink(event)]
    pub struct RoleDropped {
        #[ink(topic)]
        pub role: RoleId,
        pub by: AccountId,
    }

    /// An account has access to a role, in place of the access it had.
    #[ink(event)]
    pub struct AccessGranted {
        #[ink(topic)]
        pub role: RoleId,
        #[ink(topic)]
        pub account: AccountId,
        pub access: Access,
        pub by: AccountId,
    }

    /// An account lost its access to a role.
    #[ink(event)]
    pub struct AccessRevoked {
        #[ink(topic)]
        pub role: RoleId,
        #[ink(topic)]
        pub account: AccountId,
        pub by: AccountId,
    }

    /// A role has a new key, and all its values are sealed to it.
    #[ink(event)]
    pub struct RoleRotated {
        #[ink(topic)]
        pub role: RoleId,
        pub epoch: u32,
        pub by: AccountId,
    }

    /// A value was set.
    #[ink(event)]
    pub struct ValueSet {
        #[ink(topic)]
        pub role: RoleId,
        pub value: ValueId,
        pub version: u64,
        pub by: AccountId,
    }

    /// A value was removed, with the data that it belonged to.
    #[ink(event)]
    pub struct ValueRemoved {
        #[ink(topic)]
        pub role: RoleId,
        pub value: ValueId,
        pub by: AccountId,
    }

    /// Data off chain is known by its hash.
    #[ink(event)]
    pub struct DataAnchored {
        #[ink(topic)]
        pub role: RoleId,
        pub value: ValueId,
        pub root: [u8; 32],
        pub size: u64,
        pub by: AccountId,
    }

    /// A holder is asked to prove that it has data.
    #[ink(event)]
    pub struct PossessionChallenged {
        #[ink(topic)]
        pub holder: AccountId,
        #[ink(topic)]
        pub challenge: u64,
        pub index: u32,
        pub deadline: u32,
    }

    /// A holder did, or didn't in time.
    #[ink(event)]
    pub struct ChallengeClosed {
        #[ink(topic)]
        pub holder: AccountId,
        #[ink(topic)]
        pub challenge: u64,
        pub proven: bool,
    }

    #[ink(storage)]
    pub struct PrivacyContract {
        section: Section,
        roles: Roles,
        challenge_count: u64,
        keys: Mapping<AccountId, PublicKey>,
        records: Mapping<RoleId, RoleRecord>,
        members: Mapping<(RoleId, AccountId), Member>,
        /// A role's members in the order in which they came.
        member_lists: Mapping<RoleId, Vec<AccountId>>,
        values: Mapping<(RoleId, ValueId), SealedValue>,
        value_lists: Mapping<RoleId, Vec<ValueId>>,
        anchors: Mapping<(RoleId, ValueId), Anchor>,
        challenges: Mapping<u64, Challenge>,
        /// Block in which a holder last proved that it has data with this root.
        proven: Mapping<(AccountId, [u8; 32]), u32>,
    }

    impl PrivacyContract {
        /// A contract without roles, administered by the caller. Emits `RoleGranted`.
        ///
        /// Fails with `InvalidSection`.
        #[ink(constructor)]
        pub fn new(section: Section) -> Result<Self, Error> {
            Ok(Self {
                section: section.checked()?,
                roles: Roles::new(Self::env().caller()),
                challenge_count: 0,
                keys: Mapping::default(),
                records: Mapping::default(),
                members: Mapping::default(),
                member_lists: Mapping::default(),
                values: Mapping::default(),
                value_lists: Mapping::default(),
                anchors: Mapping::default(),
                challenges: Mapping::default(),
                proven: Mapping::default(),
            })
        }

        /// The section that this contract acts for.
        #[ink(message)]
        pub fn section(&self) -> Section {
            self.section.clone()
        }

        // Keys of accounts

        /// Publishes the key that things are sealed to for the caller, in place of the one before. Any gatekeeper may.
        /// Emits `KeyPublished`, unless it is the same key.
        ///
        /// Fails with `InvalidKey`.
        #[ink(message)]
        pub fn publish_key(&mut self, public_key: PublicKey) -> Result<(), Error> {
            let account = gatekeeper()?;
            check_key(&public_key)?;
            if self.keys.get(account) == Some(public_key) {
                return Ok(());
            }
            self.keys.insert(account, &public_key);
            self.env().emit_event(KeyPublished { account, public_key });
            Ok(())
        }

        /// The key that things are sealed to for an account.
        #[ink(message)]
        pub fn key_of(&self, account: AccountId) -> Option<PublicKey> {
            self.keys.get(account)
        }

        // Roles

        /// Makes a role with the caller as its keeper; `share` is the role's secret key, sealed to the caller. Only an
        /// operator of the contract may. Emits `RoleCreated` and `AccessGranted`.
        ///
        /// Fails with `NotAuthorized`, `InvalidKey`, `InvalidSize`, `RoleExists` or `NoKey`.
        #[ink(message)]
        pub fn create_role(&mut self, role: RoleId, public_key: PublicKey, share: Vec<u8>) -> Result<(), Error> {
            let by = gatekeeper()?;
            self.roles.ensure_operator(by)?;
            check_key(&public_key)?;
            check_share(&share)?;
            if self.records.contains(role) {
                return Err(Error::RoleExists);
            }
            if !self.keys.contains(by) {
                return Err(Error::NoKey);
            }
            self.records.insert(role, &RoleRecord { epoch: 1, public_key, version: 1, keepers: 1, bytes: 0 });
            self.members.insert((role, by), &Member { access: Access::Keeper, share });
            self.member_lists.insert(role, &Vec::from([by]));
            self.env().emit_event(RoleCreated { role, by });
            self.env().emit_event(AccessGranted { role, account: by, access: Access::Keeper, by });
            Ok(())
        }

        /// Removes a role, its members, values and anchors: the way out when its keepers lost their keys. Only an admin
        /// of the contract may. Emits `RoleDropped`.
        ///
        /// Fails with `NotAuthorized` or `UnknownRole`.
        #[ink(message)]
        pub fn drop_role(&mut self, role: RoleId) -> Result<(), Error> {
            let by = gatekeeper()?;
            self.roles.ensure_admin(by)?;
            self.record(role)?;
            for account in self.member_list(role) {
                self.members.remove((role, account));
            }
            for value in self.value_list(role) {
                self.values.remove((role, value));
                self.anchors.remove((role, value));
            }
            self.member_lists.remove(role);
            self.value_lists.remove(role);
            self.records.remove(role);
            self.env().emit_event(RoleDropped { role, by });
            Ok(())
        }

        /// Gives an account access, in place of the access it has; `share` is the role's secret key of `epoch`, sealed to
        /// the account's published key. Only a keeper of the role may. Emits `AccessGranted`.
        ///
        /// Fails with `UnknownRole`, `NotAuthorized`, `WrongEpoch`, `InvalidSize`, `NoKey`, `LastKeeper`,
        /// `TooManyMembers` or `Overflow`.
        #[ink(message)]
        pub fn grant_access(
            &mut self,
            role: RoleId,
            account: AccountId,
            access: Access,
            epoch: u32,
            share: Vec<u8>,
        ) -> Result<RoleRecord, Error> {
            let (by, mut record) = self.member_with(role, Access::Keeper)?;
            ensure_epoch(&record, epoch)?;
            check_share(&share)?;
            if !self.keys.contains(account) {
                return Err(Error::NoKey);
            }
            let before = self.members.get((role, account)).map(|member| member.access);
            record.keepers = keepers_after(record.keepers, before, Some(access))?;
            if before.is_none() {
                let mut list = self.member_list(role);
                if list.len() >= MAX_MEMBERS {
                    return Err(Error::TooManyMembers);
                }
                list.push(account);
                self.member_lists.insert(role, &list);
            }
            self.members.insert((role, account), &Member { access, share });
            self.save(role, &mut record)?;
            self.env().emit_event(AccessGranted { role, account, access, by });
            Ok(record)
        }

        /// Takes an account's access and gives the role a new key, which the account doesn't get. Only a keeper of the
        /// role may. `expected_version` is the role's version that the caller worked from. Emits `AccessRevoked` and
        /// `RoleRotated`.
        ///
        /// Fails with `UnknownRole`, `NotAuthorized`, `VersionConflict`, `NotAMember`, `LastKeeper` and as `rotate` does.
        #[ink(message)]
        pub fn revoke_access(
            &mut self,
            role: RoleId,
            account: AccountId,
            expected_version: u64,
            rotation: Rotation,
        ) -> Result<RoleRecord, Error> {
            let (by, mut record) = self.member_with(role, Access::Keeper)?;
            ensure_version(record.version, expected_version)?;
            let member = self.members.get((role, account)).ok_or(Error::NotAMember)?;
            record.keepers = keepers_after(record.keepers, Some(member.access), None)?;
            let mut list = self.member_list(role);
            list.retain(|other| *other != account);
            self.apply_rotation(role, &mut record, &list, rotation)?;
            self.members.remove((role, account));
            self.member_lists.insert(role, &list);
            self.env().emit_event(AccessRevoked { role, account, by });
            self.env().emit_event(RoleRotated { role, epoch: record.epoch, by });
            Ok(record)
        }

        /// Gives a role a new key, for instance because a member's key may have been stolen. Only a keeper of the role
        /// may. Emits `RoleRotated`.
        ///
        /// Fails with `UnknownRole`, `NotAuthorized`, `VersionConflict`, `InvalidKey`, `InvalidSize`,
        /// `IncompleteRotation`, `RoleTooLarge` or `Overflow`.
        #[ink(message)]
        pub fn rotate(&mut self, role: RoleId, expected_version: u64, rotation: Rotation) -> Result<RoleRecord, Error> {
            let (by, mut record) = self.member_with(role, Access::Keeper)?;
            ensure_version(record.version, expected_version)?;
            let list = self.member_list(role);
            self.apply_rotation(role, &mut record, &list, rotation)?;
            self.env().emit_event(RoleRotated { role, epoch: record.epoch, by });
            Ok(record)
        }

        /// What is known of a role.
        #[ink(message)]
        pub fn role(&self, role: RoleId) -> Option<RoleRecord> {
            self.records.get(role)
        }

        /// A role's members, with the role's key sealed to each.
        #[ink(message)]
        pub fn members(&self, role: RoleId) -> Vec<(AccountId, Member)> {
            let list = self.member_list(role);
            list.into_iter().filter_map(|account| Some((account, self.members.get((role, account))?))).collect()
        }

        // Values

        /// Sets a value that was sealed to the role's key of `epoch`. `expected_version` is the version that it replaces, 0
        /// for a new one. Only a writer or keeper of the role may. Emits `ValueSet`. Returns the value's version.
        ///
        /// Fails with `UnknownRole`, `NotAuthorized`, `WrongEpoch`, `InvalidSize`, `VersionConflict`, `TooManyValues`,
        /// `RoleTooLarge` or `Overflow`.
        #[ink(message)]
        pub fn put(
            &mut self,
            role: RoleId,
            value: ValueId,
            epoch: u32,
            expected_version: u64,
            sealed: Vec<u8>,
        ) -> Result<u64, Error> {
            let (by, mut record) = self.member_with(role, Access::Writer)?;
            ensure_epoch(&record, epoch)?;
            check_sealed(&sealed)?;
            let before = self.values.get((role, value));
            ensure_version(before.as_ref().map_or(0, |entry| entry.version), expected_version)?;
            let freed = before.as_ref().map_or(0, |entry| entry.sealed.len());
            record.bytes = size_after(record.bytes, freed, sealed.len())?;
            if before.is_none() {
                let mut list = self.value_list(role);
                if list.len() >= MAX_VALUES {
                    return Err(Error::TooManyValues);
                }
                list.push(value);
                self.value_lists.insert(role, &list);
            }
            let version = expected_version.checked_add(1).ok_or(Error::Overflow)?;
            let since = self.env().block_number();
            self.values.insert((role, value), &SealedValue { sealed, epoch, version, by, since });
            self.save(role, &mut record)?;
            self.env().emit_event(ValueSet { role, value, version, by });
            Ok(version)
        }

        /// Removes a value, and the anchor of the data that it belongs to. Only a writer or keeper of the role may. Emits
        /// `ValueRemoved`.
        ///
        /// Fails with `UnknownRole`, `NotAuthorized`, `UnknownValue` or `Overflow`.
        #[ink(message)]
        pub fn remove(&mut self, role: RoleId, value: ValueId) -> Result<(), Error> {
            let (by, mut record) = self.member_with(role, Access::Writer)?;
            let entry = self.values.take((role, value)).ok_or(Error::UnknownValue)?;
            self.anchors.remove((role, value));
            let mut list = self.value_list(role);
            list.retain(|other| *other != value);
            self.value_lists.insert(role, &list);
            record.bytes = size_after(record.bytes, entry.sealed.len(), 0)?;
            self.save(role, &mut record)?;
            self.env().emit_event(ValueRemoved { role, value, by });
            Ok(())
        }

        /// A value, sealed.
        #[ink(message)]
        pub fn value(&self, role: RoleId, value: ValueId) -> Option<SealedValue> {
            self.values.get((role, value))
        }

        /// All values of a role, sealed.
        #[ink(message)]
        pub fn values(&self, role: RoleId) -> Vec<(ValueId, SealedValue)> {
            let list = self.value_list(role);
            list.into_iter().filter_map(|value| Some((value, self.values.get((role, value))?))).collect()
        }

        // Data off chain

        /// Names data by its hash, in place of the data that the value named before. Only a writer or keeper of the role
        /// may. Emits `DataAnchored`.
        ///
        /// Fails with `UnknownRole`, `NotAuthorized`, `InvalidData` or `UnknownValue`.
        #[ink(message)]
        pub fn anchor(&mut self, role: RoleId, value: ValueId, root: [u8; 32], size: u64) -> Result<(), Error> {
            let (by, _) = self.member_with(role, Access::Writer)?;
            check_data(size)?;
            if !self.values.contains((role, value)) {
                return Err(Error::UnknownValue);
            }
            let since = self.env().block_number();
            self.anchors.insert((role, value), &Anchor { root, size, by, since });
            self.env().emit_event(DataAnchored { role, value, root, size, by });
            Ok(())
        }

        /// The data that a value names.
        #[ink(message)]
        pub fn data(&self, role: RoleId, value: ValueId) -> Option<Anchor> {
            self.anchors.get((role, value))
        }

        /// Asks a holder for a piece of data, to be shown within 15 minutes. `seed` decides which piece: nobody but the
        /// caller should know it before. Only a member of the role may. Emits `PossessionChallenged`. Returns the
        /// challenge's id.
        ///
        /// Fails with `UnknownRole`, `NotAuthorized`, `UnknownData` or `Overflow`.
        #[ink(message)]
        pub fn challenge(
            &mut self,
            role: RoleId,
            value: ValueId,
            holder: AccountId,
            seed: [u8; 32],
        ) -> Result<u64, Error> {
            self.member_with(role, Access::Reader)?;
            let anchor = self.anchors.get((role, value)).ok_or(Error::UnknownData)?;
            let id = self.challenge_count.checked_add(1).ok_or(Error::Overflow)?;
            let deadline = self.env().block_number().checked_add(CHALLENGE_BLOCKS).ok_or(Error::Overflow)?;
            let hash = self.env().hash_encoded::<Blake2x256, _>(&(seed, holder, id));
            let index = first_u32(&hash).checked_rem(anchor.chunks()).ok_or(Error::UnknownData)?;
            self.challenge_count = id;
            self.challenges.insert(id, &Challenge { role, value, holder, anchor, index, deadline });
            self.env().emit_event(PossessionChallenged { holder, challenge: id, index, deadline });
            Ok(id)
        }

        /// Shows the piece of data that was asked for, with its path in the Merkle tree. Only the holder that was asked
        /// may. Emits `ChallengeClosed`.
        ///
        /// Fails with `UnknownChallenge`, `NotYourChallenge`, `DeadlinePassed` or `WrongProof`.
        #[ink(message)]
        pub fn prove(&mut self, id: u64, chunk: Vec<u8>, path: Vec<[u8; 32]>) -> Result<(), Error> {
            let holder = gatekeeper()?;
            let challenge = self.challenges.get(id).ok_or(Error::UnknownChallenge)?;
            let Challenge { anchor, index, deadline, .. } = challenge;
            if challenge.holder != holder {
                return Err(Error::NotYourChallenge);
            }
            let now = self.env().block_number();
            if now >= deadline {
                return Err(Error::DeadlinePassed);
            }
            if chunk.len() != anchor.chunk_bytes(index)
                || !includes(&anchor.root, anchor.chunks(), index, &chunk, &path)
            {
                return Err(Error::WrongProof);
            }
            self.proven.insert((holder, anchor.root), &now);
            self.close(id, holder, true);
            Ok(())
        }

        /// Ends a challenge that wasn't answered in time. Any gatekeeper may. Emits `ChallengeClosed`.
        ///
        /// Fails with `UnknownChallenge` or `DeadlineNotPassed`.
        #[ink(message)]
        pub fn fail(&mut self, id: u64) -> Result<(), Error> {
            gatekeeper()?;
            let challenge = self.challenges.get(id).ok_or(Error::UnknownChallenge)?;
            if self.env().block_number() < challenge.deadline {
                return Err(Error::DeadlineNotPassed);
            }
            self.close(id, challenge.holder, false);
            Ok(())
        }

        /// A challenge that is open.
        #[ink(message)]
        pub fn open_challenge(&self, id: u64) -> Option<Challenge> {
            self.challenges.get(id)
        }

        /// Block in which a holder last proved that it has the data of this root.
        #[ink(message)]
        pub fn last_proven(&self, holder: AccountId, root: [u8; 32]) -> Option<u32> {
            self.proven.get((holder, root))
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

        /// The caller and the role, if the caller has at least this access to it.
        fn member_with(&self, role: RoleId, access: Access) -> Result<(AccountId, RoleRecord), Error> {
            let caller = gatekeeper()?;
            let record = self.record(role)?;
            match self.members.get((role, caller)) {
                Some(member) if member.access >= access => Ok((caller, record)),
                _ => Err(Error::NotAuthorized),
            }
        }

        fn record(&self, role: RoleId) -> Result<RoleRecord, Error> {
            self.records.get(role).ok_or(Error::UnknownRole)
        }

        fn member_list(&self, role: RoleId) -> Vec<AccountId> {
            self.member_lists.get(role).unwrap_or_default()
        }

        fn value_list(&self, role: RoleId) -> Vec<ValueId> {
            self.value_lists.get(role).unwrap_or_default()
        }

        fn save(&mut self, role: RoleId, record: &mut RoleRecord) -> Result<(), Error> {
            record.version = record.version.checked_add(1).ok_or(Error::Overflow)?;
            self.records.insert(role, record);
            Ok(())
        }

        /// Gives a role a new key. `members` are those that keep their access; the rotation must carry just them, and all
        /// values, so that nothing stays sealed to the old key.
        fn apply_rotation(
            &mut self,
            role: RoleId,
            record: &mut RoleRecord,
            members: &[AccountId],
            rotation: Rotation,
        ) -> Result<(), Error> {
            let Rotation { public_key, shares, values } = rotation;
            check_key(&public_key)?;
            if public_key == record.public_key {
                return Err(Error::InvalidKey);
            }
            shares.iter().try_for_each(|(_, share)| check_share(share))?;
            values.iter().try_for_each(|(_, sealed)| check_sealed(sealed))?;
            let ids = self.value_list(role);
            if !same_set(shares.iter().map(|(account, _)| *account), members)
                || !same_set(values.iter().map(|(value, _)| *value), &ids)
            {
                return Err(Error::IncompleteRotation);
            }
            let bytes = values.iter().fold(0usize, |sum, (_, sealed)| sum.saturating_add(sealed.len()));
            record.bytes = size_after(0, 0, bytes)?;
            record.epoch = record.epoch.checked_add(1).ok_or(Error::Overflow)?;
            record.public_key = public_key;
            for (account, share) in shares {
                let member = self.members.get((role, account)).ok_or(Error::NotAMember)?;
                self.members.insert((role, account), &Member { share, ..member });
            }
            for (value, sealed) in values {
                let entry = self.values.get((role, value)).ok_or(Error::UnknownValue)?;
                self.values.insert((role, value), &SealedValue { sealed, epoch: record.epoch, ..entry });
            }
            self.save(role, record)
        }

        fn close(&mut self, id: u64, holder: AccountId, proven: bool) {
            self.challenges.remove(id);
            self.env().emit_event(ChallengeClosed { holder, challenge: id, proven });
        }
    }

    fn ensure_epoch(record: &RoleRecord, epoch: u32) -> Result<(), Error> {
        if record.epoch == epoch {
            Ok(())
        } else {
            Err(Error::WrongEpoch { actual: record.epoch })
        }
    }

    fn ensure_version(actual: u64, expected: u64) -> Result<(), Error> {
        if actual == expected {
            Ok(())
        } else {
            Err(Error::VersionConflict { actual })
        }
    }

    fn check_share(share: &[u8]) -> Result<(), Error> {
        if share.len() == SHARE_BYTES {
            Ok(())
        } else {
            Err(Error::InvalidSize)
        }
    }

    /// How many keepers there are after one member's access changed. Fails with `LastKeeper` when none would be left.
    fn keepers_after(keepers: u32, before: Option<Access>, after: Option<Access>) -> Result<u32, Error> {
        let (was, becomes) = (before == Some(Access::Keeper), after == Some(Access::Keeper));
        let left = match (was, becomes) {
            (false, true) => keepers.checked_add(1),
            (true, false) => keepers.checked_sub(1),
            _ => Some(keepers),
        };
        match left {
            None => Err(Error::Overflow),
            Some(0) => Err(Error::LastKeeper),
            Some(left) => Ok(left),
        }
    }

    /// Bytes of a role's values after some went and some came. Fails with `RoleTooLarge`.
    fn size_after(bytes: u32, freed: usize, added: usize) -> Result<u32, Error> {
        let freed = u32::try_from(freed).map_err(|_| Error::Overflow)?;
        let added = u32::try_from(added).map_err(|_| Error::RoleTooLarge)?;
        match bytes.saturating_sub(freed).checked_add(added) {
            Some(sum) if sum <= MAX_ROLE_BYTES => Ok(sum),
            _ => Err(Error::RoleTooLarge),
        }
    }

    /// Whether the iterator gives each element of the list once, in any order. The list has no element twice.
    fn same_set<T: Ord + Copy>(given: impl Iterator<Item = T>, list: &[T]) -> bool {
        let (mut given, mut list) = (given.collect::<Vec<_>>(), list.to_vec());
        given.sort_unstable();
        list.sort_unstable();
        given == list
    }

    fn first_u32(hash: &[u8; 32]) -> u32 {
        let [a, b, c, d, ..] = *hash;
        u32::from_le_bytes([a, b, c, d])
    }

    /// Digest of the storage as this code lays it out, and of the older layouts that it reads.
    pub fn layout() -> Layout {
        Layout { digest: LAYOUT_DIGEST, accepts: Vec::new() }
    }
}
