use crate::{
    configuration::{Configuration, ConfigurationChanged, LAYOUT_DIGEST},
    limits::*,
    types::{Change, Entry, Error, Head, Value},
};
use contract_common::{
    testing::{accounts, call_as, gatekeepers_but, layout_digest},
    Role, Section,
};
use ink::{
    env::{
        hash::{Blake2x256, CryptoHash},
        test, DefaultEnvironment,
    },
    scale::{Decode, Encode},
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::collections::BTreeMap;

fn section() -> Section {
    Section { region: "eu-1".into(), group: "network".into(), layer: 1, name: "network-section-1".into() }
}

/// A contract that Alice administers and calls.
fn contract() -> Configuration {
    gatekeepers_but(&[]);
    call_as(accounts().alice);
    Configuration::new(section()).expect("the section is valid")
}

fn set(key: &str, bytes: &[u8]) -> Change {
    Change::Set { key: key.into(), value: Value::Inline(bytes.to_vec()), media_type: "text/plain".into() }
}

fn remove(key: &str) -> Change {
    Change::Remove { key: key.into() }
}

fn blake2(value: &impl Encode) -> [u8; 32] {
    let mut hash = [0; 32];
    Blake2x256::hash(&value.encode(), &mut hash);
    hash
}

#[ink::test]
fn a_new_section_is_empty_and_its_maker_is_admin() {
    let contract = contract();
    assert_eq!(contract.section(), section());
    assert_eq!(contract.head(), Head { version: 0, digest: [0; 32] });
    assert_eq!(contract.keys(0, 100), Vec::<String>::new());
    assert_eq!(contract.get("mtu".into()), None);
    assert_eq!(contract.role_of(accounts().alice), Some(Role::Admin));
    assert_eq!(contract.role_of(accounts().bob), None);
}

#[ink::test]
fn a_section_that_the_chain_would_not_take_is_refused() {
    let bad = Section { layer: 4, ..section() };
    assert_eq!(Configuration::new(bad).err(), Some(Error::InvalidSection));
}

#[ink::test]
fn applying_changes_raises_the_version_and_chains_the_digest() {
    let mut contract = contract();
    let first = vec![set("mtu", b"1500"), set("host/firewall.nft", b"table inet logos {}")];
    let head = contract.apply(0, first.clone()).expect("changes are made");
    assert_eq!(head, Head { version: 1, digest: blake2(&([0u8; 32], &first)) });

    let second = vec![set("mtu", b"1442"), remove("host/firewall.nft")];
    let next = contract.apply(1, second.clone()).expect("changes are made");
    assert_eq!(next, Head { version: 2, digest: blake2(&(head.digest, &second)) });
    assert_eq!(contract.head(), next);
    assert_eq!(contract.keys(0, 100), vec![String::from("mtu")]);

    let last = test::recorded_events().last().expect("an event was emitted");
    let event = ConfigurationChanged::decode(&mut &last.data[..]).expect("it is the event of a change");
    assert_eq!(
        (event.section.as_str(), event.version, event.by, event.digest),
        ("network-section-1", 2, accounts().alice, next.digest)
    );
}

#[ink::test]
fn an_entry_names_the_one_it_replaced() {
    let mut contract = contract();
    assert!(contract.apply(0, vec![set("mtu", b"1500")]).is_ok());
    let first = contract.get("mtu".into()).expect("the key was set");
    assert_eq!(
        first,
        Entry { value: Value::Inline(b"1500".to_vec()), media_type: "text/plain".into(), version: 1, previous: None }
    );

    let artifact = Value::Artifact { digest: [7; 32], size: 1 << 40 };
    let change = Change::Set { key: "mtu".into(), value: artifact.clone(), media_type: "application/json".into() };
    assert!(contract.apply(1, vec![change]).is_ok());
    let second = contract.get("mtu".into()).expect("the key was set");
    assert_eq!((second.value, second.version, second.previous), (artifact, 2, Some(blake2(&first))));

    assert!(contract.apply(2, vec![remove("mtu")]).is_ok());
    assert!(contract.apply(3, vec![set("mtu", b"9000")]).is_ok());
    assert_eq!(contract.get("mtu".into()).and_then(|entry| entry.previous), None);
}

#[ink::test]
fn a_writer_that_missed_a_change_is_refused() {
    let mut contract = contract();
    assert!(contract.apply(0, vec![set("mtu", b"1500")]).is_ok());
    for expected in [0, 2, u64::MAX] {
        let conflict = Err(Error::VersionConflict { expected, actual: 1 });
        assert_eq!(contract.apply(expected, vec![set("mtu", b"1")]), conflict);
    }
}

#[ink::test]
fn a_refused_call_leaves_no_trace() {
    let mut contract = contract();
    assert!(contract.apply(0, vec![set("mtu", b"1500")]).is_ok());
    let events = test::recorded_events().count();
    for (last, error) in [
        (set("UPPER", b""), Error::InvalidKey { change: 2 }),
        (remove("absent"), Error::KeyNotFound { change: 2 }),
        (set("new", b"2"), Error::DuplicateKey { change: 2 }),
    ] {
        assert_eq!(contract.apply(1, vec![set("mtu", b"1"), set("new", b"1"), last]), Err(error));
    }
    assert_eq!(contract.head().version, 1);
    assert_eq!(contract.keys(0, 100), vec![String::from("mtu")]);
    assert_eq!(contract.get("mtu".into()).map(|entry| entry.value), Some(Value::Inline(b"1500".to_vec())));
    assert_eq!(test::recorded_events().count(), events);
}

#[ink::test]
fn keys_media_types_and_values_have_limits() {
    let mut contract = contract();
    let media = |media_type: &str| Change::Set {
        key: "k".into(),
        value: Value::Inline(Vec::new()),
        media_type: media_type.into(),
    };
    let refused = [
        (set("", b""), Error::InvalidKey { change: 0 }),
        (set(&"k".repeat(MAX_KEY_BYTES + 1), b""), Error::InvalidKey { change: 0 }),
        (set("a b", b""), Error::InvalidKey { change: 0 }),
        (remove("ä"), Error::InvalidKey { change: 0 }),
        (media(""), Error::InvalidMediaType { change: 0 }),
        (media("text/plain\n"), Error::InvalidMediaType { change: 0 }),
        (media(&"m".repeat(MAX_MEDIA_TYPE_BYTES + 1)), Error::InvalidMediaType { change: 0 }),
        (set("k", &vec![0; MAX_INLINE_BYTES + 1]), Error::ValueTooLarge { change: 0 }),
    ];
    for (change, error) in refused {
        assert_eq!(contract.apply(0, vec![change]), Err(error));
    }
    let largest = Change::Set {
        key: "k".repeat(MAX_KEY_BYTES),
        value: Value::Inline(vec![0; MAX_INLINE_BYTES]),
        media_type: "m".repeat(MAX_MEDIA_TYPE_BYTES),
    };
    assert!(contract.apply(0, vec![largest]).is_ok());
}

/// The chain's limit for one storage value.
const STORAGE_VALUE_BYTES: usize = 16 * 1024;

#[test]
fn the_largest_entry_fits_a_storage_value() {
    let largest = Entry {
        value: Value::Inline(vec![0; MAX_INLINE_BYTES]),
        media_type: "m".repeat(MAX_MEDIA_TYPE_BYTES),
        version: u64::MAX,
        previous: Some([0; 32]),
    };
    assert!(largest.encoded_size() <= STORAGE_VALUE_BYTES);
}

#[ink::test]
fn a_call_has_limits() {
    let mut contract = contract();
    let many = |count: usize, bytes: usize| -> Vec<_> {
        (0..count).map(|number| set(&number.to_string(), &vec![0; bytes])).collect()
    };
    assert_eq!(contract.apply(0, Vec::new()), Err(Error::NoChanges));
    assert_eq!(contract.apply(0, many(MAX_CHANGES + 1, 1)), Err(Error::TooManyChanges));
    assert_eq!(contract.apply(0, many(13, MAX_INLINE_BYTES)), Err(Error::ChangesTooLarge));
    assert!(contract.apply(0, many(MAX_CHANGES, 1)).is_ok());
}

#[ink::test]
fn a_section_has_a_limit_of_keys() {
    let mut contract = contract();
    let batch = MAX_CHANGES as u32;
    for version in 0..MAX_KEYS / batch {
        let keys = version * batch..(version + 1) * batch;
        let changes = keys.map(|number| set(&number.to_string(), b"")).collect();
        assert!(contract.apply(version.into(), changes).is_ok());
    }
    let version = contract.head().version;
    assert_eq!(contract.apply(version, vec![set("one-more", b"")]), Err(Error::TooManyKeys));
    assert!(contract.apply(version, vec![set("0", b"again"), remove("1"), set("one-more", b"")]).is_ok());
    assert_eq!(contract.keys(0, u32::MAX).len() as u32, MAX_PAGE);
    assert_eq!(contract.keys(MAX_KEYS - 1, MAX_PAGE).len(), 1);
    assert_eq!(contract.keys(u32::MAX, u32::MAX).len(), 0);
}

#[ink::test]
fn an_answer_that_would_be_too_large_is_cut() {
    let mut contract = contract();
    let keys: Vec<String> = (0..14u8).map(|number| number.to_string()).collect();
    for (version, half) in (0..).zip(keys.chunks(7)) {
        let changes = half.iter().map(|key| set(key, &vec![1; MAX_INLINE_BYTES])).collect();
        assert!(contract.apply(version, changes).is_ok());
    }
    let answer = contract.get_many(keys.clone());
    assert_eq!(answer.len(), 12);
    assert!(answer.encoded_size() <= MAX_ANSWER_BYTES + 4);
    assert_eq!(contract.get_many(keys[answer.len()..].to_vec()).len(), 2);
    assert_eq!(contract.get_many(vec!["absent".into()]), vec![None]);
}

#[ink::test]
fn editors_change_keys_and_only_admins_give_roles() {
    let mut contract = contract();
    let (alice, bob, eve) = (accounts().alice, accounts().bob, accounts().eve);
    call_as(bob);
    assert_eq!(contract.apply(0, vec![set("mtu", b"1500")]), Err(Error::NotAuthorized));
    assert_eq!(contract.grant(bob, Role::Admin), Err(Error::NotAuthorized));
    assert_eq!(contract.revoke(alice), Err(Error::NotAuthorized));

    call_as(alice);
    assert_eq!(contract.grant(bob, Role::Operator), Ok(()));
    call_as(bob);
    assert!(contract.apply(0, vec![set("mtu", b"1500")]).is_ok());
    assert_eq!(contract.grant(eve, Role::Operator), Err(Error::NotAuthorized));

    call_as(alice);
    assert_eq!(contract.revoke(bob), Ok(()));
    assert_eq!(contract.revoke(bob), Err(Error::NoRole));
    call_as(bob);
    assert_eq!(contract.apply(1, vec![set("mtu", b"1")]), Err(Error::NotAuthorized));
}

#[ink::test]
fn the_last_admin_stays() {
    let mut contract = contract();
    let (alice, bob) = (accounts().alice, accounts().bob);
    assert_eq!(contract.revoke(alice), Err(Error::LastAdmin));
    assert_eq!(contract.grant(alice, Role::Operator), Err(Error::LastAdmin));
    assert_eq!(contract.grant(alice, Role::Admin), Ok(()));
    assert_eq!(contract.grant(bob, Role::Admin), Ok(()));
    assert_eq!(contract.revoke(alice), Ok(()));
    call_as(bob);
    assert_eq!(contract.revoke(bob), Err(Error::LastAdmin));
}

#[ink::test]
fn only_gatekeepers_change_anything() {
    let mut contract = contract();
    let (alice, bob) = (accounts().alice, accounts().bob);
    gatekeepers_but(&[alice]);
    assert_eq!(contract.apply(0, vec![set("mtu", b"1500")]), Err(Error::NotAGatekeeper));
    assert_eq!(contract.grant(bob, Role::Admin), Err(Error::NotAGatekeeper));
    assert_eq!(contract.revoke(bob), Err(Error::NotAGatekeeper));
    assert_eq!(contract.upgrade([1; 32].into()), Err(Error::NotAGatekeeper));
    gatekeepers_but(&[]);
    call_as(bob);
    assert_eq!(contract.upgrade([1; 32].into()), Err(Error::NotAuthorized));
}

#[ink::test]
fn a_thousand_keys_change_in_one_call() {
    let mut contract = contract();
    let key = |number: u32| format!("resource-classes/class-{number:04}");
    let changes: Vec<_> = (0..1_000).map(|number| set(&key(number), &[7; 64])).collect();
    assert!(changes.encoded_size() < MAX_CHANGES_BYTES);
    assert_eq!(contract.apply(0, changes.clone()).map(|head| head.version), Ok(1));
    assert!(contract.apply(1, changes).is_ok());
    assert!(contract.get(key(999)).is_some_and(|entry| entry.version == 2 && entry.previous.is_some()));
    assert!(contract.apply(2, (0..1_000).map(|number| remove(&key(number))).collect()).is_ok());
    assert_eq!(contract.keys(0, MAX_PAGE), Vec::<String>::new());
}

/// When this fails, the new code can't take over old contracts: name the old digest in `layout()` if the code reads that
/// layout, too, and set the new digest here.
#[test]
fn the_storage_layout_is_the_recorded_one() {
    assert_eq!(layout_digest::<Configuration>(), LAYOUT_DIGEST);
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

#[test]
fn encodings_are_fixed() {
    assert_eq!(Value::Inline(vec![9]).encode(), [0, 4, 9]);
    assert_eq!(Value::Artifact { digest: [1; 32], size: 2 }.encode()[..2], [1, 1]);
    assert_eq!([set("k", b"").encode()[0], remove("k").encode()[0]], [0, 1]);
    assert_eq!([Role::Operator.encode(), Role::Admin.encode()], [[0], [1]]);
    assert_eq!(Error::VersionConflict { expected: 1, actual: 0 }.encode()[0], 1);
}

/// Whatever is applied, the contract holds what a plain map would hold, and lists each key once.
#[test]
fn behaves_like_a_map() {
    let change = (0u8..12, any::<bool>(), any::<u8>()).prop_map(|(key, sets, byte)| {
        let key = format!("key-{key}");
        if sets {
            set(&key, &[byte])
        } else {
            remove(&key)
        }
    });
    let batches = vec(vec(change, 0..6), 0..30);
    TestRunner::new(Config { failure_persistence: None, ..Config::default() })
        .run(&batches, |batches| {
            test::run_test::<DefaultEnvironment, _>(|_| {
                let mut contract = contract();
                let mut model = BTreeMap::new();
                for batch in batches {
                    let head = contract.head();
                    let mut expected = model.clone();
                    match contract.apply(head.version, batch.clone()) {
                        Ok(next) => {
                            assert_eq!(next.version, head.version + 1);
                            batch.into_iter().for_each(|change| match change {
                                Change::Set { key, value, .. } => drop(expected.insert(key, value)),
                                Change::Remove { key } => assert!(expected.remove(&key).is_some()),
                            });
                            model = expected;
                        }
                        Err(_) => assert_eq!(contract.head(), head),
                    }
                    let mut keys = contract.keys(0, MAX_PAGE);
                    keys.sort();
                    assert_eq!(keys, model.keys().cloned().collect::<Vec<_>>());
                    for (key, value) in &model {
                        assert_eq!(contract.get(key.clone()).map(|entry| entry.value).as_ref(), Some(value));
                    }
                }
                Ok(())
            })
            .expect("the test environment starts");
            Ok(())
        })
        .expect("the contract behaves like a map");
}
