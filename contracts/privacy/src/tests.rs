use crate::{
    limits::*,
    merkle::tests::{path, tree},
    privacy::{PrivacyContract, LAYOUT_DIGEST},
    types::{Access, Error, PublicKey, RoleId, Rotation, ValueId},
};
use contract_common::{
    testing::{accounts, at_block, call_as, gatekeepers_but, layout_digest},
    Role, Section,
};
use ink::{
    env::{test, DefaultEnvironment},
    primitives::AccountId,
};
use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};

const ROLE: RoleId = [9; 32];
const ROLE_KEY: PublicKey = [1; 32];
const VALUE: ValueId = [7; 32];

fn section() -> Section {
    Section { region: "eu-1".into(), group: "security".into(), layer: 1, name: "security-section-1".into() }
}

/// A contract that Alice administers and calls; everybody but Frank has a key, and Alice keeps one role.
fn contract() -> PrivacyContract {
    gatekeepers_but(&[]);
    let mut contract = {
        call_as(accounts().alice);
        PrivacyContract::new(section()).expect("the section is valid")
    };
    for account in [accounts().bob, accounts().charlie, accounts().eve, accounts().alice] {
        call_as(account);
        assert_eq!(contract.publish_key(*account.as_ref()), Ok(()));
    }
    assert_eq!(contract.create_role(ROLE, ROLE_KEY, share(1)), Ok(()));
    contract
}

/// Stands for the role's key of an epoch, sealed to somebody.
fn share(epoch: u8) -> Vec<u8> {
    vec![epoch; SHARE_BYTES]
}

fn sealed(byte: u8) -> Vec<u8> {
    vec![byte; 100]
}

/// A rotation to the key of an epoch, for these members and values.
fn rotation(epoch: u8, members: &[AccountId], values: &[ValueId]) -> Rotation {
    Rotation {
        public_key: [epoch; 32],
        shares: members.iter().map(|account| (*account, share(epoch))).collect(),
        values: values.iter().map(|value| (*value, sealed(epoch))).collect(),
    }
}

fn version(contract: &PrivacyContract) -> u64 {
    contract.role(ROLE).expect("there is the role").version
}

#[ink::test]
fn members_write_by_their_access_and_everybody_sees_only_sealed_values() {
    let mut contract = contract();
    let (bob, charlie) = (accounts().bob, accounts().charlie);
    assert!(contract.grant_access(ROLE, bob, Access::Reader, 1, share(1)).is_ok());
    assert!(contract.grant_access(ROLE, charlie, Access::Writer, 1, share(1)).is_ok());
    call_as(bob);
    assert_eq!(contract.put(ROLE, VALUE, 1, 0, sealed(1)), Err(Error::NotAuthorized));
    assert_eq!(contract.remove(ROLE, VALUE), Err(Error::NotAuthorized));
    call_as(charlie);
    at_block(5);
    assert_eq!(contract.put(ROLE, VALUE, 1, 0, sealed(1)), Ok(1));
    assert_eq!(contract.put(ROLE, VALUE, 1, 0, sealed(2)), Err(Error::VersionConflict { actual: 1 }));
    assert_eq!(contract.put(ROLE, VALUE, 1, 1, sealed(2)), Ok(2));
    let value = contract.value(ROLE, VALUE).expect("it was set");
    assert_eq!((value.sealed, value.epoch, value.version, value.by, value.since), (sealed(2), 1, 2, charlie, 5));
    assert_eq!(contract.grant_access(ROLE, charlie, Access::Keeper, 1, share(1)), Err(Error::NotAuthorized));
    assert_eq!(contract.remove(ROLE, VALUE), Ok(()));
    assert_eq!(contract.remove(ROLE, VALUE), Err(Error::UnknownValue));
    assert_eq!(contract.values(ROLE), vec![]);
    assert_eq!(contract.role(ROLE).map(|role| role.bytes), Some(0));
}

#[ink::test]
fn who_loses_access_gets_no_new_key_and_no_value_stays_under_the_old_one() {
    let mut contract = contract();
    let (alice, bob, charlie) = (accounts().alice, accounts().bob, accounts().charlie);
    for account in [bob, charlie] {
        assert!(contract.grant_access(ROLE, account, Access::Writer, 1, share(1)).is_ok());
    }
    for value in [[7; 32], [8; 32]] {
        assert_eq!(contract.put(ROLE, value, 1, 0, sealed(1)), Ok(1));
    }
    let before = contract.role(ROLE).expect("there is the role");
    let at = before.version;
    let members = [charlie, alice];
    let values = [[8; 32], [7; 32]];
    for bad in [
        rotation(2, &members[..1], &values),
        rotation(2, &[alice, bob, charlie], &values),
        rotation(2, &[alice, alice], &values),
        rotation(2, &members, &values[..1]),
        rotation(2, &members, &[[7; 32], [7; 32]]),
        rotation(2, &members, &[[7; 32], [8; 32], [9; 32]]),
    ] {
        assert_eq!(contract.revoke_access(ROLE, bob, at, bad), Err(Error::IncompleteRotation));
    }
    assert_eq!(
        contract.revoke_access(ROLE, bob, at - 1, rotation(2, &members, &values)),
        Err(Error::VersionConflict { actual: at })
    );
    assert_eq!(contract.revoke_access(ROLE, bob, at, rotation(1, &members, &values)), Err(Error::InvalidKey));
    assert_eq!(contract.role(ROLE), Some(before), "a refusal changes nothing");

    let after = contract.revoke_access(ROLE, bob, at, rotation(2, &members, &values)).expect("it is complete");
    assert_eq!((after.epoch, after.public_key, after.version), (2, [2; 32], at + 1));
    assert!(contract.members(ROLE).iter().all(|(account, member)| *account != bob && member.share == share(2)));
    for (_, value) in contract.values(ROLE) {
        assert_eq!((value.epoch, value.version, value.sealed), (2, 1, sealed(2)));
    }
    assert_eq!(contract.put(ROLE, VALUE, 1, 1, sealed(3)), Err(Error::WrongEpoch { actual: 2 }));
    assert_eq!(
        contract.grant_access(ROLE, bob, Access::Reader, 1, share(1)),
        Err(Error::WrongEpoch { actual: 2 }),
        "nor does he come back with the old key"
    );
    call_as(bob);
    assert_eq!(contract.put(ROLE, VALUE, 2, 1, sealed(3)), Err(Error::NotAuthorized));
    assert_eq!(contract.rotate(ROLE, after.version, rotation(3, &members, &values)), Err(Error::NotAuthorized));
    call_as(alice);
    let rotated = contract.rotate(ROLE, after.version, rotation(3, &members, &values)).expect("it is complete");
    assert_eq!(rotated.epoch, 3);
}

#[ink::test]
fn a_role_keeps_a_keeper() {
    let mut contract = contract();
    let (alice, bob) = (accounts().alice, accounts().bob);
    let at = version(&contract);
    assert_eq!(contract.revoke_access(ROLE, alice, at, rotation(2, &[], &[])), Err(Error::LastKeeper));
    assert_eq!(contract.grant_access(ROLE, alice, Access::Reader, 1, share(1)), Err(Error::LastKeeper));
    assert!(contract.grant_access(ROLE, bob, Access::Keeper, 1, share(1)).is_ok());
    let at = version(&contract);
    assert!(contract.revoke_access(ROLE, alice, at, rotation(2, &[bob], &[])).is_ok());
    assert_eq!(contract.role(ROLE).map(|role| role.keepers), Some(1));
    assert_eq!(contract.revoke_access(ROLE, alice, at, rotation(2, &[bob], &[])), Err(Error::NotAuthorized));
    call_as(bob);
    let at = version(&contract);
    assert_eq!(contract.revoke_access(ROLE, alice, at, rotation(3, &[bob], &[])), Err(Error::NotAMember));
    assert_eq!(contract.drop_role(ROLE), Err(Error::NotAuthorized));
    call_as(alice);
    assert_eq!(contract.drop_role(ROLE), Ok(()), "the contract's admin has the way out");
    assert_eq!((contract.role(ROLE), contract.members(ROLE)), (None, vec![]));
    assert_eq!(contract.drop_role(ROLE), Err(Error::UnknownRole));
    assert_eq!(contract.create_role(ROLE, ROLE_KEY, share(1)), Ok(()));
}

#[ink::test]
fn sizes_have_limits() {
    let mut contract = contract();
    let bob = accounts().bob;
    assert_eq!(PrivacyContract::new(Section { layer: 9, ..section() }).err(), Some(Error::InvalidSection));
    assert_eq!(contract.publish_key([0; 32]), Err(Error::InvalidKey));
    assert_eq!(contract.create_role(ROLE, ROLE_KEY, share(1)), Err(Error::RoleExists));
    assert_eq!(contract.create_role([1; 32], [0; 32], share(1)), Err(Error::InvalidKey));
    assert_eq!(contract.create_role([1; 32], ROLE_KEY, vec![1; 79]), Err(Error::InvalidSize));
    assert_eq!(contract.grant_access(ROLE, bob, Access::Reader, 1, vec![]), Err(Error::InvalidSize));
    assert_eq!(contract.grant_access(ROLE, accounts().frank, Access::Reader, 1, share(1)), Err(Error::NoKey));
    assert_eq!(contract.grant_access([1; 32], bob, Access::Reader, 1, share(1)), Err(Error::UnknownRole));
    for size in [0, SEAL_BYTES - 1, MAX_SEALED_BYTES + 1] {
        assert_eq!(contract.put(ROLE, VALUE, 1, 0, vec![1; size]), Err(Error::InvalidSize));
    }
    let most = MAX_ROLE_BYTES as usize / MAX_SEALED_BYTES;
    for number in 0..most {
        assert_eq!(contract.put(ROLE, [number as u8; 32], 1, 0, vec![1; MAX_SEALED_BYTES]), Ok(1));
    }
    assert_eq!(contract.put(ROLE, [200; 32], 1, 0, sealed(1)), Err(Error::RoleTooLarge));
    assert_eq!(contract.put(ROLE, [0; 32], 1, 1, sealed(1)), Ok(2), "a smaller one makes room");
    for number in most..MAX_VALUES {
        assert_eq!(contract.put(ROLE, [number as u8; 32], 1, 0, vec![1; SEAL_BYTES]), Ok(1));
    }
    assert_eq!(contract.put(ROLE, [200; 32], 1, 0, vec![1; SEAL_BYTES]), Err(Error::TooManyValues));

    for number in 1..MAX_MEMBERS {
        let account = AccountId::from([100 + number as u8; 32]);
        call_as(account);
        assert_eq!(contract.publish_key([3; 32]), Ok(()));
        call_as(accounts().alice);
        assert!(contract.grant_access(ROLE, account, Access::Reader, 1, share(1)).is_ok());
    }
    assert_eq!(contract.grant_access(ROLE, accounts().eve, Access::Reader, 1, share(1)), Err(Error::TooManyMembers));
    assert_eq!(contract.members(ROLE).len(), MAX_MEMBERS);
}

#[ink::test]
fn a_holder_proves_that_it_has_the_data() {
    let mut contract = contract();
    let (alice, bob, eve) = (accounts().alice, accounts().bob, accounts().eve);
    let data: Vec<u8> = (0..5_500u32).map(|number| number as u8).collect();
    let chunks: Vec<Vec<u8>> = data.chunks(CHUNK_BYTES as usize).map(<[u8]>::to_vec).collect();
    let root = tree(&chunks);
    assert_eq!(contract.anchor(ROLE, VALUE, root, 5_500), Err(Error::UnknownValue));
    assert_eq!(contract.put(ROLE, VALUE, 1, 0, sealed(1)), Ok(1));
    assert_eq!(contract.challenge(ROLE, VALUE, bob, [1; 32]), Err(Error::UnknownData));
    for size in [0, MAX_DATA_BYTES + 1, u64::MAX] {
        assert_eq!(contract.anchor(ROLE, VALUE, root, size), Err(Error::InvalidData));
    }
    assert_eq!(contract.anchor(ROLE, VALUE, root, 5_500), Ok(()));
    assert_eq!(contract.data(ROLE, VALUE).map(|data| (data.root, data.chunks())), Some((root, 6)));

    for seed in 0..20 {
        call_as(alice);
        let id = contract.challenge(ROLE, VALUE, bob, [seed; 32]).expect("there is the data");
        let index = contract.open_challenge(id).expect("it is open").index as usize;
        let proof = path(&chunks, index);
        assert_eq!(contract.prove(id, chunks[index].clone(), proof.clone()), Err(Error::NotYourChallenge));
        call_as(bob);
        assert_eq!(contract.prove(id, vec![0; 1024], proof.clone()), Err(Error::WrongProof));
        assert_eq!(contract.prove(id, chunks[index].clone(), vec![]), Err(Error::WrongProof));
        assert_eq!(contract.fail(id), Err(Error::DeadlineNotPassed));
        assert_eq!(contract.prove(id, chunks[index].clone(), proof.clone()), Ok(()));
        assert_eq!(contract.prove(id, chunks[index].clone(), proof), Err(Error::UnknownChallenge));
    }
    assert_eq!(contract.last_proven(bob, root), Some(0));
    assert_eq!(contract.last_proven(eve, root), None);

    call_as(eve);
    assert_eq!(contract.challenge(ROLE, VALUE, bob, [1; 32]), Err(Error::NotAuthorized));
    call_as(alice);
    let id = contract.challenge(ROLE, VALUE, eve, [1; 32]).expect("there is the data");
    at_block(CHALLENGE_BLOCKS);
    call_as(eve);
    assert_eq!(contract.prove(id, vec![], vec![]), Err(Error::DeadlinePassed));
    assert_eq!(contract.fail(id), Ok(()));
    assert_eq!(contract.fail(id), Err(Error::UnknownChallenge));
    call_as(alice);
    assert_eq!(contract.remove(ROLE, VALUE), Ok(()));
    assert_eq!(contract.data(ROLE, VALUE), None);
}

#[ink::test]
fn only_gatekeepers_change_anything() {
    let mut contract = contract();
    let alice = accounts().alice;
    call_as(accounts().bob);
    assert_eq!(contract.create_role([1; 32], ROLE_KEY, share(1)), Err(Error::NotAuthorized));
    assert_eq!(contract.grant(alice, Role::Admin), Err(Error::NotAuthorized));
    assert_eq!(contract.revoke(alice), Err(Error::NotAuthorized));
    assert_eq!(contract.upgrade([1; 32].into()), Err(Error::NotAuthorized));
    gatekeepers_but(&[alice]);
    call_as(alice);
    let refused = [
        contract.publish_key([1; 32]).err(),
        contract.create_role([1; 32], ROLE_KEY, share(1)).err(),
        contract.drop_role(ROLE).err(),
        contract.grant_access(ROLE, alice, Access::Keeper, 1, share(1)).err(),
        contract.revoke_access(ROLE, alice, 1, rotation(2, &[], &[])).err(),
        contract.rotate(ROLE, 1, rotation(2, &[], &[])).err(),
        contract.put(ROLE, VALUE, 1, 0, sealed(1)).err(),
        contract.remove(ROLE, VALUE).err(),
        contract.anchor(ROLE, VALUE, [1; 32], 1).err(),
        contract.challenge(ROLE, VALUE, alice, [1; 32]).err(),
        contract.prove(1, vec![], vec![]).err(),
        contract.fail(1).err(),
        contract.grant(alice, Role::Admin).err(),
        contract.revoke(alice).err(),
        contract.upgrade([1; 32].into()).err(),
    ];
    assert_eq!(refused, [Some(Error::NotAGatekeeper); 15]);
}

/// See the test of this name in the configuration contract.
#[test]
fn the_storage_layout_is_the_recorded_one() {
    assert_eq!(layout_digest::<PrivacyContract>(), LAYOUT_DIGEST);
}

/// What others go by: the section that it acts for, who administers it, and what other code has to read to take its place.
#[ink::test]
fn it_says_what_it_is() {
    let contract = contract();
    assert_eq!(contract.section(), section());
    assert_eq!(contract.role_of(accounts().alice), Some(Role::Admin));
    assert_eq!(contract.role_of(accounts().frank), None);
    assert_eq!(contract.layout().digest, LAYOUT_DIGEST);
}

/// Whatever is done in whatever order: every value and every share is of the role's present epoch, the counts are the
/// counts, and only members of enough access changed anything.
#[test]
fn nothing_stays_under_an_old_key() {
    let step = (0u8..6, 0usize..4, 0usize..4, 0u8..3, 0u8..4, 0u8..3);
    TestRunner::new(Config { failure_persistence: None, ..Config::default() })
        .run(&vec(step, 0..60), |steps| {
            test::run_test::<DefaultEnvironment, _>(|_| {
                let mut contract = contract();
                let people = [accounts().alice, accounts().bob, accounts().charlie, accounts().eve];
                for (action, caller, account, access, number, slip) in steps {
                    let record = contract.role(ROLE).expect("it is never dropped here");
                    let (caller, account) = (people[caller], people[account]);
                    let access = [Access::Reader, Access::Writer, Access::Keeper][usize::from(access)];
                    let value = [number; 32];
                    // Now and then the caller works from an old epoch.
                    let epoch = record.epoch - u32::from(slip == 0 && record.epoch > 1);
                    let next = record.epoch as u8 + 1;
                    let had = contract.members(ROLE).into_iter().find(|(one, _)| *one == caller);
                    let values: Vec<_> = contract.values(ROLE).into_iter().map(|(value, _)| value).collect();
                    let members: Vec<_> = contract.members(ROLE).into_iter().map(|(one, _)| one).collect();
                    call_as(caller);
                    let done = match action {
                        0 => contract.grant_access(ROLE, account, access, epoch, share(epoch as u8)).is_ok(),
                        1 => {
                            let rest: Vec<_> = members.into_iter().filter(|one| *one != account).collect();
                            let rotation = rotation(next, &rest, &values);
                            contract.revoke_access(ROLE, account, record.version, rotation).is_ok()
                        }
                        2 => contract.rotate(ROLE, record.version, rotation(next, &members, &values)).is_ok(),
                        3 | 4 => {
                            let before = contract.value(ROLE, value).map_or(0, |value| value.version);
                            contract.put(ROLE, value, epoch, before, sealed(epoch as u8)).is_ok()
                        }
                        _ => contract.remove(ROLE, value).is_ok(),
                    };
                    if done {
                        let needed = if action < 3 { Access::Keeper } else { Access::Writer };
                        assert!(had.is_some_and(|(_, member)| member.access >= needed));
                    } else {
                        assert_eq!(contract.role(ROLE), Some(record));
                    }
                    check(&contract);
                }
                Ok(())
            })
            .expect("the test environment starts");
            Ok(())
        })
        .expect("nothing stays under an old key");

    fn check(contract: &PrivacyContract) {
        let record = contract.role(ROLE).expect("it is never dropped here");
        let members = contract.members(ROLE);
        let keepers = members.iter().filter(|(_, member)| member.access == Access::Keeper).count();
        assert!(keepers > 0 && record.keepers as usize == keepers);
        assert!(members.iter().all(|(_, member)| member.share == share(record.epoch as u8)));
        let values = contract.values(ROLE);
        assert!(values.iter().all(|(_, value)| value.epoch == record.epoch));
        assert!(values.iter().all(|(_, value)| value.sealed == sealed(record.epoch as u8)));
        let bytes: usize = values.iter().map(|(_, value)| value.sealed.len()).sum();
        assert_eq!(record.bytes as usize, bytes);
    }
}
